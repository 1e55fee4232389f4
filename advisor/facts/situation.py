"""One situation: everything known about one call at one instant, as plain values.

Facts are read from it (`advisor.facts.view`). Nothing here knows where a value came from on the
wire or in the store; ``None`` and empty always mean *unknown* unless a field says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from advisor.engagement.calendars import QuietTime
from advisor.engagement.card import Card
from advisor.engagement.contacts import Contact
from advisor.engagement.places import Place
from advisor.engagement.promises import Promise
from advisor.engagement.signals import Weather
from advisor.engagement.slots import Capacity, Slot
from advisor.facts.memory import Memory
from advisor.facts.values import UNKNOWN, Value
from advisor.facts.vocabulary import (
    Channel,
    CompanyProof,
    CompanyProofMethod,
    ConsentState,
    ConsentType,
    Disclosure,
    EvaluationClass,
    LegalClass,
    PurposeKind,
    Relationship,
    Sensitivity,
    Stage,
    Suppression,
    Verification,
)
from advisor.facts.worlds import World

_NOTHING: Mapping[str, Value] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Who will speak for the company; absent before a predictive dialer has assigned anyone."""

    name: str | None = None
    experience: str | None = None
    skills: frozenset[str] | None = None
    languages: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The name under which the company rings.

    Attributes:
        id: The brand's id in the pack.
        name: As it is said.
        number: A real number that answers when the customer rings back, E.164.
        sensitive: Whether the name alone gives the subject away (debt collector, clinic).
        proof: How this brand can prove itself, best first.
    """

    id: str
    name: str
    number: str | None = None
    sensitive: bool = False
    proof: tuple[CompanyProofMethod, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The call as the dialer describes it.

    Attributes:
        number: The dialled number, E.164.
        regions: Candidate regions, ISO 3166 country or subdivision.
        time_zones: Candidate IANA zones.
        attempt: Which attempt of this matter it is, from 1.
        dialled: Whether the number has been dialled already (a connected call keeps its
            guidance where one not yet dialled is deferred).
        asks_refused: What the customer has refused in this call.
        said: Ids (``rule/item``) of items already said in this call.
        promise_id: The promise that this call is to keep.
        promise_elsewhere: Whether somebody else has claimed that promise.
    """

    id: str
    brand: str
    campaign: str = ""
    number: str | None = None
    regions: tuple[str, ...] = ()
    time_zones: tuple[str, ...] = ()
    attempt: int | None = None
    locale: str | None = None
    stage: Stage = Stage.PRE_CALL
    disclosure: Disclosure = Disclosure.NAME
    verification: Verification = Verification.NONE
    company_proof: CompanyProof = CompanyProof.NONE
    answered_by: str | None = None
    asks_refused: frozenset[str] = frozenset()
    asks_made: int = 0
    said: frozenset[str] = frozenset()
    dialled: bool = False
    promise_id: str | None = None
    promise_elsewhere: bool = False
    agent: Agent = field(default_factory=Agent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why we ring this time: the purpose's own attributes and the facts of the occasion.

    Attributes:
        facts: The occasion's declared facts by their short name (``starts_on``).
        subject: What the matter is, for limits counted per subject.
        debt_id: Which debt, for limits counted per debt.
        relevance: A reason this customer would recognise, in the caller's words.
        minutes: How long the call will take, as it may be said.
        deadline: The value of the fact that the purpose names as its deadline.
    """

    id: str
    kind: PurposeKind
    legal_class: LegalClass
    evaluation_class: EvaluationClass = EvaluationClass.DEFAULT
    sensitivity: Sensitivity = Sensitivity.CONFIDENTIAL
    least_verification: Verification = Verification.STRONG
    facts: Mapping[str, Value] = field(default_factory=lambda: _NOTHING)
    subject: str | None = None
    debt_id: str | None = None
    relevance: str | None = None
    minutes: int | None = None
    deadline: Value = UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A consent and how it stands; ``expires_at`` turns GIVEN into EXPIRED."""

    type: ConsentType
    state: ConsentState
    captured_at: datetime | None = None
    expires_at: datetime | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """One suppression: whoever set it, it only ever accumulates.

    Attributes:
        source: Where it comes from.
        purpose_kinds: Kinds of purpose it covers; empty covers all.
        ends_at: When it ends by itself (a moratorium), if that is known.
    """

    source: Suppression
    purpose_kinds: frozenset[PurposeKind] = frozenset()
    ends_at: datetime | None = None
    captured_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Where a profile field comes from."""

    observed_at: datetime
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the CRM knows of a customer; every field None (unknown) until somebody says.

    Attributes:
        seen: By field name: when it was observed, and by whom. The newest wins, field by field.
        attributes: The company's own facts about the customer, by full name (``bank.pin_used``).
        registers: Registers (TPS, national DNC ...) that list the dialled number; empty means
            checked and found on none, None means not checked.
        safe_contact: Whether contact is restricted for the customer's safety.
        complaints_open: How many complaints are open; 0 is knowledge, None is not.
    """

    preferred_name: str | None = None
    salutation: str | None = None
    name_hint: str | None = None
    language: str | None = None
    preferred_channel: Channel | None = None
    goal: str | None = None
    relationship: Relationship | None = None
    stated_zone: str | None = None
    address_zone: str | None = None
    region: str | None = None
    quiet_times: tuple[QuietTime, ...] | None = None
    consents: tuple[Consent, ...] | None = None
    suppressions: tuple[Suppressed, ...] = ()
    safe_contact: bool | None = None
    care_needs: frozenset[str] | None = None
    reported_defects: frozenset[str] | None = None
    registers: frozenset[str] | None = None
    registers_checked_at: datetime | None = None
    card: Card | None = None
    complaints_open: int | None = None
    complaints_overdue: int | None = None
    complaint_topic: str | None = None
    attributes: Mapping[str, Value] = field(default_factory=lambda: _NOTHING)
    seen: Mapping[str, Seen] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What has happened between the company and this person, newest first.

    Attributes:
        contacts: None means that nobody told us; empty means that there were none.
        number: Contacts of anybody with the dialled number, for limits counted per number.
    """

    contacts: tuple[Contact, ...] | None = None
    number: tuple[Contact, ...] = ()
    promises: tuple[Promise, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One call at one instant.

    Attributes:
        now: The instant the decision is for, aware, UTC.
        places: Candidate places (zone and region together), most trusted first; empty where
            nothing is known of where the customer is.
        worlds: What the clock says now at the places, those that nothing tells apart now as one.
        memory: What the service itself remembers of the customer.
        capacity: Which times have no room for one more call-back.
        offers: Times at which a call-back can be kept; None where nobody worked them out.
        weather: What makes itself felt to everybody now, of whatever brand.
        forecast: Points that this call is expected to earn; None where nobody worked it out.
        stated: Facts given by full name; they outrank what is read from the other fields.
        state_missing: Why the customer's stored state could not be read; None when it was read,
            or when there is none to read.
    """

    now: datetime
    call: Call
    occasion: Occasion
    brand: Brand
    customer_id: str | None = None
    profile: Profile = field(default_factory=Profile)
    history: History = field(default_factory=History)
    places: tuple[Place, ...] = ()
    worlds: tuple[World, ...] = ()
    zones_from: str = "nothing"
    memory: Memory = field(default_factory=Memory)
    weather: tuple[Weather, ...] = ()
    capacity: Capacity = field(default_factory=Capacity)
    offers: tuple[Slot, ...] | None = None
    forecast: float | None = None
    stated: Mapping[str, Value] = field(default_factory=lambda: _NOTHING)
    state_missing: str | None = None
