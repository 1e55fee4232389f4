"""What the service itself remembers of one customer: what happened, what it earned, what is known.

The profile is what a CRM tells and can tell again; a memory is a record that must not be lost. It
is bounded: a decision needs the recent past and sums, whatever came before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from advisor.engagement.card import Account
from advisor.engagement.contacts import Contact
from advisor.engagement.promises import Promise
from advisor.engagement.signals import Signal
from advisor.facts.values import Value

#: Name of the learned facts that are quiet times.
QUIET_TIMES: Final = "quiet_times"


class Reliability(StrEnum):
    """How far a learned fact may be relied on; only RELIABLE ones may verify anybody (004-33)."""

    RELIABLE = "reliable"
    #: Given when we pressed for it.
    UNDER_PRESSURE = "under_pressure"
    #: Given by a customer whose card was low or guarded.
    LOW_TRUST = "low_trust"
    #: Another source says otherwise.
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedFact:
    """One fact about the customer that a call or a signal taught us.

    Attributes:
        name: Full name in the catalogue, or the name of a profile's field (``goal``). Of
            `QUIET_TIMES` the value is a set of hours in words, and all that have not expired hold.
        value: What it is.
        learned_at: When, aware, UTC.
        source: ``stated`` by the customer or ``learned`` from what they did, or a word of the
            company.
        confidence: From 0 to 1; None is not known.
        expires_at: Until when it counts; None until changed.
        cause: Id of the outcome, signal or event that taught it.
    """

    name: str
    value: Value
    learned_at: datetime
    source: str
    reliability: Reliability = Reliability.RELIABLE
    confidence: float | None = None
    expires_at: datetime | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A complaint that is open, or was answered lately.

    Attributes:
        id: The id of the signal or outcome that raised it, or the matter's own (`subject`).
        opened_at: When, aware, UTC.
        due_at: By when the company owes an answer; None where nobody said.
        closed_at: When it was answered; None while it is open.
    """

    id: str
    opened_at: datetime
    topic: str | None = None
    due_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered of one customer.

    Attributes:
        contacts: The latest contacts, newest first; calls on their way (`holds`) are not here.
        account: The engagement card's ledger in brief.
        facts: What was learned, newest first.
        complaints: Those that are open, and the last ones answered.
        signals: Context that has not expired, newest first.
        promises: Calls that the company owes, and those it owed lately, by when they are due.
        holds: Calls that were allowed and have no outcome yet: each counts as an attempt.
        first_at: When anything was first remembered; None where nothing is.
    """

    contacts: tuple[Contact, ...] = ()
    account: Account = field(default_factory=Account)
    facts: tuple[LearnedFact, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    signals: tuple[Signal, ...] = ()
    promises: tuple[Promise, ...] = ()
    holds: tuple[Contact, ...] = ()
    first_at: datetime | None = None
