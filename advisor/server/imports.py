"""Customers and their past, many at once: each row read, joined and stored by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from advisor.engagement.contacts import Contact
from advisor.facts.situation import Profile
from advisor.guidance.past import Past, with_past
from advisor.server import errors
from advisor.server.errors import ErrorReason, Refusal
from advisor.server.packs import LoadedPack
from advisor.server.receiving import Call
from advisor.server.stores import Store
from advisor.server.translate import times, words
from advisor.server.translate.import_in import imported_in
from advisor.server.validation import Violation
from advisor.store.customers import Change
from advisor.store.durability import Durability
from advisor.store.errors import RecordUnreadable, StoreError
from advisor.store.memories import Remembered, Remembering
from advisor.v1 import customer_service_pb2 as wire

#: Customers of one request that are stored at once; calls need connections of the store, too.
_AT_ONCE: Final = 8
#: What is said to be wrong with one row, at most.
_PROBLEMS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A row that can be read.

    Attributes:
        told: What it tells of the profile.
        contacts: What it tells of the past.
    """

    customer_id: str
    told: Change
    contacts: tuple[Contact, ...]


class Imports:
    """Answers `ImportCustomers`."""

    __slots__ = ("_clock", "_loaded", "_store")

    def __init__(
        self, *, loaded: Callable[[], LoadedPack], store: Store, clock: Callable[[], datetime]
    ) -> None:
        """Take the collaborators; `loaded` returns the pack whose facts customers may have."""
        self._loaded = loaded
        self._store = store
        self._clock = clock

    async def import_customers(
        self, request: wire.ImportCustomersRequest, call: Call
    ) -> wire.ImportCustomersResponse:
        """Join customers and their past into what is kept."""
        observed_at, now = times.instant(request.observed_at), self._clock()
        if observed_at > now:
            raise errors.invalid([Violation("observed_at", "must not be in the future")])
        answer = wire.ImportCustomersResponse(
            results=[wire.ImportResult() for _row in request.rows]
        )
        reached: list[Durability] = []
        waiting = iter(_by_customer(request.rows))

        async def work() -> None:
            for indexes in waiting:
                for index in indexes:
                    call.must_have_time()
                    done = await self._one(
                        request.rows[index], answer.results[index], observed_at, now
                    )
                    reached.extend(done)

        await _together(work)
        if reached:
            answer.durability = words.DURABILITY.write(min(reached))
        call.note(
            count=len(request.rows), refused=sum(bool(each.reason) for each in answer.results)
        )
        return answer

    async def _one(
        self,
        sent: wire.ImportedCustomer,
        result: wire.ImportResult,
        observed_at: datetime,
        now: datetime,
    ) -> Sequence[Durability]:
        """Answer one row; return how safe it is, or nothing where it is refused."""
        found: list[Violation] = []
        profile, contacts = imported_in(sent, self._loaded().pack.catalogue, now, found)
        if found:
            _refuse(result, ErrorReason.INVALID_REQUEST, found)
            return ()
        told = Change(profile=profile, observed_at=observed_at)
        row = _Row(customer_id=sent.customer_id, told=told, contacts=contacts)
        try:
            past, durability = await self._stored(row, now)
        except RecordUnreadable:
            # It stays unreadable however often the batch is sent: the others must not wait for it.
            _refuse(result, ErrorReason.RECORD_UNREADABLE, [_UNREADABLE])
            return ()
        except StoreError as error:
            raise errors.store_failed(error) from error
        result.contacts_added = past.added
        return (durability,)

    async def _stored(self, row: _Row, now: datetime) -> tuple[Past, Durability]:
        decided: list[Past] = []

        def decide(before: Remembered) -> Remembering:
            decided.append(with_past(before.memory, row.contacts, now))
            past = decided[-1]
            return Remembering(memory=past.memory, joined=_joined(row.told, past))

        committed = await self._store.memories.settle(row.customer_id, None, None, decide)
        past = decided[-1]
        remembered = set(past.memory.contacts)
        # Not only those that are new: an import that broke off may have left these out. What is
        # remembered otherwise than it is told now has been entered as it is remembered.
        told = (each for each in row.contacts if each in remembered)
        await self._store.calls.enter_numbers(told, now)
        return past, committed.durability


_UNREADABLE: Final = Violation("customer_id", "has a record that this service cannot read")


def _joined(told: Change, past: Past) -> Change | None:
    profile = replace(told.profile, suppressions=(*told.profile.suppressions, *past.suppressed))
    return None if profile == Profile() else replace(told, profile=profile)


def _by_customer(rows: Sequence[wire.ImportedCustomer]) -> Iterator[list[int]]:
    """Put the rows of one customer together, in their order."""
    found: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        found.setdefault(row.customer_id, []).append(index)
    yield from found.values()


async def _together(work: Callable[[], Coroutine[None, None, None]]) -> None:
    """Let several take turns at the same work; the first refusal ends it for all."""
    try:
        async with asyncio.TaskGroup() as group:
            for _worker in range(_AT_ONCE):
                group.create_task(work())
    except* Refusal as refused:
        refusals = refused.exceptions
    else:
        return
    raise refusals[0]


def _refuse(result: wire.ImportResult, reason: ErrorReason, found: Sequence[Violation]) -> None:
    result.reason = reason.value
    for violation in found[:_PROBLEMS]:
        result.problems.add(field=violation.path, description=violation.description)
