"""CallbackService: promises that are due, claimed, watched and listed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from advisor.engagement.promises import Promise
from advisor.engagement.slots import FURTHEST, LONGEST_LEASE, bucket
from advisor.server import errors
from advisor.server.packs import LoadedPack
from advisor.server.promise_context import PromiseContexts
from advisor.server.promise_keeper import PromiseKeeper, Shown
from advisor.server.promise_making import place_in
from advisor.server.receiving import Call
from advisor.server.stores import Store
from advisor.server.translate import times
from advisor.server.translate.promise_out import promise_out
from advisor.server.validation import Violation
from advisor.store.errors import StoreError
from advisor.store.queued import Due, Place
from advisor.v1 import callback_service_pb2 as wire

#: Promises on a page where the caller does not say how many.
_PAGE: Final = 100

_SHORTEST_LEASE: Final = timedelta(seconds=1)


class DuePromises:
    """Answers the methods about promises that are due, and lists them."""

    __slots__ = ("_clock", "_contexts", "_heartbeat", "_keeper", "_loaded", "_store")

    def __init__(
        self,
        *,
        loaded: Callable[[], LoadedPack],
        contexts: PromiseContexts,
        store: Store,
        keeper: PromiseKeeper,
        clock: Callable[[], datetime],
        heartbeat: timedelta,
    ) -> None:
        """Take the collaborators; a watcher gets a sign of life at least every `heartbeat`."""
        self._loaded = loaded
        self._contexts = contexts
        self._store = store
        self._keeper = keeper
        self._clock = clock
        self._heartbeat = heartbeat

    async def claim_due_promises(
        self, request: wire.ClaimDuePromisesRequest, call: Call
    ) -> wire.ClaimDuePromisesResponse:
        """Give promises that are due to a worker."""
        now, settings = self._clock(), self._loaded().guide.pack.settings.callbacks
        lease = settings.lease
        if request.HasField("lease"):
            lease = request.lease.ToTimedelta()
            if not _SHORTEST_LEASE <= lease <= LONGEST_LEASE:
                raise errors.invalid([Violation("lease", "must be 1 second to 1 hour")])
        call.must_have_time()
        answer = wire.ClaimDuePromisesResponse()
        try:
            claims = await self._store.queue.claim(
                now, request.most or 1, request.owners, worker=request.worker_id, lease=lease
            )
            for claim in claims:
                promise = await self._keeper.to_ring(claim)
                if promise is not None:
                    answer.claimed.add(
                        promise=promise_out(promise.at(now)),
                        claim_token=claim.token,
                        claimed_until=times.timestamp(claim.until),
                    )
        except StoreError as error:
            raise errors.store_failed(error) from error
        call.note(count=len(answer.claimed))
        return answer

    async def release_claim(
        self, request: wire.ReleaseClaimRequest, call: Call
    ) -> wire.ReleaseClaimResponse:
        """Take a claimed promise back."""
        place = place_in(request.promise_id)
        call.must_have_time()
        try:
            free = await self._store.queue.unclaim(
                place, request.claim_token, times.instant_of(request, "not_before")
            )
        except StoreError as error:
            raise errors.store_failed(error) from error
        if not free:
            raise errors.claim_ended()
        return wire.ReleaseClaimResponse()

    async def watch_due_promises(
        self, request: wire.WatchDuePromisesRequest, _call: Call
    ) -> AsyncGenerator[wire.WatchDuePromisesResponse]:
        """Show promises as they become due or are missed, and signs of life."""
        owners = frozenset(request.owners)
        before = Shown()
        yield wire.WatchDuePromisesResponse()
        while True:
            shown = await self._keeper.after(before, self._heartbeat)
            for promise in shown.since(before):
                if not owners or {promise.owner, promise.fallback} & owners:
                    yield wire.WatchDuePromisesResponse(promise=promise_out(promise))
            before = shown
            yield wire.WatchDuePromisesResponse()

    async def list_promises(
        self, request: wire.ListPromisesRequest, _call: Call
    ) -> wire.ListPromisesResponse:
        """List the promises of a customer, or those that are owed or were missed."""
        now, owners = self._clock(), frozenset(request.owners)
        before = times.instant_of(request, "due_before")
        customer_id = request.customer_id
        if request.call_id:
            if customer_id:
                raise errors.invalid([Violation("call_id", "is not for use with a customer_id")])
            customer_id = await self._contexts.customer_of(request.call_id)
        try:
            if customer_id:
                memory = (await self._store.memories.read(customer_id)).memory
                listed, token = list(memory.promises), ""
            else:
                listed, token = await self._page(request, now, before)
        except StoreError as error:
            raise errors.store_failed(error) from error
        return wire.ListPromisesResponse(
            promises=[
                promise_out(each.at(now))
                for each in sorted(listed, key=lambda each: each.due_at)
                if (before is None or each.due_at < before)
                and (not owners or {each.owner, each.fallback} & owners)
                and (not request.call_id or each.call_id == request.call_id)
            ],
            next_page_token=token,
        )

    async def set_slot_capacity(
        self, request: wire.SetSlotCapacityRequest, call: Call
    ) -> wire.SetSlotCapacityResponse:
        """Say how many call-backs can be kept."""
        settings = self._loaded().guide.pack.settings.callbacks
        capacities = {times.instant(each.starts_at): each.capacity for each in request.slots}
        # What nobody can promise yet would be kept until then.
        wrong = list(_wrong(request.slots, settings.slot, self._clock() + FURTHEST))
        if wrong:
            raise errors.invalid(wrong)
        call.must_have_time()
        try:
            rooms = await self._store.slots.set(request.team or settings.team, capacities, settings)
            await self._store.slots.refresh(settings)
        except StoreError as error:
            raise errors.store_failed(error) from error
        return wire.SetSlotCapacityResponse(
            overbooked=sum(room.taken > room.capacity for room in rooms)
        )

    async def _page(
        self, request: wire.ListPromisesRequest, now: datetime, before: datetime | None
    ) -> tuple[list[Promise], str]:
        most = request.page_size or _PAGE
        if request.missed:
            due = await self._store.queue.missed(now, most)
            return await self._read(due), ""
        settings = self._loaded().guide.pack.settings.callbacks
        latest = None if before is None else before + settings.slot + settings.grace
        after = _after(request.page_token)
        due = await self._store.queue.listed(after, latest, most, request.owners)
        return await self._read(due), _token(due[-1]) if len(due) == most else ""

    async def _read(self, due: Sequence[Due]) -> list[Promise]:
        found = await self._store.queue.promises([each.place for each in due])
        return [each for each in found if each is not None]


def _wrong(
    slots: Iterable[wire.SlotCapacity], length: timedelta, furthest: datetime
) -> Iterator[Violation]:
    for index, each in enumerate(slots):
        start = times.instant(each.starts_at)
        if bucket(start, length) != start:
            yield Violation(f"slots[{index}].starts_at", "is no beginning of the pack's slots")
        elif start > furthest:
            yield Violation(f"slots[{index}].starts_at", f"is more than {FURTHEST.days} days ahead")


def _token(last: Due) -> str:
    return f"{int(last.at.timestamp() * 1000)}.{last.place.id}"


def _after(token: str) -> tuple[datetime, str] | None:
    if not token:
        return None
    at, _, promise_id = token.partition(".")
    try:
        after = datetime.fromtimestamp(int(at) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        after = None
    if after is None or Place.of(promise_id) is None:
        raise errors.invalid([Violation("page_token", "is none of an earlier answer")])
    return after, promise_id
