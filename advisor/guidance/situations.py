"""Setting a scene: from what a caller sends and a pack says to one situation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, TypeVar

from advisor.engagement.contacts import Contact
from advisor.engagement.places import candidate_places
from advisor.engagement.signals import Weather
from advisor.engagement.slots import Capacity
from advisor.facts.memory import Memory
from advisor.facts.recall import history_of, recalled
from advisor.facts.situation import (
    Brand,
    Call,
    History,
    Occasion,
    Profile,
    Situation,
)
from advisor.facts.values import UNKNOWN, Value
from advisor.facts.vocabulary import CompanyProof, Disclosure, Stage, Verification
from advisor.facts.worlds import worlds_at
from advisor.rules.pack import Pack, Purpose

_NOTHING: Mapping[str, Value] = MappingProxyType({})
_W = TypeVar("_W", Stage, Disclosure, Verification, CompanyProof)

#: Facts that say by name where a call stands.
OF_STATE: Final = frozenset(
    {
        "call.answered_by",
        "call.asks_made",
        "call.asks_refused",
        "call.company_proof",
        "call.customer_verification",
        "call.dialled",
        "call.disclosure",
        "call.stage",
    }
)


class UnknownPurposeError(LookupError):
    """A purpose that the pack does not hold.

    Attributes:
        purpose_id: The id asked for.
    """

    def __init__(self, purpose_id: str) -> None:
        """Name the purpose that is missing."""
        super().__init__(f"the pack has no purpose {purpose_id}")
        self.purpose_id = purpose_id


def occasion_of(
    purpose: Purpose,
    facts: Mapping[str, Value] = _NOTHING,
    *,
    subject: str | None = None,
    debt_id: str | None = None,
    relevance: str | None = None,
) -> Occasion:
    """Make the occasion of a call from its purpose.

    Args:
        purpose: Why we ring.
        facts: Facts of this occasion, by full or short name (``purpose.starts_on``,
            ``starts_on``).
        subject: What the matter is, for limits counted per subject.
        debt_id: Which debt, for limits counted per debt.
        relevance: A reason that this customer would recognise.
    """
    short = {name.removeprefix("purpose."): value for name, value in facts.items()}
    deadline = (purpose.deadline or "").removeprefix("purpose.")
    return Occasion(
        id=purpose.id,
        kind=purpose.kind,
        legal_class=purpose.legal_class,
        evaluation_class=purpose.evaluation_class,
        sensitivity=purpose.sensitivity,
        least_verification=purpose.least_verification,
        facts=short,
        subject=subject,
        debt_id=debt_id,
        relevance=relevance,
        minutes=purpose.minutes,
        deadline=short.get(deadline, UNKNOWN),
    )


def situation_of(
    pack: Pack,
    call: Call,
    purpose_id: str,
    now: datetime,
    *,
    occasion: Mapping[str, Value] = _NOTHING,
    subject: str | None = None,
    debt_id: str | None = None,
    relevance: str | None = None,
    customer_id: str | None = None,
    profile: Profile | None = None,
    history: History | None = None,
    stated: Mapping[str, Value] = _NOTHING,
    memory: Memory | None = None,
    number: tuple[Contact, ...] = (),
    weather: tuple[Weather, ...] = (),
    capacity: Capacity | None = None,
    state_missing: str | None = None,
) -> Situation:
    """Put together everything that is known about one call at one instant.

    Args:
        pack: The pack that decides.
        call: The call as the dialer describes it.
        purpose_id: Id of the purpose in the pack.
        now: Aware instant, UTC.
        occasion: Facts of this occasion by full or short name.
        subject: What the matter is.
        debt_id: Which debt.
        relevance: A reason that this customer would recognise.
        customer_id: Whose profile it is.
        profile: What the CRM knows.
        history: What happened before.
        stated: Facts by full name; they outrank everything else.
        memory: What the service itself remembers of the customer; joined into profile and history.
        number: Contacts of anybody with the dialled number.
        weather: What makes itself felt to everybody now, of whatever brand.
        capacity: Which times have no room for one more call-back.
        state_missing: Why the stored state could not be read.

    Raises:
        UnknownPurposeError: The pack has no such purpose.
        UnknownZoneError: A zone that is named anywhere does not exist.
    """
    purpose = pack.purposes.get(purpose_id)
    if purpose is None:
        raise UnknownPurposeError(purpose_id)
    remembered = memory or Memory()
    profile = recalled(
        profile or Profile(), remembered, now, pack.settings.card, pack.catalogue.facts
    )
    found = candidate_places(
        stated_zone=profile.stated_zone,
        address_zone=profile.address_zone,
        address_region=profile.region,
        call_zones=call.time_zones,
        call_regions=call.regions,
        numbers=() if call.number is None else (call.number,),
        default_zone=pack.settings.default_zone,
        default_region=pack.settings.default_region,
    )
    return Situation(
        now=now,
        call=call_as_stated(call, stated),
        occasion=occasion_of(
            purpose, occasion, subject=subject, debt_id=debt_id, relevance=relevance
        ),
        brand=pack.settings.brands.get(call.brand) or Brand(id=call.brand, name=call.brand),
        customer_id=customer_id,
        profile=profile,
        history=history_of(history or History(), remembered, now, call_id=call.id, number=number),
        memory=remembered,
        weather=weather,
        capacity=capacity or Capacity(),
        places=tuple(found.places),
        worlds=worlds_at(found.places, now),
        zones_from=found.basis_of_choice.value,
        stated=stated,
        state_missing=state_missing,
    )


def call_as_stated(call: Call, stated: Mapping[str, Value]) -> Call:
    """Return a call with what was stated by name about its state: the guards judge by it too."""
    if OF_STATE.isdisjoint(stated):
        return call
    refused = stated.get("call.asks_refused")
    asks_made = stated.get("call.asks_made")
    answered_by = stated.get("call.answered_by")
    dialled = stated.get("call.dialled")
    return replace(
        call,
        stage=_word(Stage, stated.get("call.stage"), call.stage),
        disclosure=_word(Disclosure, stated.get("call.disclosure"), call.disclosure),
        verification=_word(
            Verification, stated.get("call.customer_verification"), call.verification
        ),
        company_proof=_word(CompanyProof, stated.get("call.company_proof"), call.company_proof),
        answered_by=answered_by if isinstance(answered_by, str) else call.answered_by,
        asks_refused=refused if isinstance(refused, frozenset) else call.asks_refused,
        asks_made=asks_made if isinstance(asks_made, int) else call.asks_made,
        dialled=dialled if isinstance(dialled, bool) else call.dialled,
    )


def stated_after(
    stated: Mapping[str, Value], given: Mapping[str, Value], event: str
) -> dict[str, Value]:
    """Return what stays stated after an event: what moves with the call is the call's own.

    Args:
        stated: What was stated before it, by full name.
        given: Facts of the event by full name (``event.window``).
        event: Its word in `EVENTS`.
    """
    stays = {
        name: value
        for name, value in stated.items()
        if not name.startswith("event.") and name not in OF_STATE
    }
    return {**stays, **given, "event.kind": event}


def _word(words: type[_W], stated: Value | None, otherwise: _W) -> _W:
    for word in words:
        if word.word == stated:
            return word
    return otherwise
