"""Facts of what the service itself remembers of the customer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from advisor.engagement.signals import Participation, Signal, SignalKind
from advisor.facts.catalogue import Fact, Reader
from advisor.facts.recall import verification_set
from advisor.facts.situation import Situation
from advisor.facts.values import NEVER, UNKNOWN, FactType, Scalar, Tell, Value

#: A tie is close from so many two-way contacts in a year on (001-16, 001-17).
CLOSE: Final = 3
_YEAR: Final = timedelta(days=365)


def current(situation: Situation, kind: SignalKind | None = None) -> list[Signal]:
    """List the signals that still count now, newest first; of one kind, if given."""
    return [
        each
        for each in situation.memory.signals
        if (kind is None or each.kind is kind)
        and each.at <= situation.now
        and (each.expires_at is None or each.expires_at > situation.now)
    ]


def _newest(kind: SignalKind, pick: Callable[[Signal], Scalar | None]) -> Reader:
    def read(situation: Situation) -> Value:
        found = current(situation, kind)
        picked = pick(found[0]) if found else None
        return UNKNOWN if picked is None else picked

    return read


def _signals(situation: Situation) -> Value:
    if situation.memory.first_at is None:
        return UNKNOWN
    return frozenset(each.kind.value for each in current(situation))


def _tie(situation: Situation) -> Value:
    """Count contacts in which both took part; of who nobody knows anything, nothing is told."""
    contacts = situation.history.contacts
    if contacts is None:
        return UNKNOWN
    both = sum(
        (each.inbound or each.conversation is True) and situation.now - each.at < _YEAR
        for each in contacts
    )
    return "close" if both >= CLOSE else "weak"


def _owed(situation: Situation) -> list[Signal]:
    """List what a customer told us that somebody owes an action for, and has not done."""
    done = {each.subject for each in current(situation, SignalKind.ACTION_TAKEN)} - {None}
    return [
        each
        for each in current(situation)
        if each.owner is not None
        and each.kind is not SignalKind.ACTION_TAKEN
        and each.subject not in done
    ]


def _action_open(situation: Situation) -> Value:
    owed = _owed(situation)
    return (owed[0].topic or UNKNOWN) if owed else UNKNOWN


def _overdue(situation: Situation) -> Value:
    if situation.memory.first_at is None:
        return UNKNOWN
    return any(
        each.due_at is not None and each.due_at <= situation.now for each in _owed(situation)
    )


def _roles(situation: Situation) -> Value:
    if situation.memory.first_at is None:
        return UNKNOWN
    roles = {each.role for each in current(situation, SignalKind.PARTICIPATED) if each.role}
    return frozenset(roles - {Participation.RECIPIENT.value})


def _unreliable(situation: Situation) -> Value:
    memory = situation.memory
    if memory.first_at is None:
        return UNKNOWN
    return frozenset(fact.name for fact in memory.facts) - verification_set(memory, situation.now)


def _other_due(situation: Situation) -> Value:
    if situation.memory.first_at is None:
        return UNKNOWN
    due = [
        each.due_at or each.at
        for each in situation.memory.signals
        if each.kind is SignalKind.CAMPAIGN_DUE
        and (each.due_at or each.at) > situation.now
        and each.source != situation.call.campaign
    ]
    return min(due, default=NEVER)


FACTS: Final = (
    Fact(
        name="customer.signals",
        type=FactType.CHOICES,
        about="Kinds of signals about the customer that still count.",
        choices=tuple(kind.value for kind in SignalKind),
        read=_signals,
    ),
    Fact(
        name="customer.said_in_public",
        type=FactType.TEXT,
        about="What the customer's latest review or post was about.",
        read=lambda s: next(
            (
                each.topic
                for each in current(s)
                if each.topic and each.kind in {SignalKind.REVIEW_POSTED, SignalKind.POST_PUBLISHED}
            ),
            UNKNOWN,
        ),
    ),
    Fact(
        name="customer.life_event",
        type=FactType.TEXT,
        about="What has changed in the customer's life, as they told us.",
        tell=Tell.VERIFIED,
        read=_newest(SignalKind.LIFE_EVENT, lambda signal: signal.topic),
    ),
    Fact(
        name="customer.tie",
        type=FactType.CHOICE,
        about="Whether both sides have been in touch often in the last year.",
        choices=("weak", "close"),
        read=_tie,
    ),
    Fact(
        name="customer.action_open.topic",
        type=FactType.TEXT,
        about="What the customer told us that somebody has yet to act on.",
        tell=Tell.CLAIMED,
        read=_action_open,
    ),
    Fact(
        name="customer.action_open.overdue",
        type=FactType.YES_NO,
        about="Is somebody later in acting on what the customer told us than they should be?",
        read=_overdue,
    ),
    Fact(
        name="customer.action_done.topic",
        type=FactType.TEXT,
        about="What we did about something that the customer told us.",
        tell=Tell.CLAIMED,
        read=_newest(SignalKind.ACTION_TAKEN, lambda signal: signal.topic),
    ),
    Fact(
        name="customer.participation",
        type=FactType.CHOICES,
        about="How the customer has taken part in the company's work; who only received has not.",
        choices=tuple(role.value for role in Participation),
        read=_roles,
    ),
    Fact(
        name="customer.unreliable_facts",
        type=FactType.CHOICES,
        about="What the customer told us that must not be used to verify anybody.",
        read=_unreliable,
    ),
    Fact(
        name="history.campaign_due_at",
        type=FactType.INSTANT,
        about="When another campaign means to reach the customer next.",
        read=_other_due,
    ),
)
