"""Whatever happens to promises, in whatever order: memories, queue, slots and ledger agree."""

# ruff: noqa: ANN401 -- messages of all kinds

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from google.protobuf.message import Message
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from advisor.engagement.card import balance, replayed
from advisor.engagement.promises import PromiseState
from advisor.server.errors import Refusal
from advisor.server.packs import LoadedPack
from advisor.store.client import StoreClient
from advisor.store.keys import Keys
from advisor.store.pack_files import read_pack_files
from advisor.store.scripts import together
from advisor.store.suitability import check
from advisor.v1 import advisor_service_pb2 as advisor
from advisor.v1 import callback_service_pb2 as wire
from advisor.v1 import vocabulary_customer_pb2 as terms
from advisor.v1.call_pb2 import Call, Purpose
from advisor.workbench.preparing import prepare
from tests.server.lives import Life, call, living
from tests.server.running import NOW, Hands, settings_for
from tests.store.promises import Desk

_FOUR: Final = NOW + timedelta(days=1, hours=1)
_CALLBACKS: Final = "  callbacks: {slot: 30 minutes, grace: 1 hours, capacity: 50, team: cards}\n"
_POINTS: Final = {
    PromiseState.KEPT: 6.0,
    PromiseState.LATE: -3.0,
    PromiseState.MISSED: -12.0,
    PromiseState.RELEASED: -2.0,
    PromiseState.RESCHEDULED_BY_CUSTOMER: -1.0,
}
_CUSTOMERS: Final = ("K-1", "K-2")
#: All in the hours of the company, on the days to come.
_SLOTS: Final = tuple(
    _FOUR + timedelta(days=day, minutes=30 * number) for day in range(7) for number in range(-4, 4)
)
#: What a call comes to; few ask for no more calls, as nothing can be promised to them after it.
_DISPOSITIONS: Final = (
    *(terms.DISPOSITION_COMPLETED_SERVICE,) * 8,
    *(terms.DISPOSITION_NO_ANSWER,) * 6,
    terms.DISPOSITION_DNC_ALL,
)
#: When a call was, from the beginning of the promise's slot.
_minutes: Final = st.sampled_from((-60, -10, 0, 20, 60, 200))
_pick: Final = st.integers(min_value=0, max_value=1_000)


