"""The catalogue of facts as a page: what rules may speak of, and what absence means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.shown import shown
from advisor.facts.values import UNKNOWN, Tell
from advisor.guidance.guide import Guide
from advisor.guidance.rendering import rungs
from advisor.rules.texts import Text
from advisor.workbench.wording import words

#: Who may hear a fact, in words.
_TOLD: Final = {
    Tell.ANYONE: "anyone",
    Tell.CLAIMED: "who says it is them",
    Tell.VERIFIED: "who is verified",
    Tell.STRONG: "who is strongly verified",
    Tell.NOBODY: "the agent only",
    Tell.NOBODY_AT_ALL: "nobody",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fact, in words.

    Attributes:
        told: Who may hear it.
        choices: The words of a choice, weakest first where they have an order.
    """

    name: str
    type: str
    unit: str
    told: str
    sent_by: str
    absent_means: str
    about: str
    choices: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return {
            "name": self.name,
            "type": self.type,
            "unit": self.unit,
            "told": self.told,
            "sent_by": self.sent_by,
            "absent_means": self.absent_means,
            "about": self.about,
            "choices": list(self.choices),
        }


def rows(catalogue: Catalogue, beginning: str = "") -> tuple[Row, ...]:
    """List the facts whose name begins so, in the order of the catalogue."""
    return tuple(_row(fact) for fact in catalogue if fact.name.startswith(beginning))


def unused_facts(guide: Guide) -> frozenset[str]:
    """Name the facts that a pack declares and that no rule, text or purpose of it uses (004-29)."""
    pack = guide.pack
    used: set[str] = set()
    for rule in pack.rules:
        used |= {*guide.matcher.asks(rule), *(each.at for each in rule.remembers)}
        if rule.ruling is not None and rule.ruling.until is not None:
            used.add(rule.ruling.until)
        for item in rule.items:
            used |= _spoken_of(item.text, item.or_say, item.short_text)
    for purpose in pack.purposes.values():
        used |= _spoken_of(*(text for _level, text in rungs(purpose, "purpose.say")))
        used |= {*_spoken_of(purpose.benefit), purpose.deadline or ""}
    declared = (fact.name for fact in pack.catalogue if fact.name not in BUILT_IN)
    return frozenset(name for name in declared if name not in used)


def _spoken_of(*texts: Text | None) -> set[str]:
    return {name for text in texts if text is not None for name in text.facts}


def _row(fact: Fact) -> Row:
    absent = fact.absent_means
    return Row(
        name=fact.name,
        type=words(fact.type.value),
        unit=fact.unit or "",
        told=_TOLD[fact.tell],
        sent_by=fact.sent_by,
        absent_means="unknown" if absent is UNKNOWN else shown(absent, fact, None),
        about=fact.about,
        choices=fact.choices,
    )


def markdown(facts: Iterable[Row]) -> Iterator[str]:
    """Write facts as a table in Markdown, line by line."""
    yield "| fact | type | what it tells | who may hear it | sent by | absence means |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row in facts:
        type_ = f"{row.type} ({row.unit})" if row.unit else row.type
        about = f"{row.about} One of: {', '.join(row.choices)}." if row.choices else row.about
        cells = (f"`{row.name}`", type_, about, row.told, row.sent_by, row.absent_means)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
