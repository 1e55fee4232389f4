"""Why a rule applies, and why it does not: every comparison with the values that answered it.

An explanation is worked out from the rule's own tree when it is asked for; matching stays as fast
as it is. What was unsure is always shown, and where the candidate worlds differ, so is each.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from advisor.engagement.limits import Span
from advisor.facts.catalogue import Catalogue
from advisor.facts.shown import shown
from advisor.facts.values import Answer, Special, Tell, Value
from advisor.facts.view import Facts
from advisor.rules.conditions import ALWAYS, All, Condition, Leaf, NoneOf, Operator
from advisor.rules.groups import Group, Judge, Node, enough, grouped, scope_leaves
from advisor.rules.pack import IfUnsure, Rule


class Kind(StrEnum):
    """Which part of a rule something belongs to."""

    SCOPE = "scope"
    WHEN = "when"
    UNLESS = "unless"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Finding:
    """One comparison, or several of one fact that are judged together.

    Attributes:
        fact: The fact's name.
        says: What was asked of it, in plain words.
        values: What it may be in each candidate world; empty if nothing may show it.
        answers: The answer in each candidate world, as many as `values` would be.
    """

    fact: str
    says: str
    values: tuple[Value, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """Findings of which all (`conjunction`) or at least one must hold."""

    conjunction: bool
    parts: tuple[Found, ...]
    answers: tuple[Answer, ...]


Found = Finding | Branch


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a rule that must hold; of `unless`, that the excuse does not.

    Attributes:
        kind: Which part of the rule it is.
        found: What was asked, with its answers.
        answers: What that comes to in each candidate world. It differs from what was found where
            a replacement may hold but would be silent: then the rule stands.
        rule: Of REPLACED: the id of the rule that replaces it; its scope must not hold.
    """

    kind: Kind
    found: Found
    answers: tuple[Answer, ...]
    rule: str | None = None

    @property
    def answer(self) -> Answer:
        """The answer over all worlds."""
        return overall(self.answers)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a rule applies or not.

    Attributes:
        rule: The rule's id.
        because: Its reason, in the author's words.
        applies: Whether it does.
        answer: What it comes to before `if_unsure` decides.
        if_unsure: How the rule counts when it is unsure.
        worlds: The zones of the candidate worlds; empty where nothing is known of the place.
        parts: What must hold; all of it.
    """

    rule: str
    because: str
    applies: bool
    answer: Answer
    if_unsure: IfUnsure
    worlds: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def replaced_by(self) -> tuple[str, ...]:
        """Ids of the rules within whose scope and dates this one does not exist, or may not."""
        return tuple(part.rule for part in self.parts if part.rule and part.answer < Answer.YES)

    def findings(self) -> Iterator[tuple[Kind, Finding]]:
        """Iterate over all comparisons, with the part that they belong to."""
        for part in self.parts:
            for finding in _findings(part.found):
                yield part.kind, finding

    def lines(self, catalogue: Catalogue, locale: str | None = None) -> Iterator[str]:
        """Write it in plain words, one line a comparison.

        Args:
            catalogue: Declares the facts.
            locale: In which values are written; None for the fallback locale.
        """
        verb = "applies" if self.applies else "does not apply"
        doubt = f" (unsure, so {self.if_unsure})" if self.answer is Answer.UNSURE else ""
        yield f"{self.rule} {verb}{doubt}: {self.because}"
        for part in self.parts:
            title = f"replaced by {part.rule}" if part.rule else part.kind.value
            yield from _lines(part.found, catalogue, locale, f"  {title}: ", self.worlds)


def why(
    rule: Rule,
    facts: Facts,
    replacers: Iterable[Rule] = (),
    speaking: Container[str] = (),
) -> Explanation:
    """Explain what a rule comes to.

    Args:
        rule: Any rule, whether or not it applies.
        facts: The facts of the situation.
        replacers: The rules that replace it (`Matcher.replacers_of`).
        speaking: Ids of those of them that apply; a rule that skips if unsure stands where the
            scope of a replacement is unsure and the replacement is silent.
    """
    judges = Judge.each(facts)
    parts = tuple(_parts(rule, replacers, speaking, judges))
    by_world = [min(answers) for answers in zip(*(part.answers for part in parts), strict=True)]
    by_world = by_world or [Answer.YES for _ in judges]
    counts = [answer >= enough(rule.if_unsure) for answer in by_world]
    return Explanation(
        rule=rule.id,
        because=rule.because,
        applies=any(counts) if rule.if_unsure is IfUnsure.APPLY else all(counts),
        answer=overall(by_world),
        if_unsure=rule.if_unsure,
        worlds=tuple(world.place.zone.key for world in facts.worlds),
        parts=parts,
    )


def why_not(
    rule: Rule,
    facts: Facts,
    replacers: Iterable[Rule] = (),
    speaking: Container[str] = (),
) -> Explanation:
    """Explain like `why`, what failed first, then what was unsure."""
    explained = why(rule, facts, replacers, speaking)
    return replace(explained, parts=tuple(sorted(explained.parts, key=lambda part: part.answer)))


def overall(answers: Sequence[Answer]) -> Answer:
    """Join the answers of several worlds: unsure where they differ."""
    return answers[0] if len(set(answers)) == 1 else Answer.UNSURE


def _parts(
    rule: Rule, replacers: Iterable[Rule], speaking: Container[str], judges: Sequence[Judge]
) -> Iterator[Part]:
    for leaf in scope_leaves(rule.scope):
        yield _part(Kind.SCOPE, leaf, judges)
    for other in replacers:
        part = _part(Kind.REPLACED, NoneOf((All(scope_leaves(other.scope)),)), judges)
        answers = part.answers
        if rule.if_unsure is IfUnsure.SKIP and other.id not in speaking:
            answers = tuple(Answer.YES if a is Answer.UNSURE else a for a in answers)
        yield replace(part, answers=answers, rule=other.id)
    if rule.when != ALWAYS:
        yield _part(Kind.WHEN, rule.when, judges)
    for entry in rule.unless:
        yield _part(Kind.UNLESS, NoneOf((entry,)), judges)


def _part(kind: Kind, condition: Condition, judges: Sequence[Judge]) -> Part:
    found = _found(grouped(condition), judges)
    return Part(kind, found, found.answers)


def _found(node: Node, judges: Sequence[Judge]) -> Found:
    answers = tuple(judge.answer(node) for judge in judges)
    if isinstance(node, Group):
        tell = judges[0].facts.catalogue[node.fact].tell
        values = tuple(judge.value(node.fact) for judge in judges)
        if tell is Tell.NOBODY_AT_ALL:
            values = ()
        return Finding(node.fact, said(node), values, answers)
    return Branch(node.conjunction, tuple(_found(part, judges) for part in node.parts), answers)


def said(group: Group) -> str:
    """Write what a group asks of its fact: ``is at least 3 and is not 5``."""
    words = [_said(leaf, wanted=wanted) for leaf, wanted in group.literals]
    return (" and " if group.conjunction else " or ").join(words)


_WORDS = {
    Operator.IS: "is",
    Operator.IN: "is one of",
    Operator.NOT_IN: "is none of",
    Operator.MORE_THAN: "is more than",
    Operator.AT_LEAST: "is at least",
    Operator.AT_MOST: "is at most",
    Operator.LESS_THAN: "is less than",
    Operator.BETWEEN: "is between",
    Operator.IN_THE_LAST: "is in the last",
    Operator.IN_THE_NEXT: "is in the next",
    Operator.LONGER_AGO_THAN: "is longer ago than",
    Operator.CONTAINS: "contains",
    Operator.CONTAINS_ANY: "contains any of",
}


def _said(leaf: Leaf, *, wanted: bool) -> str:
    if leaf.operator in (Operator.KNOWN, Operator.UNKNOWN):
        known = (leaf.operand is (leaf.operator is Operator.KNOWN)) is wanted
        return "is known" if known else "is unknown"
    prefix = "" if wanted else "not: "
    return f"{prefix}{_WORDS[leaf.operator]} {_operand(leaf.operand)}"


def _operand(operand: Any) -> str:  # noqa: ANN401, PLR0911 - one return for each kind of operand
    match operand:
        case Span():
            return f"{operand.amount} {operand.unit}"
        case tuple():
            return ", ".join(map(_operand, operand))
        case bool():
            return "yes" if operand else "no"
        case Special():
            return str(operand.value)
        case datetime():
            return f"{operand:%Y-%m-%d %H:%M %Z}"
        case time():
            return f"{operand:%H:%M}"
        case _:
            return str(operand)


def _findings(found: Found) -> Iterator[Finding]:
    if isinstance(found, Finding):
        yield found
    else:
        for part in found.parts:
            yield from _findings(part)


def _lines(
    found: Found, catalogue: Catalogue, locale: str | None, prefix: str, worlds: Sequence[str]
) -> Iterator[str]:
    if isinstance(found, Finding):
        asked = f"{found.fact} {found.says}"
        yield f"{prefix}{asked}: {_answered(found, catalogue, locale, worlds)}"
        return
    word = "all of" if found.conjunction else "any of"
    yield f"{prefix}{word}: {overall(found.answers).name.lower()}"
    indent = " " * (len(prefix) - len(prefix.lstrip()) + 2)
    for part in found.parts:
        yield from _lines(part, catalogue, locale, indent, worlds)


def _answered(
    finding: Finding, catalogue: Catalogue, locale: str | None, worlds: Sequence[str]
) -> str:
    fact = catalogue[finding.fact]
    values = [shown(value, fact, locale) for value in finding.values] or ["not shown"]
    answers = [answer.name.lower() for answer in finding.answers]
    if len(set(answers)) == 1 and len(set(values)) == 1:
        return f"{answers[0]} (it is {values[0]})"
    values *= len(answers) if len(values) == 1 else 1
    each = zip(answers, values, worlds, strict=True)
    return "; ".join(f"{answer} in {zone} (it is {value})" for answer, value, zone in each)
