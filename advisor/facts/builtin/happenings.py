"""Facts of the event that a reaction answers, and of how a call came out."""

from __future__ import annotations

from typing import Final

from advisor.engagement.contacts import Disposition, EndedBy
from advisor.facts.catalogue import Fact
from advisor.facts.events import EVENTS
from advisor.facts.values import FactType
from advisor.facts.vocabulary import Stage

#: How far a request to stop calling reaches.
SCOPES: Final = ("this_purpose", "this_number", "all")

#: Who may report an event of a call.
REPORTERS: Final = ("agent", "dialer", "transcript", "customer")

FACTS: Final = (
    Fact(
        name="event.kind",
        type=FactType.CHOICE,
        about="What happened in the call.",
        sent_by="dialer, desk or transcript",
        choices=EVENTS,
    ),
    Fact(
        name="event.text",
        type=FactType.TEXT,
        about="What was said, in the reporter's words.",
        sent_by="dialer, desk or transcript",
    ),
    Fact(
        name="event.window",
        type=FactType.TEXT,
        about="The hours at which it does not suit the customer, such as 18:00-20:00.",
        sent_by="dialer, desk or transcript",
    ),
    Fact(
        name="event.scope",
        type=FactType.CHOICE,
        about="How far the customer's request to stop reaches.",
        sent_by="dialer, desk or transcript",
        choices=SCOPES,
    ),
    Fact(
        name="event.reported_by",
        type=FactType.CHOICE,
        about="Who reported what happened.",
        sent_by="dialer, desk or transcript",
        choices=REPORTERS,
    ),
    Fact(
        name="outcome.disposition",
        type=FactType.CHOICE,
        about="How this call came out.",
        sent_by="dialer",
        choices=tuple(disposition.value for disposition in Disposition),
    ),
    Fact(
        name="outcome.ended_by",
        type=FactType.CHOICE,
        about="Who ended this call.",
        sent_by="dialer",
        choices=tuple(who.value for who in EndedBy),
    ),
    Fact(
        name="outcome.human",
        type=FactType.YES_NO,
        about="Was a person reached?",
        sent_by="dialer",
    ),
    Fact(
        name="outcome.conversation",
        type=FactType.YES_NO,
        about="Was the customer spoken with?",
        sent_by="dialer",
    ),
    Fact(
        name="outcome.refusal",
        type=FactType.YES_NO,
        about="Did the customer say no?",
        sent_by="dialer",
    ),
    Fact(
        name="outcome.opt_out",
        type=FactType.YES_NO,
        about="Did the customer ask for no more calls, in so many words?",
        sent_by="dialer",
    ),
    Fact(
        name="outcome.closed",
        type=FactType.YES_NO,
        about="Did the agent take leave before the call ended?",
        sent_by="dialer",
    ),
    Fact(
        name="outcome.ended_at_stage",
        type=FactType.ORDERED_CHOICE,
        about="At which stage this call ended.",
        sent_by="dialer",
        choices=tuple(stage.word for stage in Stage),
    ),
)
