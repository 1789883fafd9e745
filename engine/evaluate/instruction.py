"""Scores of an instruction follower's answers: exact match, token F1, and rules. No torch here.

exact match     the answer equals the reference, with stretches of whitespace as one space
token F1        overlap of words, without case, punctuation and articles (SQuAD: Rajpurkar et al. 2016)
rule score      share of answers for which every rule that the suite gives holds; needs no reference
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

from engine.config.schema import RuleConfig
from engine.corpus.suite import Item
from engine.journal.events import Score
from engine.scores.intervals import mean, share

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def exact_match(output: str, target: str) -> bool:
    return output.split() == target.split()


def token_f1(output: str, target: str) -> float:
    """2PR/(P+R) over the words that both have, each as often as it occurs in both; 1 when neither has any."""
    said, wanted = normal_words(output), normal_words(target)
    if not said or not wanted:
        return float(said == wanted)
    common = sum((Counter(said) & Counter(wanted)).values())
    return 2 * common / (len(said) + len(wanted))


def normal_words(text: str) -> list[str]:
    """SQuAD's normal form: lower case, no punctuation, no articles."""
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def rules_hold(rule: RuleConfig, output: str, ended: bool, values: dict[str, str]) -> bool:
    """Whether an answer keeps all the rules. `ended`: the model ended it itself. `values`: the item's columns."""
    words = len(output.split())
    if words < rule.min_words or (rule.max_words and words > rule.max_words):
        return False
    if rule.must_end and not ended:
        return False
    if rule.must_match and not re.search(rule.must_match, output):
        return False
    found = output.casefold()
    return all(_filled(part, values).casefold() in found for part in rule.must_contain)


def _filled(part: str, values: dict[str, str]) -> str:
    """`{column}` replaced by the item's value; braces around anything else stay as they are."""
    return re.sub(r"\{([^{}]+)\}", lambda match: values.get(match[1], match[0]), part)


def scores(
    rule: RuleConfig, items: Sequence[Item], outputs: Sequence[str], ended: Sequence[bool], seed: int
) -> tuple[Score, ...]:
    """All the metrics of at least one answer; the rule score only where the suite gives rules."""
    n = len(items)
    exact = sum(exact_match(output, item.target) for item, output in zip(items, outputs))
    overlap = mean("token_f1", [token_f1(output, item.target) for item, output in zip(items, outputs)], seed)
    if rule == RuleConfig():
        return share("exact_match", exact, n), overlap
    kept = sum(rules_hold(rule, o, e, dict(item.values)) for item, o, e in zip(items, outputs, ended))
    return share("exact_match", exact, n), overlap, share("rule_score", kept, n)