def _pack(folder: Path) -> LoadedPack:
    rules = settings_for(folder).rules
    pack = rules / "pack.yaml"
    pack.write_text(pack.read_text().replace("  brands:\n", _CALLBACKS + "  brands:\n"))
    lines = [
        f"  - {{id: p-{number}, because: So it was., when: {{promise.settled_as: {state.value}}},"
        f" then: {{{'credit' if points > 0 else 'debit'}: {abs(points):g}}}}}"
        for number, (state, points) in enumerate(_POINTS.items())
    ]
    (rules / "points.yaml").write_text("\n".join(["engagement:", *lines]) + "\n")
    prepared = prepare(read_pack_files(rules))
    assert prepared.guide is not None, list(map(str, prepared.problems))
    return LoadedPack(prepared.guide, NOW)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request and what was answered, or how it was refused."""

    method: Callable[[Any, Any], Awaitable[Any]]
    request: Message
    answer: str


@dataclass(frozen=True, slots=True)
class _Told:
    """An outcome that nobody has corrected."""

    customer_id: str
    call_id: str
    outcome_id: str
    promise_id: str


class _Promises(RuleBasedStateMachine):
    """Everything that can be asked about the promises of two customers."""

    def __init__(self, url: str, loaded: LoadedPack) -> None:
        super().__init__()
        self.url, self.loaded, self.hands = url, loaded, Hands()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.sent: list[_Sent] = []
        self.told: list[_Told] = []
        self.claimed: dict[str, int] = {}
        self.known: list[tuple[str, str]] = []
        self.numbers = iter(range(1_000_000))

    @initialize()
    def begin(self) -> None:
        """Claim a namespace of its own, and begin a service."""
        keys = Keys(b"a secret of the tests", namespace=f"test-{uuid.uuid4().hex}")

        async def opened() -> Life:
            client = StoreClient(self.url)
            await check(client, keys)
            await client.aclose()
            life = living(self.url, keys, self.loaded, self.hands)
            return await self.stack.enter_async_context(life)

        self.life = self.runner.run(opened())
        self.desk = Desk(self.life.vault)

    def teardown(self) -> None:
        """Let a steward come round; then the slots agree as well."""
        try:
            self.runner.run(self._slots_agree())
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()

    @rule(who=st.sampled_from(_CUSTOMERS), slot=_pick)
    def make(self, who: str, slot: int) -> None:
        """Promise a call."""
        request = wire.MakePromiseRequest(
            request_id=self._id(),
            context=wire.CallbackContext(
                customer_id=who,
                call=Call(call_id="c", brand="acme", time_zones=["Europe/London"]),
                purpose=Purpose(id="pin-migration", subject="pin"),
            ),
        )
        request.due_at.FromDatetime(_SLOTS[slot % len(_SLOTS)])
        answer = self._ask(self.life.callbacks.make_promise, request)
        if answer is not None:
            self.known.append((who, answer.promise.id))

    @precondition(lambda self: self.known)
    @rule(which=_pick, slot=_pick)
    def move(self, which: int, slot: int) -> None:
        """Promise another time instead."""
        who, promise_id = self.known[which % len(self.known)]
        request = wire.ReschedulePromiseRequest(request_id=self._id(), promise_id=promise_id)
        request.due_at.FromDatetime(_SLOTS[slot % len(_SLOTS)])
        answer = self._ask(self.life.callbacks.reschedule_promise, request)
        if answer is not None:
            self.known.append((who, answer.promise.id))
            self.claimed.pop(promise_id, None)

    @precondition(lambda self: self.known)
    @rule(which=_pick)
    def cancel(self, which: int) -> None:
        """Give a promise up."""
        _who, promise_id = self.known[which % len(self.known)]
        request = wire.CancelPromiseRequest(request_id=self._id(), promise_id=promise_id)
        if self._ask(self.life.callbacks.cancel_promise, request) is not None:
            self.claimed.pop(promise_id, None)

    @precondition(lambda self: self.sent)
    @rule(which=_pick)
    def again(self, which: int) -> None:
        """Send a request once more: it is answered the same, and does nothing."""
        sent = self.sent[which % len(self.sent)]
        before = self.runner.run(self._memories())
        answer = self.runner.run(self._answered(sent.method, sent.request))
        assert _plain(answer) == sent.answer
        assert self.runner.run(self._memories()) == before

    @precondition(lambda self: self.known)
    @rule(
        which=_pick,
        how=st.sampled_from(_DISPOSITIONS),
        minutes=_minutes,
        names_it=st.booleans(),
    )
    def tell(self, which: int, how: int, minutes: int, *, names_it: bool) -> None:
        """Tell how a call came out, about a promise or perhaps about one."""
        who, promise_id = self.known[which % len(self.known)]
        told = _Told(who, self._id(), self._id(), promise_id if names_it else "")
        self._tell(told, how, self._due(who, promise_id) + timedelta(minutes=minutes))

    @precondition(lambda self: self.told)
    @rule(which=_pick, how=st.sampled_from(_DISPOSITIONS), minutes=_minutes, names_it=st.booleans())
    def correct(self, which: int, how: int, minutes: int, *, names_it: bool) -> None:
        """Correct an outcome; perhaps the call was about no promise after all."""
        self._correct(self.told[which % len(self.told)], how, minutes, names_it=names_it)

    def _correct(self, first: _Told, how: int, minutes: int, *, names_it: bool) -> None:
        """Correct an outcome that is known."""
        self.told.remove(first)
        promise_id = first.promise_id if names_it else ""
        told = _Told(first.customer_id, first.call_id, self._id(), promise_id)
        at = self._due(first.customer_id, first.promise_id) + timedelta(minutes=minutes)
        self._tell(told, how, at, corrects=first.outcome_id)

    @precondition(lambda self: self.known)
    @rule(which=_pick, how=st.sampled_from(_DISPOSITIONS), minutes=_minutes, names_it=st.booleans())
    def slip(self, which: int, how: int, minutes: int, *, names_it: bool) -> None:
        """Tell that a promise was kept, and correct it."""
        who, promise_id = self.known[which % len(self.known)]
        first = _Told(who, self._id(), self._id(), promise_id)
        self._tell(first, terms.DISPOSITION_COMPLETED_SERVICE, self._due(who, promise_id))
        if first in self.told:
            self._correct(first, how, minutes, names_it=names_it)

    @rule(most=st.integers(min_value=1, max_value=3))
    def claim(self, most: int) -> None:
        """Claim what is due: never what somebody has, and with tokens that only grow."""
        request = wire.ClaimDuePromisesRequest(worker_id="w", most=most)
        request.lease.FromTimedelta(timedelta(hours=1))
        answer = self.runner.run(self.life.due.claim_due_promises(request, call()))
        for each in answer.claimed:
            assert each.promise.id not in self.claimed
            assert each.promise.due_at.ToDatetime(self.hands.now.tzinfo) <= self.hands.now
            self.claimed[each.promise.id] = each.claim_token

    @precondition(lambda self: self.claimed)
    @rule(which=_pick)
    def release(self, which: int) -> None:
        """Give a claim back."""
        promise_id = sorted(self.claimed)[which % len(self.claimed)]
        token = self.claimed.pop(promise_id)
        request = wire.ReleaseClaimRequest(promise_id=promise_id, claim_token=token)
        self.runner.run(self.life.due.release_claim(request, call()))

    @rule()
    def leases_end(self) -> None:
        """Let every lease end, as if it had been waited for."""

        async def ended() -> None:
            for who in _CUSTOMERS:
                leases = self._keys(who).queue[1]
                for member in await self.desk.in_queue("leases"):
                    name = self.desk.member(member)
                    await self.life.vault.client.write(
                        partial(_put_back, leases=leases, member=name)
                    )

        self.runner.run(ended())
        self.claimed.clear()

    @rule(minutes=st.sampled_from((30, 90, 1_440)))
    def time_passes(self, minutes: int) -> None:
        """Let time pass."""
        self.hands.now += timedelta(minutes=minutes)

    @rule()
    def steward(self) -> None:
        """Settle what is over, and tell the slots."""
        self.runner.run(self.life.keeper.settle())
        self.runner.run(self.life.keeper.count_room())

    @invariant()
    def all_agree(self) -> None:
        """An open promise is in one of due and leases, a settled one in neither."""
        self.runner.run(self._queue_agrees())
        self.runner.run(self._ledger_agrees())

    async def _queue_agrees(self) -> None:
        for who in _CUSTOMERS:
            keys = self._keys(who)
            due, leases, owed, claims, overdue = await self.life.vault.client.write(
                lambda redis, keys=keys: together(  # type: ignore[misc]
                    redis,
                    *(("ZRANGE", name, 0, -1) for name in keys.queue[:2]),
                    *(("HKEYS", name) for name in keys.queue[2:4]),
                    ("ZRANGE", keys.queue[4], 0, -1),
                )
            )
            memory = (await self.life.store.memories.read(who)).memory
            ids = [each.id for each in memory.promises]
            owes = {
                self.desk.member(each.id or "") for each in memory.promises if each.state.is_open
            }
            assert len(ids) == len(set(ids))
            parts = [self._own(who, part) for part in (due, leases, owed, claims, overdue)]
            assert not parts[0] & parts[1]
            assert parts[0] | parts[1] == parts[2] == parts[4] == owes
            assert parts[3] == parts[1]

    async def _ledger_agrees(self) -> None:
        for who in _CUSTOMERS:
            memory = (await self.life.store.memories.read(who)).memory
            entries = (await self.life.store.memories.ledger(who, most=500)).entries
            at = self.hands.now
            assert balance(memory.account, at) == pytest.approx(balance(replayed(entries), at))
            earned = sum(_POINTS.get(each.state, 0.0) for each in memory.promises)
            assert sum(each.points for each in entries) == pytest.approx(earned)

    async def _slots_agree(self) -> None:
        if not hasattr(self, "life"):
            return
        await self.life.finish()
        await self.life.keeper.count_room()
        owes = await self.desk.open_promises(*_CUSTOMERS)
        # Who was refused has given back what was held.
        assert await self.desk.in_slots(*_SLOTS) == sorted(map(self.desk.member, owes))

    def _tell(self, told: _Told, how: int, at: datetime, corrects: str = "") -> None:
        request = advisor.RecordOutcomeRequest(
            customer_id=told.customer_id, outcome_id=told.outcome_id, call_id=told.call_id
        )
        request.call.disposition = how  # type: ignore[assignment]
        request.call.at.FromDatetime(at)
        request.call.promise_id = told.promise_id
        request.call.subject = "pin"
        if corrects:
            request.corrects, request.basis = corrects, "a slip"
        if self._ask(self.life.outcomes.record_outcome, request) is not None:
            self.told.append(told)
            # What is open again, or to be tried again, is due to whoever comes.
            self.claimed.clear()

    def _ask(self, method: Callable[[Any, Any], Awaitable[Any]], request: Message) -> Any:
        answer = self.runner.run(self._answered(method, request))
        if isinstance(answer, Refusal):
            return None
        self.sent.append(_Sent(method, request, _plain(answer)))
        return answer

    async def _answered(
        self, method: Callable[[Any, Any], Awaitable[Any]], request: Message
    ) -> Any:
        try:
            answer = await method(request, call())
        except Refusal as refusal:
            answer = refusal
        await self.life.finish()
        return answer

    async def _memories(self) -> list[object]:
        return [(await self.life.store.memories.read(who)).memory for who in _CUSTOMERS]

    def _due(self, who: str, promise_id: str) -> datetime:
        memory = self.runner.run(self.life.store.memories.read(who)).memory
        found = [each.due_at for each in memory.promises if each.id == promise_id]
        return found[0] if found else self.hands.now

    def _keys(self, who: str) -> Any:
        return self.life.vault.keys.customer(who).of

    def _own(self, who: str, members: object) -> set[str]:
        name = self.life.vault.keys.customer(who).name
        found = [each.decode() for each in members] if isinstance(members, list) else []
        return {each for each in found if each.startswith(f"{name}/")}

    def _id(self) -> str:
        return f"id-{next(self.numbers)}"


async def _put_back(redis: Any, leases: str, member: str) -> None:
    await redis.zadd(leases, {member: 1}, xx=True)


def _plain(answer: Any) -> str:
    """Write an answer without what may differ when it is given again."""
    if isinstance(answer, Refusal):
        return answer.reason
    plain = type(answer)()
    plain.CopyFrom(answer)
    plain.ClearField("repeated")
    return str(plain)


def test_whatever_happens_to_promises(tmp_path: Path, redis_url: str) -> None:
    """In every order: one effect for one id, balance as the ledger's, queue and slots as owed."""
    loaded = _pack(tmp_path)
    limits = settings(
        max_examples=20,
        stateful_step_count=40,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    machine = partial(_Promises, redis_url, loaded)
    run_state_machine_as_test(machine, settings=limits)  # type: ignore[arg-type]
