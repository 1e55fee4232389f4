"""What the advisor answers: a verdict, a brief and an ordered script, each item with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from advisor.engagement.basis import Basis, Source
from advisor.engagement.calendars import Interval
from advisor.engagement.card import Card
from advisor.engagement.slots import Slot
from advisor.facts.vocabulary import (
    Ask,
    Benefit,
    CompanyProofMethod,
    Decision,
    Establishes,
    Force,
    ItemKind,
    ReasonCode,
    Stage,
    VerificationMethod,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A time at which a call-back can be kept.

    Attributes:
        spoken: The time in words, in the locale of the call.
    """

    slot: Slot
    spoken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedFact:
    """A fact that a decision rests on, as it may be shown to the agent.

    Attributes:
        name: Its full name.
        shown: Its value in plain words; None for a fact that nothing may show.
        unsure: Whether several values were possible, or none was known.
    """

    name: str
    shown: str | None
    unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason why a call is not simply allowed.

    Attributes:
        text: One sentence in plain language, without personal data.
        until: When it will have passed; None where no end is known.
        rule: Id of the rule, calendar or limit that speaks, or of the guard (``guard/...``).
    """

    code: ReasonCode
    decision: Decision
    text: str
    rule: str
    basis: Basis
    until: datetime | None = None
    source: Source | None = None
    facts: tuple[UsedFact, ...] = ()
    unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """May we call now?

    Attributes:
        decision: The strictest of all reasons; ALLOW without any.
        reasons: All of them, strictest first, then by basis and rule id.
        not_before: Of a DEFER: the first instant at which every deferring reason has passed and a
            window is open; None where a reason has no known end.
        windows: Allowed windows (UTC) of the days from `not_before` on, at the customer's candidate
            places; none without it.
    """

    decision: Decision
    reasons: tuple[Reason, ...] = ()
    not_before: datetime | None = None
    windows: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """One item as the agent sees it.

    Attributes:
        id: ``rule/item``; what the guards themselves add is ``guard/...``.
        text: Ready to be said or read, in the call's locale.
        because: Why, in the words of the rule.
    """

    id: str
    kind: ItemKind
    force: Force
    text: str
    because: str
    rule: str
    stage: Stage
    short_text: str | None = None
    benefit: Benefit | None = None
    establishes: Establishes | None = None
    ask: Ask | None = None
    what: str | None = None
    by: VerificationMethod | None = None
    cites: str | None = None
    facts: tuple[UsedFact, ...] = ()
    unsure: bool = False


class Withheld(StrEnum):
    """Why an item is not shown."""

    #: A fact of its text is unknown and it has no other words.
    FACT_UNKNOWN = "fact_unknown"
    #: The table of what may be said does not allow it to who is listening.
    DISCLOSURE = "disclosure"
    #: The moment's budget is spent on stronger items.
    BUDGET = "budget"
    #: The ask budget of the customer's tier is spent.
    ASK_BUDGET = "ask_budget"
    #: Identity may not be asked (yet): nothing said, no proof offered, not needed, or refused.
    IDENTITY = "identity"
    #: Never asked of anyone: PIN, password, security code, one-time code, full card number.
    SECRET = "secret"  # noqa: S105 - a reason, not a secret
    #: An offer in a call that is not eligible as marketing, or before the headline.
    OFFER = "offer"
    #: It serves only the company, and trust is low.
    BENEFIT = "benefit"
    #: Another rule of its group is stronger.
    GROUP = "group"
    #: Already said in this call.
    SAID = "said"
    #: The call is not made.
    NO_CALL = "no_call"
    #: Its moment has passed, or is not part of the opening.
    STAGE = "stage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """An item that a rule asked for and that is not shown, and why in one sentence."""

    id: str
    rule: str
    why: Withheld
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextReport:
    """What the decision could see.

    Attributes:
        used: Facts that some matched rule or text rests on.
        missing: Facts that a rule asked for and nobody sent.
        unsure: Facts with several possible values.
        stale: Profile fields older than they may be.
        degraded: Why the answer is given at the highest care; None when it is not.
        zones: Candidate zones, most trusted first.
        zones_from: Which source they come from.
    """

    used: tuple[UsedFact, ...] = ()
    missing: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    degraded: str | None = None
    zones: tuple[str, ...] = ()
    zones_from: str = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that somebody must see to, whether or not the call is made (001-04).

    Attributes:
        id: ``rule/name``; the same task of the same customer is one task.
        purpose: Id of the purpose in the pack that it serves.
        owner: Who sees to it.
        within: How long they may take.
        because: Why, in the words of the rule.
    """

    id: str
    purpose: str
    owner: str
    within: timedelta
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The answer to one call's context.

    Attributes:
        brief: At most three things to know before the call.
        items: The script, in the order in which it is said.
        do_not_ask: What the agent must not ask in this call, as words of `Ask` or of the guards.
        proof: How the company can prove itself, best first.
        card: The engagement card as far as it is known.
        suppressed: What is not shown, and why.
        tasks: What somebody must see to.
        valid_until: After this instant the dialer must ask again.
        opening: The opening order that was chosen, and the rule that chose it.
        uncovered: Whether the pack had nothing to say to what the customer did.
        offers: Times at which a call-back can be kept.
    """

    pack_version: str
    verdict: Verdict
    brief: tuple[Guidance, ...] = ()
    items: tuple[Guidance, ...] = ()
    do_not_ask: tuple[str, ...] = ()
    proof: tuple[CompanyProofMethod, ...] = ()
    card: Card | None = None
    suppressed: tuple[Suppressed, ...] = ()
    tasks: tuple[Task, ...] = ()
    context: ContextReport = field(default_factory=ContextReport)
    valid_until: datetime
    opening: str
    uncovered: bool = False
    offers: tuple[Offer, ...] = ()
