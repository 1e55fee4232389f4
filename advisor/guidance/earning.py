"""What something earned or cost: the pack's engagement rules, asked about what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from advisor.engagement.card import EntryType, LedgerEntry
from advisor.engagement.contacts import Contact
from advisor.engagement.signals import Signal
from advisor.facts.situation import Brand, Call, Occasion, Situation
from advisor.facts.values import UNKNOWN, Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import LEGAL_CLASS, EvaluationClass, LegalClass, PurposeKind
from advisor.guidance.guide import Guide
from advisor.guidance.situations import occasion_of
from advisor.rules.pack import Rule

#: A promise is booked when it is settled, and not again by whatever happens in its matter later.
_NOT_AGAIN: Final[Mapping[str, Value]] = MappingProxyType(
    {"promise.settled_as": UNKNOWN, "promise.reached": UNKNOWN}
)

#: What a call was about where neither the caller nor the pack says.
_UNTOLD: Final = PurposeKind.SERVICE_INFORMATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that the engagement rules are asked about.

    Attributes:
        at: When it happened, aware, UTC.
        cause: Id of the outcome or signal.
        known: The customer as they were known before it.
        stated: What happened, as facts by full name (``outcome.disposition``).
    """

    at: datetime
    cause: str
    known: Situation
    stated: Mapping[str, Value]


def heard(guide: Guide, happening: Happening) -> tuple[Rule, ...]:
    """Return the engagement rules that answer what happened, those of no points as well.

    Of rules in one group only the strongest answers.
    """
    known = happening.known
    stated = {**_NOT_AGAIN, **known.profile.attributes, **happening.stated}
    situation = replace(known, now=happening.at, stated=stated)
    facts = Facts(guide.pack.catalogue, situation)
    return tuple(guide.earning.match(facts).spoken())


def earned(
    guide: Guide, happening: Happening, *, corrects: bool = False
) -> tuple[LedgerEntry, ...]:
    """Return the entries that the pack's engagement rules give for what happened.

    A rule of no points says that something was heard and earns nothing, and leaves no entry.

    Args:
        guide: The pack, ready to be matched.
        happening: What happened.
        corrects: Whether it stands in place of what was told before.
    """
    return tuple(
        entry
        for rule in heard(guide, happening)
        if (entry := _entry(rule, happening, corrects=corrects)) is not None
    )


def outcome_facts(contact: Contact, *, closed: bool | None = None) -> dict[str, Value]:
    """Say how a call came out, as facts; what is not known is left out.

    Args:
        contact: The call.
        closed: Whether the agent took leave before the call ended; None where nobody says.
    """
    disposition, ended_by = contact.disposition, contact.ended_by
    told: dict[str, Value | None] = {
        "outcome.disposition": None if disposition is None else disposition.value,
        "outcome.ended_by": None if ended_by is None else ended_by.value,
        "outcome.ended_at_stage": contact.ended_at_stage,
        "outcome.human": contact.human,
        "outcome.conversation": contact.conversation,
        "outcome.refusal": contact.refusal,
        "outcome.opt_out": contact.opt_out,
        "outcome.closed": closed,
    }
    return {name: value for name, value in told.items() if value is not None}


def signal_facts(signal: Signal) -> dict[str, Value]:
    """Say what was noticed, as facts; what is not known is left out."""
    told: dict[str, Value | None] = {
        "signal.kind": signal.kind.value,
        "signal.reported_by": signal.reported_by.value,
        "signal.source": signal.source,
        "signal.trust": signal.trust,
        "signal.role": signal.role,
        "signal.function": signal.function,
    }
    return {name: value for name, value in told.items() if value is not None}


def occasion_in(guide: Guide, contact: Contact) -> Occasion:
    """Return what a call was about, as far as it or the pack says."""
    purpose = guide.pack.purposes.get(contact.purpose_id or "")
    if purpose is not None:
        return occasion_of(purpose, subject=contact.subject, debt_id=contact.debt_id)
    kind = _UNTOLD if contact.kind is None else PurposeKind(contact.kind)
    legal = LEGAL_CLASS[kind] if contact.legal_class is None else LegalClass(contact.legal_class)
    return Occasion(
        id=contact.purpose_id or "",
        kind=kind,
        legal_class=legal,
        evaluation_class=EvaluationClass.DEFAULT,
        subject=contact.subject,
        debt_id=contact.debt_id,
    )


def brand_in(guide: Guide, brand: str | None) -> Brand:
    """Return the brand of the pack with that id, or one that has only its id."""
    return guide.pack.settings.brands.get(brand or "") or Brand(id=brand or "", name=brand or "")


def call_in(contact: Contact) -> Call:
    """Return a call as it was, for rules to look at."""
    return Call(
        id=contact.id or "",
        brand=contact.brand or "",
        campaign=contact.campaign or "",
        number=contact.number,
        dialled=True,
    )


def _entry(rule: Rule, happening: Happening, *, corrects: bool) -> LedgerEntry | None:
    entry = rule.entry
    if entry is None or not entry.points:
        return None
    kind = EntryType.CREDIT if entry.points > 0 else EntryType.DEBIT
    return LedgerEntry(
        at=happening.at,
        points=entry.points,
        reason=rule.id,
        type=EntryType.CORRECTION if corrects else kind,
        rule=rule.id,
        because=rule.because,
        half_life=entry.half_life,
        cause=happening.cause,
    )
