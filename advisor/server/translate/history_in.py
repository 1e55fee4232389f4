"""What happened before, as a caller tells it."""

from __future__ import annotations

from google.protobuf.message import Message

from advisor.engagement.contacts import Contact
from advisor.engagement.promises import Promise
from advisor.facts.situation import History
from advisor.facts.vocabulary import LEGAL_CLASS
from advisor.server.redaction import redacted
from advisor.server.translate import times, words
from advisor.v1 import history_pb2


def history_in(sent: history_pb2.History) -> History:
    """Read a history that was sent; empty, it says that there was none."""
    newest_first = sorted(map(contact_in, sent.contacts), key=lambda each: each.at, reverse=True)
    return History(
        contacts=tuple(newest_first), promises=tuple(promise_in(each) for each in sent.promises)
    )


def contact_in(sent: history_pb2.Contact) -> Contact:
    """Read one contact."""
    channel = words.CHANNEL.read(sent.channel)
    stage = words.STAGE.read(sent.ended_at_stage)
    kind = words.PURPOSE_KIND.read(sent.purpose_kind)
    legal_class = words.LEGAL_CLASS.read(sent.legal_class)
    if legal_class is None and kind is not None:
        legal_class = LEGAL_CLASS[kind]
    return Contact(
        at=times.instant(sent.at),
        id=sent.call_id or None,
        direction=words.DIRECTION.read(sent.direction),
        channel=None if channel is None else channel.value,
        disposition=words.DISPOSITION.read(sent.disposition),
        reached_human=_yes_no(sent, "reached_human"),
        spoke=_yes_no(sent, "spoke"),
        right_party=_yes_no(sent, "right_party"),
        ended_by=words.ENDED_BY.read(sent.ended_by),
        ended_at_stage=None if stage is None else stage.word,
        ended_after=sent.ended_after or None,
        campaign=sent.campaign or None,
        brand=sent.brand or None,
        purpose_id=sent.purpose_id or None,
        kind=None if kind is None else kind.value,
        legal_class=None if legal_class is None else legal_class.value,
        number=sent.number or None,
        debt_id=sent.debt_id or None,
        subject=sent.subject or None,
        topic=redacted(sent.topic) or None,
        promise_id=sent.promise_id or None,
    )


def promise_in(sent: history_pb2.Promise) -> Promise:
    """Read one promise."""
    state = words.PROMISE_STATE.read(sent.state)
    assert state is not None  # noqa: S101 - the contract requires it
    return Promise(
        state=state,
        due_at=times.instant(sent.due_at),
        id=sent.id or None,
        due_until=times.instant_of(sent, "due_until"),
        zone=sent.zone or None,
        number=sent.number or None,
        subject=sent.subject or None,
        topic=redacted(sent.topic) or None,
        owner=redacted(sent.owner) or None,
    )


def _yes_no(sent: Message, name: str) -> bool | None:
    return getattr(sent, name) if sent.HasField(name) else None
