"""Why a document went, in words: the measured value beside the bound that it broke. For the app and the command line.

words 12, at least 50
0.87 of its word 5-grams stand in a.1 in web
"""

from __future__ import annotations

from engine.corpus.report import Contaminated, RuleCount, Sample


def number(value: float) -> str:
    """A measure: counts in full, shares to four digits."""
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:,.4g}"


def bounds(low: float | None, high: float | None) -> str:
    """`at least 50`, `at most 0.3`, `50 to 1,000`; empty without any."""
    if low is not None and high is not None:
        return f"{number(low)} to {number(high)}"
    if low is not None:
        return f"at least {number(low)}"
    return f"at most {number(high)}" if high is not None else ""


def stays(rule: RuleCount) -> str:
    """The bounds of a rule; where they differ by source, all of them."""
    return " / ".join(dict.fromkeys(bounds(*ends) for ends in rule.stays.values())) or bounds(rule.low, rule.high)


def loosened(rule: str) -> tuple[str, str]:
    """The table of a configuration that a rule belongs to, and what to do there so that it drops less."""
    others = {
        "empty": ("sources", "these documents have no text"),
        "language": ("language", "add to language.keep"),
        "language_confidence": ("language", "lower language.confidence"),
        "toxic_words": ("toxicity", "raise toxicity.distinct"),
        "toxic_share": ("toxicity", "raise toxicity.ratio"),
        "toxic_model": ("toxicity", "raise toxicity.probability"),
        "duplicate": ("dedup", "the sources hold what there is already"),
        "near_duplicate": ("dedup", "raise dedup.near"),
        "contaminated": ("contamination", 'take other text, or contamination.action = "mark"'),
    }
    return others.get(rule, ("clean", f"loosen clean.rules.{rule}"))


def why(rule: RuleCount, sample: Sample) -> str:
    """Why this document went; foreign text, since ids stand in it."""
    if sample.similarity is not None:
        return f"similarity {sample.similarity:.2f} to {sample.kept}"
    if sample.kept:
        return f"the same as {sample.kept}"
    ends = rule.stays.get(sample.source, (rule.low, rule.high))
    if sample.value is not None and (allowed := bounds(*ends)):
        return f"{rule.rule} {number(sample.value)}, {allowed}"
    return rule.reason


def shares(one: Contaminated) -> str:
    """What a document shares with a test item."""
    return f"{100 * one.share:.0f} % of the word n-grams of item {one.item} of {one.suite}"
