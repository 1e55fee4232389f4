"""From what a test of a pack states to the situation that a real request would make."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeVar

from advisor.engagement.card import Card, TrustTier
from advisor.engagement.contacts import Contact, Direction, Disposition, EndedBy
from advisor.facts.situation import (
    Agent,
    Call,
    Consent,
    History,
    Profile,
    Situation,
    Suppressed,
)
from advisor.facts.values import UNKNOWN, Possible, Value
from advisor.facts.vocabulary import (
    Channel,
    ConsentState,
    ConsentType,
    PurposeKind,
    Relationship,
    Suppression,
)
from advisor.guidance.situations import situation_of
from advisor.rules.pack import Case, Pack, Purpose

_T = TypeVar("_T")

_CONSENT: Final = "customer.consent."

#: Facts that the call carries and that would not move with the zone if they were stated.
_PLACES: Final = frozenset({"call.region", "call.regions", "call.time_zones"})
_HISTORY: Final = "history."
#: Of the history, what has not happened yet.
_AHEAD: Final = "campaign_due_at"


def scene(pack: Pack, case: Case) -> Situation:
    """Set the scene of a case.

    What the guards and the limits read (the call's state and places, suppressions, consents, the
    card, the last contacts) goes where a request would put it, and not only under its name.

    Args:
        pack: The pack; a case that names no brand is of the first one.
        case: What it states. The zone that its instant is written in is the customer's, unless it
            states a zone or a number.
    """
    given = _Given(case.given)
    purpose = pack.purposes[case.purpose]
    return situation_of(
        pack,
        _call(pack, case, given),
        case.purpose,
        case.at,
        occasion={name: value for name, value in case.given.items() if name in purpose.occasion},
        subject=given.text("purpose.subject"),
        debt_id=given.text("purpose.debt_id"),
        relevance=given.text("purpose.relevance"),
        profile=_profile(given),
        history=_history(given, purpose),
        stated={name: value for name, value in case.given.items() if name not in _PLACES},
    )


class _Given:
    """What is stated, by name and type; a value that is several things is left to its name."""

    def __init__(self, facts: Mapping[str, Value]) -> None:
        self.facts = facts

    def of(self, name: str, type_: type[_T]) -> _T | None:
        value = self.facts.get(name)
        return value if isinstance(value, type_) else None

    def text(self, name: str) -> str | None:
        return self.of(name, str)

    def words(self, name: str) -> frozenset[str] | None:
        return self.of(name, frozenset)


def _call(pack: Pack, case: Case, given: _Given) -> Call:
    regions = given.words("call.regions")
    zones = given.words("call.time_zones")
    number = given.text("call.number")
    if zones is None:
        zones = frozenset({case.zone} if number is None else ())
    return Call(
        id="case",
        brand=given.text("call.brand") or next(iter(pack.settings.brands), ""),
        campaign=given.text("call.campaign") or "",
        number=number,
        regions=_regions(given) if regions is None else tuple(sorted(regions)),
        time_zones=tuple(sorted(zones)),
        attempt=given.of("call.attempt", int),
        locale=given.text("call.locale"),
        agent=Agent(
            name=given.text("agent.name"),
            experience=given.text("agent.experience"),
            skills=given.words("agent.skills"),
            languages=given.words("agent.languages"),
        ),
    )


def _regions(given: _Given) -> tuple[str, ...]:
    value = given.facts.get("call.region")
    values = value.values if isinstance(value, Possible) else (value,)
    return tuple(each for each in values if isinstance(each, str))


def _profile(given: _Given) -> Profile:
    channel = given.text("customer.preferred_channel")
    relationship = given.text("customer.relationship")
    return Profile(
        preferred_name=given.text("customer.preferred_name"),
        salutation=given.text("customer.salutation"),
        name_hint=given.text("customer.name_hint"),
        language=given.text("customer.language"),
        preferred_channel=None if channel is None else Channel(channel),
        goal=given.text("customer.goal"),
        relationship=None if relationship is None else Relationship(relationship),
        consents=_consents(given),
        suppressions=_suppressions(given),
        safe_contact=given.of("customer.safe_contact", bool),
        care_needs=given.words("customer.care_needs"),
        reported_defects=given.words("customer.reported_defects"),
        registers=given.words("number.registers"),
        registers_checked_at=given.of("number.registers_checked_at", datetime),
        card=_card(given),
        complaints_open=given.of("complaints.open", int),
        complaints_overdue=given.of("complaints.overdue", int),
        complaint_topic=given.text("complaints.topic"),
    )


def _consents(given: _Given) -> tuple[Consent, ...] | None:
    consents = tuple(
        Consent(type=ConsentType(name.removeprefix(_CONSENT)), state=ConsentState(value))
        for name, value in given.facts.items()
        if name.startswith(_CONSENT) and isinstance(value, str)
    )
    return consents or None


def _suppressions(given: _Given) -> tuple[Suppressed, ...]:
    sources = set(given.words("customer.suppressions") or ())
    if given.of("customer.moratorium", bool):
        sources.add(Suppression.MORATORIUM)
    if given.of("customer.represented", bool):
        sources.add(Suppression.REPRESENTED)
    ends_at = given.of("customer.moratorium_ends", datetime)
    return tuple(
        Suppressed(
            source=Suppression(source),
            ends_at=ends_at if source == Suppression.MORATORIUM else None,
        )
        for source in sorted(sources)
    )


def _card(given: _Given) -> Card | None:
    tier = given.text("card.tier")
    balance = given.of("card.balance", float)
    confidence = given.of("card.confidence", float)
    if tier is None and balance is None and confidence is None:
        return None
    return Card(
        tier=TrustTier[(tier or TrustTier.UNKNOWN.word).upper()],
        balance=balance,
        confidence=confidence,
    )


def _history(given: _Given, purpose: Purpose) -> History:
    """Make a contact of each instant that is stated, in the matter of this call.

    What a case does not mention has not happened; one that states part of it as unknown was told
    nothing.
    """
    stated = {
        name.removeprefix(_HISTORY): value
        for name, value in given.facts.items()
        if name.startswith(_HISTORY)
    }
    instants = {
        name: value
        for name, value in stated.items()
        if isinstance(value, datetime) and name != _AHEAD
    }
    if not instants and UNKNOWN in stated.values():
        return History()
    contacts = (_contact(name, at, given, purpose) for name, at in instants.items())
    return History(contacts=tuple(sorted(contacts, key=lambda each: each.at, reverse=True)))


def _contact(name: str, at: datetime, given: _Given, purpose: Purpose) -> Contact:
    disposition = given.text(f"{_HISTORY}last_conversation.disposition")
    ended_by = given.text(f"{_HISTORY}last_conversation.ended_by")
    spoke = name == "last_conversation.at"
    came = {
        "last_conversation.at": _word(Disposition, disposition) or Disposition.COMPLETED_SERVICE,
        "last_refusal.at": Disposition.NOT_INTERESTED,
        "last_attempt.at": Disposition.NO_ANSWER,
        "last_bad.at": Disposition.HUNG_UP_BEFORE_HEADLINE,
        "last_message.at": None,
    }
    invited = name == "last_invitation.at"
    written = name == "last_message.at"
    return Contact(
        at=at,
        direction=Direction.INBOUND if name == "last_inbound.at" else Direction.OUTBOUND,
        disposition=came.get(name, Disposition.COMPLETED_SERVICE),
        channel=Channel.LETTER.value if written else Channel.VOICE_OUTBOUND.value,
        spoke=spoke or None,
        ended_by=_word(EndedBy, ended_by) if spoke else None,
        kind=(PurposeKind.CO_CREATION_INVITATION if invited else purpose.kind).value,
        legal_class=purpose.legal_class.value,
        subject=given.text("purpose.subject"),
        debt_id=given.text("purpose.debt_id"),
        number=given.text("call.number"),
    )


_W = TypeVar("_W", Disposition, EndedBy)


def _word(words: type[_W], written: str | None) -> _W | None:
    return next((word for word in words if word.value == written), None)
