"""A compiled pack: what the reader and the compiler make of a folder of YAML files.

Everything is frozen and plain; positions are kept where something may be reported later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from advisor.engagement.basis import Basis, Source
from advisor.engagement.calendars import Calendar
from advisor.engagement.card import Scale
from advisor.engagement.contacts import Disposition
from advisor.engagement.limits import Limit, Span
from advisor.engagement.slots import Callbacks
from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.situation import Brand
from advisor.facts.values import Value
from advisor.facts.vocabulary import (
    Ask,
    Benefit,
    Decision,
    Disclosure,
    Establishes,
    EvaluationClass,
    Force,
    ItemKind,
    LegalClass,
    PurposeKind,
    ReasonCode,
    Sensitivity,
    Stage,
    Verification,
    VerificationMethod,
)
from advisor.rules.conditions import ALWAYS, Condition, leaves
from advisor.rules.source import Mark
from advisor.rules.texts import Text


class Section(StrEnum):
    """The sections that hold rules."""

    ELIGIBILITY = "eligibility"
    GUIDANCE = "guidance"
    REACTIONS = "reactions"
    ENGAGEMENT = "engagement"


class IfUnsure(StrEnum):
    """How a rule counts when it is neither certainly yes nor certainly no."""

    APPLY = "apply"
    SKIP = "skip"


class Priority(StrEnum):
    """How urgent a rule is among those of its basis, strongest first.

    BY_DEADLINE rises as the purpose's deadline nears: low, then normal within 60 days, high within
    14, urgent within 3.
    """

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"
    BY_DEADLINE = "by_deadline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where and when something holds; empty sets mean everywhere, None means without end."""

    brands: frozenset[str] = frozenset()
    campaigns: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    from_: date | None = None
    through: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing for the agent to know, say, ask, do or avoid.

    Attributes:
        name: Unique in its rule; the item's id is ``rule/name``.
        stage: Its moment in a script; None in a reaction (the event is the moment).
        or_say: Words for when a fact of the text is unknown; None leaves the item out.
        what: Of an offer: callback, message, letter, human, or any other word (a product).
        ask: Of an ask: what for. None for other kinds.
        by: Of an ask for identity: how it is to be shown; None leaves it open.
        discloses: How much the plain words give away, where the author says more than the
            placeholders show.
        cites: A company promise of the pack that it rests on.
        counts_as: A legal class that the offer counts as; eligibility is asked again for it.
    """

    name: str
    kind: ItemKind
    force: Force
    text: Text
    mark: Mark
    stage: Stage | None = None
    short_text: Text | None = None
    or_say: Text | None = None
    benefit: Benefit | None = None
    establishes: Establishes | None = None
    what: str | None = None
    ask: Ask | None = None
    by: VerificationMethod | None = None
    discloses: Disclosure | None = None
    cites: str | None = None
    counts_as: LegalClass | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remember:
    """What to keep of a customer, learned or stated.

    Attributes:
        what: A quiet time, or the field of a profile that a text becomes.
        at: The fact that holds what to keep.
        around: Of a quiet time: where that fact names no hours, so long before and after the
            moment when it happened; None keeps nothing then.
        expires_in: How long it counts; None is until changed.
    """

    name: str
    what: str
    at: str
    source: str
    around: Span | None = None
    expires_in: Span | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """A call or task to raise, for whom, and within what time."""

    name: str
    purpose: str
    within: Span
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Points on the engagement card: positive for a credit, negative for a debit."""

    points: float
    half_life: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What an eligibility rule decides.

    Attributes:
        until: Name of an instant fact after which it no longer holds; None where no end is known.
        channel: Where the ruling is USE_OTHER_CHANNEL.
    """

    decision: Decision
    reason: ReasonCode
    until: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of any section.

    Attributes:
        number: Its place in the order of precedence (basis, priority, id) among all rules of the
            pack, from 0, the strongest first; bit `number` of every bit set is this rule.
        events: In reactions: which events it answers.
        applies_to: In eligibility: legal classes or purpose kinds; empty means all. (Compiled
            into `when` too, so that matching needs nothing else.)
        unless: Entries any one of which excuses.
        opening: Name of the opening that this rule asks for.
        group: Of rules in one group only the strongest speaks.
        replaces: Ids of rules that do not exist within this one's scope and dates.
        speaks_of: Facts that its conditions speak of, in the order of the file.
    """

    id: str
    section: Section
    because: str
    mark: Mark
    number: int = 0
    when: Condition = ALWAYS
    unless: tuple[Condition, ...] = ()
    if_unsure: IfUnsure = IfUnsure.SKIP
    scope: Scope = field(default_factory=Scope)
    basis: Basis = Basis.POLICY
    priority: Priority = Priority.NORMAL
    group: str | None = None
    replaces: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    source: Source | None = None
    applies_to: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    items: tuple[Item, ...] = ()
    remembers: tuple[Remember, ...] = ()
    raises: tuple[Raise, ...] = ()
    opening: str | None = None
    entry: Entry | None = None
    ruling: Ruling | None = None
    speaks_of: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out, once, what every explanation asks for."""
        found = (leaf.fact for each in (self.when, *self.unless) for leaf in leaves(each))
        object.__setattr__(self, "speaks_of", tuple(dict.fromkeys(found)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Why we ring, and the ladder of words for it.

    Attributes:
        bound: Of a confidential purpose: the honest limit said instead of a headline.
        deadline: Name of the fact after which the purpose has passed.
        occasion: Facts that the caller sends with each call, by full name (``purpose.starts_on``).
        voicemail, third_party: The highest rung a machine or a third party may hear.
        company_values: Needs, brand fit and capacity gates, where the purpose names them.
    """

    id: str
    kind: PurposeKind
    legal_class: LegalClass
    evaluation_class: EvaluationClass
    sensitivity: Sensitivity
    least_verification: Verification
    topic: Text
    headline: Text | None
    bound: Text | None
    statement: Text | None
    account: Text | None
    sensitive: Text | None
    benefit: Text
    opening: str
    mark: Mark
    minutes: int | None = None
    deadline: str | None = None
    occasion: Mapping[str, Fact]
    voicemail: Disclosure | None = None
    third_party: Disclosure | None = None
    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True, slots=True)
