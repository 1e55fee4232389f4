"""CallbackService: promises to ring back are proposed, made, moved and given up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from advisor.engagement.promises import PromiseState
from advisor.engagement.slots import Callbacks, bucket
from advisor.facts.situation import Situation
from advisor.guidance.offering import offered
from advisor.guidance.promising import found, given_up, made
from advisor.server import errors
from advisor.server.aftermath import Aftermath
from advisor.server.metrics import Metrics
from advisor.server.packs import LoadedPack
from advisor.server.promise_context import PromiseContexts
from advisor.server.promise_making import (
    Asked,
    allowed,
    identity_of,
    kept_slot,
    place_in,
    promise_of,
    remembering,
)
from advisor.server.receiving import Call
from advisor.server.redaction import redacted
from advisor.server.scene import Known, situation_in
from advisor.server.stores import Store
from advisor.server.translate import times, words
from advisor.server.translate.decision_out import reason_out
from advisor.server.translate.promise_out import promise_out, slot_out
from advisor.store.errors import StoreError
from advisor.store.memories import Remembered, Remembering
from advisor.store.queued import Place
from advisor.v1 import callback_service_pb2 as wire


class CallbackService:
    """Answers the methods that make, move, cancel and list promises."""

    __slots__ = ("_aftermath", "_clock", "_contexts", "_loaded", "_metrics", "_store")

    def __init__(
        self,
        *,
        loaded: Callable[[], LoadedPack],
        contexts: PromiseContexts,
        store: Store,
        aftermath: Aftermath,
        clock: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        """Take the collaborators; `loaded` returns the pack that decides now."""
        self._loaded = loaded
        self._contexts = contexts
        self._store = store
        self._aftermath = aftermath
        self._clock = clock
        self._metrics = metrics

    async def propose_slots(
        self, request: wire.ProposeSlotsRequest, call: Call
    ) -> wire.ProposeSlotsResponse:
        """Propose times that can be kept."""
        call.must_have_time()
        asked = await self._contexts.asked(request.context)
        try:
            before = await self._store.memories.read(asked.customer_id)
            situation = await self._situation(asked, before)
        except StoreError as error:
            raise errors.store_failed(error) from error
        offers = offered(
            asked.guide,
            situation,
            named=times.instant_of(request, "named_at"),
            team=asked.team,
            most=request.most or None,
        )
        return wire.ProposeSlotsResponse(
            slots=[slot_out(slot, asked.words(slot)) for slot in offers.slots],
            refused=[reason_out(reason, explain=False) for reason in offers.refused],
            window=times.duration(asked.settings.slot),
        )

    async def make_promise(
        self, request: wire.MakePromiseRequest, call: Call
    ) -> wire.MakePromiseResponse:
        """Make a promise: hold room, store it, tell its slot."""
        call.must_have_time()
        asked = await self._contexts.asked(request.context)
        due_at = times.instant(request.due_at)
        identity = identity_of("promise", request.request_id, request)
        place = self._store.queue.place(asked.customer_id, request.request_id)
        try:
            owner = self._store.queue.owner(place)
            # What was promised before is not refused for want of room when it is asked for again.
            if not (await self._store.memories.read_of(owner, identity)).applied:
                await self._hold(place, asked, due_at)
            numbered = await self._numbered(asked)

            def decide(before: Remembered) -> Remembering:
                slot = kept_slot(asked, self._seen(asked, before, numbered), due_at)
                promise = promise_of(asked, request, place, slot)
                changed = allowed(lambda: made(before.memory, promise))
                answer = wire.MakePromiseResponse(
                    promise=promise_out(promise),
                    spoken=asked.words(slot),
                )
                return remembering(changed, asked.settings, answer)

            committed = await self._store.memories.settle_of(owner, identity, decide)
        except errors.Refusal:
            self._later_drop(place, asked, due_at)
            raise
        except StoreError as error:
            raise errors.store_failed(error) from error
        answer = wire.MakePromiseResponse.FromString(committed.answer)
        answer.durability = words.DURABILITY.write(committed.durability)
        answer.repeated = committed.repeated
        self._settled(asked.settings, [] if committed.repeated else [PromiseState.MADE], place)
        return answer

    async def reschedule_promise(
        self, request: wire.ReschedulePromiseRequest, call: Call
    ) -> wire.ReschedulePromiseResponse:
        """Move a promise: the new one is made and the old one settled, or neither."""
        old_place = place_in(request.promise_id)
        due_at = times.instant(request.due_at)
        identity = identity_of("move", request.request_id, request)
        place = self._store.queue.place_beside(old_place, request.request_id)
        call.must_have_time()
        moving: Asked | None = None
        try:
            owner = self._store.queue.owner(old_place)
            before = await self._store.memories.read_of(owner, identity)
            old = allowed(lambda: found(before.memory, request.promise_id))
            asked = moving = await self._contexts.moving(old, request.call)
            length = asked.settings.slot
            # Within its own slot a promise has room already.
            stays = bucket(due_at, length) == bucket(old.due_at, length)
            if old.state.is_open and not before.applied and not stays:
                await self._hold(place, asked, due_at)
            numbered = await self._numbered(asked)

            def decide(before: Remembered) -> Remembering:
                gone = allowed(
                    lambda: given_up(
                        asked.guide,
                        before.memory,
                        request.promise_id,
                        PromiseState.RESCHEDULED_BY_CUSTOMER,
                        asked.now,
                    )
                )
                seen = self._seen(asked, before, numbered)
                slot = kept_slot(asked, seen, due_at, moving=request.promise_id)
                promise = replace(
                    old,
                    state=PromiseState.MADE,
                    id=place.id,
                    due_at=slot.start,
                    due_until=slot.end,
                    missed_at=slot.end + asked.settings.grace,
                    zone=slot.zone.key,
                    said=redacted(request.said) or old.said,
                    call_id=asked.told.call.id,
                    made_at=asked.now,
                    replaces=old.id,
                    again_at=None,
                    attempted=False,
                )
                changed = allowed(lambda: made(gone.memory, promise))
                both = replace(
                    changed, entries=gone.entries, promises=(*gone.promises, *changed.promises)
                )
                answer = wire.ReschedulePromiseResponse(
                    promise=promise_out(promise),
                    spoken=asked.words(slot),
                    moved=promise_out(gone.promises[0]),
                )
                return remembering(both, asked.settings, answer)

            committed = await self._store.memories.settle_of(owner, identity, decide)
        except errors.Refusal:
            if moving is not None:
                self._later_drop(place, moving, due_at)
            raise
        except StoreError as error:
            raise errors.store_failed(error) from error
        answer = wire.ReschedulePromiseResponse.FromString(committed.answer)
        answer.durability = words.DURABILITY.write(committed.durability)
        answer.repeated = committed.repeated
        states = [PromiseState.RESCHEDULED_BY_CUSTOMER, PromiseState.MADE]
        self._settled(asked.settings, [] if committed.repeated else states, place, old_place)
        return answer

    async def cancel_promise(
        self, request: wire.CancelPromiseRequest, call: Call
    ) -> wire.CancelPromiseResponse:
        """Settle a promise that the customer gave up."""
        place, guide, now = place_in(request.promise_id), self._loaded().guide, self._clock()
        settings = guide.pack.settings.callbacks
        call.must_have_time()

        def decide(before: Remembered) -> Remembering:
            changed = allowed(
                lambda: given_up(
                    guide, before.memory, request.promise_id, PromiseState.RELEASED, now
                )
            )
            answer = wire.CancelPromiseResponse(promise=promise_out(changed.promises[0]))
            return remembering(changed, settings, answer)

        try:
            committed = await self._store.memories.settle_of(
                self._store.queue.owner(place),
                identity_of("cancel", request.request_id, request),
                decide,
            )
        except StoreError as error:
            raise errors.store_failed(error) from error
        answer = wire.CancelPromiseResponse.FromString(committed.answer)
        answer.durability = words.DURABILITY.write(committed.durability)
        answer.repeated = committed.repeated
        self._settled(settings, [] if committed.repeated else [PromiseState.RELEASED], place)
        return answer

    async def _numbered(self, asked: Asked) -> Known:
        number = asked.told.call.number
        contacts = () if number is None else await self._store.calls.numbered(number)
        return Known(number=contacts)

    async def _situation(self, asked: Asked, before: Remembered) -> Situation:
        return self._seen(asked, before, await self._numbered(asked))

    def _seen(self, asked: Asked, before: Remembered, numbered: Known) -> Situation:
        known = replace(numbered, stored=before.stored, memory=before.memory)
        return situation_in(
            asked.told,
            asked.guide.pack,
            asked.now,
            known,
            weather=self._store.weather.current,
            capacity=self._store.slots.capacity,
        )

    async def _hold(self, place: Place, asked: Asked, due_at: datetime) -> None:
        room = await self._store.slots.hold(place, asked.team, due_at, asked.settings)
        if not room.free:
            raise errors.cannot_be_kept([("CAPACITY_NONE", "Nobody is free to ring then.")])

    def _later_drop(self, place: Place, asked: Asked, due_at: datetime) -> None:
        work = self._store.slots.drop(place, asked.team, due_at, asked.settings)
        self._aftermath.later("slot", work)

    def _settled(self, settings: Callbacks, states: Sequence[PromiseState], *places: Place) -> None:
        """Tell the slots, and count."""
        self._aftermath.later("slot", self._store.slots.say_of(settings, *places))
        for state in states:
            self._metrics.promises.labels(state.value).inc()
