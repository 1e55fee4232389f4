"""A promise in the making: what a request for one says, and whether its time can be kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from google.protobuf.message import Message

from advisor.engagement.promises import MOST_OPEN, Promise, PromiseState
from advisor.engagement.slots import Callbacks, Capacity, Slot
from advisor.facts.shown import said
from advisor.facts.situation import Situation
from advisor.facts.vocabulary import ConsentType
from advisor.guidance.guide import Guide
from advisor.guidance.offering import offered
from advisor.guidance.promising import Changed, PromiseExists, PromiseRefused, TooManyPromises
from advisor.server import errors
from advisor.server.redaction import redacted
from advisor.server.scene import Told
from advisor.server.translate import words
from advisor.store.memories import Remembering
from advisor.store.queued import Place, queue_change
from advisor.store.vault import Identity
from advisor.v1 import callback_service_pb2 as wire

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call-back that is asked for.

    Attributes:
        agent_id: Who has the call; empty for nobody.
        team: Who keeps it.
    """

    told: Told
    customer_id: str
    agent_id: str
    guide: Guide
    now: datetime
    team: str

    @property
    def settings(self) -> Callbacks:
        """How the pack keeps call-backs."""
        return self.guide.pack.settings.callbacks

    def words(self, slot: Slot) -> str:
        """Word a time for speech, in the locale of the call."""
        locale = self.told.call.locale or self.guide.pack.settings.default_locale
        return said(slot.start, locale, zone=slot.zone, now=self.now)


def kept_slot(
    asked: Asked, situation: Situation, due_at: datetime, *, moving: str | None = None
) -> Slot:
    """Return the slot of a time that can be promised.

    Raises:
        Refusal: It cannot be kept.
    """
    # Room has been held: whether the slot is full otherwise is no matter any more.
    roomy = replace(situation, capacity=Capacity())
    offers = offered(asked.guide, roomy, named=due_at, team=asked.team, most=1, moving=moving)
    if offers.refused:
        raise errors.cannot_be_kept(
            (reason.code.value.upper(), reason.text) for reason in offers.refused
        )
    return offers.slots[0]


def promise_of(asked: Asked, request: wire.MakePromiseRequest, place: Place, slot: Slot) -> Promise:
    """Return the promise that a request makes."""
    told = asked.told
    purpose = asked.guide.pack.purposes[told.purpose_id]
    return Promise(
        state=PromiseState.MADE,
        id=place.id,
        due_at=slot.start,
        due_until=slot.end,
        missed_at=slot.end + asked.settings.grace,
        zone=slot.zone.key,
        number=told.call.number,
        subject=told.subject,
        topic=redacted(request.topic) or None,
        owner=request.owner or asked.agent_id or asked.team,
        fallback=asked.team,
        said=redacted(request.said) or None,
        consent=(words.CONSENT_TYPE.read(request.consent) or ConsentType.CALLBACK_REQUEST).value,
        customer_id=asked.customer_id,
        purpose_id=purpose.id,
        kind=purpose.kind.value,
        legal_class=purpose.legal_class.value,
        brand=told.call.brand or None,
        call_id=told.call.id,
        made_at=asked.now,
    )


def as_made(old: Promise, context: wire.CallbackContext) -> wire.CallbackContext:
    """Return a context in which what is not told of the call is as it was for a promise."""
    told = wire.CallbackContext(customer_id=old.customer_id or "")
    told.MergeFrom(context)
    call = told.call
    call.call_id = call.call_id or old.call_id or ""
    call.brand = call.brand or old.brand or ""
    call.dialled_number = call.dialled_number or old.number or ""
    if not call.time_zones and old.zone is not None:
        call.time_zones.append(old.zone)
    return told


def place_in(promise_id: str) -> Place:
    """Read the id of a promise.

    Raises:
        Refusal: It is none of ours.
    """
    place = Place.of(promise_id)
    if place is None:
        raise errors.unknown_promise()
    return place


def allowed(change: Callable[[], _T]) -> _T:
    """Make a change to promises.

    Raises:
        Refusal: It cannot be made.
    """
    try:
        return change()
    except PromiseExists as refused:
        raise errors.id_reused() from refused
    except TooManyPromises as refused:
        raise errors.too_many_promises(MOST_OPEN) from refused
    except PromiseRefused as refused:
        if refused.state is None:
            raise errors.unknown_promise() from refused
        raise errors.promise_settled(refused.state.value) from refused


def remembering(changed: Changed, settings: Callbacks, answer: Message) -> Remembering:
    """Return what is to be stored for a change to promises."""
    return Remembering(
        memory=changed.memory,
        entries=changed.entries,
        answer=answer.SerializeToString(),
        queue=tuple(queue_change(each, settings) for each in changed.promises),
    )


def identity_of(kind: str, request_id: str, request: Message) -> Identity:
    """Say what makes a request the same when it is sent again."""
    digest = hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
    return Identity(kind=kind, id=request_id, digest=digest)
