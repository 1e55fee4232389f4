"""Facts of what happened before: attempts, conversations, refusals, what the customer asked.

Where nobody told us what happened, these are unknown; where we were told that there was nothing,
instants are *never* and words are *none*. A contact of which nobody can tell whether it was, say,
a refusal makes both possible.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from advisor.engagement.contacts import Contact, Disposition, EndedBy
from advisor.engagement.promises import PromiseState
from advisor.facts.catalogue import Fact, Reader
from advisor.facts.situation import Situation
from advisor.facts.values import NEVER, UNKNOWN, FactType, Possible, Scalar, Special, Tell, Value
from advisor.facts.vocabulary import Ask

#: Whether a contact is of a kind; None where nobody can tell.
_Test = Callable[[Contact], bool | None]
_Pick = Callable[[Contact], Scalar | None]


#: The word of how a conversation that never was came out.
_NONE: Final = "none"


def _last(test: _Test, pick: _Pick, otherwise: Scalar | Special) -> Reader:
    """Read something of the newest contact of a kind, whatever order the caller sent them in.

    Args:
        test: Whether a contact is of the kind.
        pick: What to read of it; None is unknown.
        otherwise: The value where there was no such contact.
    """

    def read(situation: Situation) -> Value:
        contacts = situation.history.contacts
        if contacts is None:
            return UNKNOWN
        sure = max((each for each in contacts if test(each)), key=_age, default=None)
        maybe = max((each for each in contacts if test(each) is None), key=_age, default=None)
        certain = _picked(sure, pick, otherwise)
        if maybe is None or (sure is not None and maybe.at <= sure.at):
            return certain
        possible = _picked(maybe, pick, otherwise)
        if UNKNOWN in (certain, possible) or certain == possible:
            return UNKNOWN if UNKNOWN in (certain, possible) else certain
        return Possible((possible, certain))

    return read


def _age(contact: Contact) -> float:
    return contact.at.timestamp()


def _picked(contact: Contact | None, pick: _Pick, otherwise: Scalar | Special) -> Scalar | Special:
    if contact is None:
        return otherwise
    value = pick(contact)
    return UNKNOWN if value is None else value


def _missed_in_same_matter(situation: Situation) -> Value:
    """Count promises missed about the subject of this call; all of them, where it has none."""
    history = situation.history
    if history.contacts is None and not history.promises:
        return UNKNOWN
    subject = situation.occasion.subject
    return sum(
        promise.state is PromiseState.MISSED and subject in (None, promise.subject)
        for promise in history.promises
    )


def _asks_refused(situation: Situation) -> Value:
    contacts = situation.history.contacts
    if contacts is None:
        return UNKNOWN
    declined = any(each.disposition is Disposition.DECLINED_IDENTITY for each in contacts)
    return frozenset({Ask.IDENTITY.value} if declined else ())


def _unanswered(counts: Callable[[Contact], bool]) -> Reader:
    """Count contacts of ours since anybody was reached or the customer came to us (003-04)."""

    def read(situation: Situation) -> Value:
        contacts = situation.history.contacts
        if contacts is None:
            return UNKNOWN
        count = 0
        for contact in sorted(contacts, key=_age, reverse=True):
            if contact.inbound or contact.human:
                break
            count += counts(contact)
        return count

    return read


FACTS: Final = (
    Fact(
        name="history.unanswered",
        type=FactType.WHOLE_NUMBER,
        about="How many calls in a row nobody answered, since the last contact both ways.",
        sent_by="dialer and advisor",
        unit="calls",
        read=_unanswered(lambda contact: contact.attempt and contact.human is False),
    ),
    Fact(
        name="history.unanswered_messages",
        type=FactType.WHOLE_NUMBER,
        about="How many letters and messages in a row had no answer, since the last contact both"
        " ways.",
        sent_by="CRM",
        unit="messages",
        read=_unanswered(lambda contact: not contact.by_voice),
    ),
    Fact(
        name="history.last_message.at",
        type=FactType.INSTANT,
        about="When we last sent a letter or a message.",
        sent_by="CRM",
        read=_last(lambda c: not c.by_voice and not c.inbound, lambda c: c.at, NEVER),
    ),
    Fact(
        name="history.last_bad.at",
        type=FactType.INSTANT,
        about="When a call last left the customer annoyed.",
        sent_by="dialer and advisor",
        read=_last(lambda c: c.ended_badly, lambda c: c.at, NEVER),
    ),
    Fact(
        name="history.last_attempt.at",
        type=FactType.INSTANT,
        about="When we last rang, whether or not anybody answered.",
        tell=Tell.CLAIMED,
        sent_by="dialer and advisor",
        read=_last(lambda c: c.attempt, lambda c: c.at, NEVER),
    ),
    Fact(
        name="history.last_conversation.at",
        type=FactType.INSTANT,
        about="When we last spoke with the customer.",
        tell=Tell.CLAIMED,
        sent_by="dialer and advisor",
        read=_last(lambda c: c.conversation, lambda c: c.at, NEVER),
    ),
    Fact(
        name="history.last_conversation.disposition",
        type=FactType.CHOICE,
        about="How the last conversation came out; none where there was none.",
        sent_by="dialer and advisor",
        choices=(_NONE, *(disposition.value for disposition in Disposition)),
        read=_last(lambda c: c.conversation, lambda c: c.disposition, _NONE),
    ),
    Fact(
        name="history.last_conversation.ended_by",
        type=FactType.CHOICE,
        about="Who ended the last conversation; none where there was none.",
        sent_by="dialer and advisor",
        choices=(_NONE, *(who.value for who in EndedBy)),
        read=_last(lambda c: c.conversation, lambda c: c.ended_by, _NONE),
    ),
    Fact(
        name="history.last_refusal.at",
        type=FactType.INSTANT,
        about="When the customer last said no.",
        sent_by="dialer and advisor",
        read=_last(lambda c: c.refusal, lambda c: c.at, NEVER),
    ),
    Fact(
        name="history.last_inbound.at",
        type=FactType.INSTANT,
        about="When the customer last contacted us.",
        tell=Tell.CLAIMED,
        sent_by="CRM",
        read=_last(lambda c: c.inbound, lambda c: c.at, NEVER),
    ),
    Fact(
        name="history.last_inbound.topic",
        type=FactType.TEXT,
        about="What the customer last contacted us about.",
        tell=Tell.VERIFIED,
        sent_by="CRM",
        read=_last(lambda c: c.inbound, lambda c: c.topic, UNKNOWN),
    ),
    Fact(
        name="history.last_invitation.at",
        type=FactType.INSTANT,
        about="When we last invited the customer to help improve something.",
        sent_by="dialer and advisor",
        read=_last(lambda c: c.invitation, lambda c: c.at, NEVER),
    ),
    Fact(
        name="history.promises_missed.same_matter",
        type=FactType.WHOLE_NUMBER,
        about="How many promises in this matter we have missed.",
        tell=Tell.CLAIMED,
        unit="promises",
        read=_missed_in_same_matter,
    ),
    Fact(
        name="history.asks_refused",
        type=FactType.CHOICES,
        about="What the customer has refused to give in earlier calls.",
        sent_by="dialer and advisor",
        choices=tuple(ask.value for ask in Ask),
        read=_asks_refused,
    ),
)
