"""How rows of a signature are cut into bands, so that like documents meet and unlike ones do not.

Two documents are candidates when they agree in all rows of some band. With b bands of r rows, documents of similarity s
become candidates with probability 1 - (1 - s^r)^b, an S-shaped curve (Leskovec, Rajaraman and Ullman, Mining of Massive
Datasets, section 3.4). What is found of two documents, of the 144 rows that there are:

    similarity      .3     .4     .5     .6     .7      .8      .9
    28 bands of 5   .066   .250   .589   .896   .9942   .99998  1
    36 bands of 4   .254   .608   .902   .9929  .99995  1       1
    48 bands of 3   .731   .958   .998   1      1       1       1

Candidates are compared exactly afterwards, so that a longer curve costs time and no precision.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.corpus.dedup.minhash import PERMUTATIONS

_RECALL = 0.99


class Banding(NamedTuple):
    bands: int
    rows: int
    """Columns of a signature in each band."""

    def recall(self, similarity: float) -> float:
        """The probability that two documents of this Jaccard similarity become candidates."""
        return 1.0 - (1.0 - similarity**self.rows) ** self.bands


def banding(target: float) -> Banding:
    """Of those that find 99 % of the pairs with similarity `target`, the one with the fewest candidates."""
    possible = [Banding(PERMUTATIONS // rows, rows) for rows in range(1, 13)]
    return [b for b in possible if b.recall(target) >= _RECALL or b.rows == 1][-1]