class Opening:
    """A named order of stages."""

    id: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """Budgets of a pack; it may lower what the tables allow, never raise it.

    Attributes:
        items: How many items one moment may show.
        asks: Asks a call by trust tier word; tiers not named keep the table's number.
    """

    items: int = 3
    asks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The `pack` section.

    Attributes:
        card: How points on the engagement card become a tier.
        expects: By class of law: how calls are expected to come out, as shares of one.
        callbacks: How call-backs are promised and kept.
    """

    name: str
    version: str
    default_locale: str
    default_calendar: str
    default_zone: str | None = None
    default_region: str | None = None
    budgets: Budgets = field(default_factory=Budgets)
    card: Scale = field(default_factory=Scale)
    expects: Mapping[LegalClass, Mapping[Disposition, float]] = field(default_factory=dict)
    callbacks: Callbacks = field(default_factory=Callbacks)
    stands_for: Mapping[str, str] = field(default_factory=dict)
    brands: Mapping[str, Brand] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a case of the pack's tests expects; None is not looked at.

    Attributes:
        earns: Ids of the engagement rules that book what happened, or say that it earns nothing.
        points: What they come to.
        remembers: Ids (``rule/name``) of all that is kept of the customer.
    """

    decision: Decision | None = None
    reasons: tuple[ReasonCode, ...] | None = None
    not_before: datetime | None = None
    says: tuple[str, ...] = ()
    first: str | None = None
    silent: tuple[str, ...] = ()
    never_asks: tuple[Ask, ...] = ()
    opening: str | None = None
    earns: tuple[str, ...] | None = None
    points: float | None = None
    remembers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event of a case, and what must be shown after it."""

    event: str
    given: Mapping[str, Value]
    expect: Expectation
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test of a pack: a row of a table is a case of its own.

    Attributes:
        at: The instant, in UTC; `zone` is the zone it was written in, the customer's if the case
            states none.
        given: Facts stated by full name.
    """

    name: str
    purpose: str
    at: datetime
    zone: str
    given: Mapping[str, Value]
    expect: Expectation
    mark: Mark
    shows: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A whole, valid pack.

    Attributes:
        version: Hash of its content; every decision carries it.
        rules: In order of precedence; ``rules[n].number == n``.
    """

    version: str
    settings: Settings
    catalogue: Catalogue
    purposes: Mapping[str, Purpose]
    openings: Mapping[str, Opening]
    conditions: Mapping[str, Condition]
    calendars: tuple[Calendar, ...]
    limits: tuple[Limit, ...]
    rules: tuple[Rule, ...]
    cases: tuple[Case, ...]
