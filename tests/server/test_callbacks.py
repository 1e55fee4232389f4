"""Promises through whole services: offered, made, claimed, kept, missed; once each."""

# ruff: noqa: ANN401 -- fields of messages, and stubs without types

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from google.rpc import error_details_pb2
from redis.asyncio import Redis

from advisor.v1 import advisor_service_pb2 as advisor
from advisor.v1 import callback_service_pb2 as wire
from advisor.v1 import customer_service_pb2 as customers
from advisor.v1 import vocabulary_customer_pb2 as terms
from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceStub
from advisor.v1.call_pb2 import Agent, Call, Purpose
from advisor.v1.callback_service_pb2_grpc import CallbackServiceStub
from advisor.v1.customer_service_pb2_grpc import CustomerServiceStub
from advisor.v1.history_pb2 import Promise
from advisor.v1.vocabulary_call_pb2 import (
    CALL_EVENT_KIND_AGENT_ASSIGNED,
    CALL_EVENT_KIND_CALL_DROPPED,
    CALL_EVENT_KIND_PERSON_CONFIRMED,
)
from advisor.v1.vocabulary_decision_pb2 import (
    DECISION_ALLOW,
    DECISION_DEFER,
    REASON_CODE_DNC_INTERNAL,
    REASON_CODE_PROMISE_DUE_ELSEWHERE,
)
from tests.server.desk import Refused
from tests.server.running import NOW, PATIENT, Client, Hands, running, settings_for

_MORE: Final = """
limits:
  - {id: two-a-day, at_most: 2, count: attempts, in: 24 hours, basis: policy}
engagement:
  - {id: kept, because: We rang as we said., when: {promise.settled_as: kept},
     unless: [promise.reached: no], then: {credit: 6}}
  - {id: late, because: We rang too late., when: {promise.settled_as: late}, then: {debit: 3}}
  - {id: missed, because: We did not ring., when: {promise.settled_as: missed}, then: {debit: 12}}
  - {id: missed-again, because: We failed them twice.,
     when: {promise.settled_as: missed, history.promises_missed.same_matter: {at_least: 1}},
     then: {debit: 10}}
"""
_CALLBACKS: Final = """\
  callbacks: {slot: 30 minutes, notice: 30 minutes, ahead: 14 days, grace: 1 hour, capacity: 2,
              team: cards, lease: 1 minutes, patience: 5 minutes, retry: 10 minutes}
"""
#: Tomorrow at four in the afternoon, in London.
_FOUR: Final = NOW + timedelta(days=1, hours=1)


def _settings(tmp_path: Path, redis_url: str, **changed: object) -> Any:
    name = re.sub("[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")
    settings = settings_for(
        tmp_path, redis_url=redis_url, namespace=name, heartbeat_ms=2_000, **changed
    )
    (tmp_path / "rules" / "more.yaml").write_text(_MORE)
    pack = tmp_path / "rules" / "pack.yaml"
    pack.write_text(pack.read_text().replace("  brands:\n", _CALLBACKS + "  brands:\n"))
    return settings


@pytest.fixture(name="hands")
def _hands() -> Hands:
    return Hands()


@pytest.fixture(name="client")
async def _client(tmp_path: Path, redis_url: str, hands: Hands) -> AsyncIterator[Client]:
    async with running(_settings(tmp_path, redis_url), hands) as client:
        yield client


class _Desk:
    """What a dialer and a CRM ask of a service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.callbacks: Any = CallbackServiceStub(channel)
        self.advisor: Any = AdvisorServiceStub(channel)
        self.customers: Any = CustomerServiceStub(channel)

    async def proposed(self, **more: Any) -> wire.ProposeSlotsResponse:
        """Ask for times."""
        answer: wire.ProposeSlotsResponse = await self.callbacks.ProposeSlots(
            _named(wire.ProposeSlotsRequest(context=_context()), **more)
        )
        return answer

    async def made(
        self,
        number: int = 1,
        due_at: datetime = _FOUR,
        **more: Any,
    ) -> wire.MakePromiseResponse:
        """Make a promise."""
        request = wire.MakePromiseRequest(
            request_id=f"r-{number}", context=_context(), topic="your PIN", **more
        )
        request.due_at.FromDatetime(due_at)
        answer: wire.MakePromiseResponse = await self.callbacks.MakePromise(request)
        return answer

    async def asked(self, customer_id: str, *, suppressed: bool = False) -> None:
        """Ask advice on the call in which promises are made."""
        request = advisor.AdviseRequest(
            call=Call(
                call_id="c-1",
                brand="acme",
                dialled_number="+442079460999",
                time_zones=["Europe/London"],
                agent=Agent(agent_id="sam"),
            ),
            purpose=Purpose(id="pin-migration", subject="pin"),
        )
        request.customer.customer_id = customer_id
        if suppressed:
            profile = request.customer.profile
            profile.suppressions.add(source=terms.SUPPRESSION_SOURCE_INTERNAL)
        await self.advisor.Advise(request)

    async def claimed(self, worker: str = "dialer", **more: Any) -> list[wire.ClaimedPromise]:
        """Claim what is due."""
        request = wire.ClaimDuePromisesRequest(worker_id=worker, most=10, **more)
        return list((await self.callbacks.ClaimDuePromises(request)).claimed)

    async def is_claimed(self, promise_id: str) -> bool:
        """Tell whether somebody has a promise: only then a token that nobody has is refused."""
        try:
            await self.callbacks.ReleaseClaim(
                wire.ReleaseClaimRequest(promise_id=promise_id, claim_token=1)
            )
        except grpc.aio.AioRpcError as error:
            return error.code() is grpc.StatusCode.FAILED_PRECONDITION
        return False

    async def rung(
        self,
        claim: wire.ClaimedPromise,
        call_id: str = "c-2",
        zones: tuple[str, ...] = ("Europe/London",),
    ) -> advisor.AdviseResponse:
        """Ask advice on the call that a claim is for."""
        request = advisor.AdviseRequest(
            call=Call(call_id=call_id, brand="acme", time_zones=list(zones)),
            purpose=Purpose(id="pin-migration"),
        )
        request.customer.customer_id = claim.promise.customer_id
        request.promise.promise_id = claim.promise.id
        request.promise.claim_token = claim.claim_token
        answer: advisor.AdviseResponse = await self.advisor.Advise(request)
        return answer

    async def told(
        self,
        at: datetime,
        disposition: terms.Disposition.ValueType,
        call_id: str = "c-2",
        **more: Any,
    ) -> advisor.RecordOutcomeResponse:
        """Tell how a call came out."""
        request = advisor.RecordOutcomeRequest(
            customer_id="K-1", outcome_id=f"o-{call_id}", call_id=call_id, **more
        )
        request.call.disposition = disposition
        request.call.at.FromDatetime(at)
        answer: advisor.RecordOutcomeResponse = await self.advisor.RecordOutcome(request)
        return answer

    async def listed(self, **more: Any) -> list[Promise]:
        """List promises."""
        request = wire.ListPromisesRequest(**more)
        return list((await self.callbacks.ListPromises(request)).promises)

    async def earned(self) -> dict[str, float]:
        """Say what the customer's card holds, by rule."""
        request = customers.GetEngagementCardRequest(customer_id="K-1")
        card = await self.customers.GetEngagementCard(request)
        return {line.entry.rule_id: line.entry.points for line in card.lines}

    async def until(self, state: int) -> Promise:
        """Wait until a promise stands so, as somebody who watches sees it."""
        stream = self.callbacks.WatchDuePromises(wire.WatchDuePromisesRequest(), timeout=20)
        async for shown in stream:
            if shown.promise.state == state:
                stream.cancel()
                promise: Promise = shown.promise
                return promise
        raise AssertionError("the stream ended")


@pytest.fixture(name="desk")
async def _desk(client: Client) -> AsyncIterator[_Desk]:
    async with grpc.aio.insecure_channel(client.running.address, options=PATIENT) as channel:
        yield _Desk(channel)


def _context(customer_id: str = "K-1", agent_id: str = "sam") -> wire.CallbackContext:
    return wire.CallbackContext(
        customer_id=customer_id,
        call=Call(
            call_id="c-1",
            brand="acme",
            time_zones=["Europe/London"],
            agent=Agent(agent_id=agent_id),
        ),
        purpose=Purpose(id="pin-migration", subject="pin"),
    )


def _of_call(customer_id: str = "") -> wire.CallbackContext:
    return wire.CallbackContext(customer_id=customer_id, call=Call(call_id="c-1"))


def _named(request: wire.ProposeSlotsRequest, **more: Any) -> wire.ProposeSlotsRequest:
    if "named_at" in more:
        request.named_at.FromDatetime(more["named_at"])
    return request


async def test_times_are_proposed_in_words(desk: _Desk) -> None:
    """004-21: without a named time, the earliest of different parts of the day, in words."""
    answer = await desk.proposed()

    assert [slot.spoken for slot in answer.slots] == [
        "today at half past three",
        "today at five o'clock",
        "tomorrow at nine o'clock in the morning",
    ]
    assert answer.slots[0].zone == "Europe/London"


async def test_a_time_that_cannot_be_kept_is_refused_with_the_nearest(desk: _Desk) -> None:
    """004-21: a named time outside the hours is answered with the reason and what can be kept."""
    answer = await desk.proposed(named_at=NOW + timedelta(hours=6, minutes=30))

    assert [reason.rule_id for reason in answer.refused] == ["daytime"]
    assert [slot.spoken for slot in answer.slots] == [
        "today at half past four",
        "today at five o'clock",
        "today at half past five",
    ]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await desk.made(due_at=NOW + timedelta(hours=6, minutes=30))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_made_once_for_ever_so_many_requests(desk: _Desk) -> None:
    """The same request again is the same promise; the same id with other content is refused."""
    answers = await asyncio.gather(*(desk.made() for _ in range(10)))
    [promise] = await desk.listed(customer_id="K-1")

    assert {answer.promise.id for answer in answers} == {promise.id}
    assert sum(not answer.repeated for answer in answers) == 1
    assert (promise.owner, promise.team, promise.zone) == ("sam", "cards", "Europe/London")
    assert answers[0].spoken == "tomorrow at four o'clock"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await desk.made(due_at=_FOUR + timedelta(minutes=30))
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS


async def test_an_id_is_taken_as_long_as_its_promise_is_remembered(
    desk: _Desk, redis_url: str
) -> None:
    """A request that is sent again after it was forgotten makes no second promise of its id."""
    await desk.made()
    async with Redis.from_url(redis_url) as redis:
        async for key in redis.scan_iter("*:applied:*"):
            await redis.delete(key)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await desk.made()

    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert len(await desk.listed(customer_id="K-1")) == 1


async def test_of_a_call_its_id_says_all(desk: _Desk) -> None:
    """A context with the id of a call that was advised stands for all that was told of it."""
    await desk.asked(customer_id="K-1")
    context = _of_call()
    answer = await desk.callbacks.ProposeSlots(wire.ProposeSlotsRequest(context=context))
    request = wire.MakePromiseRequest(request_id="r-1", context=context)
    request.due_at.FromDatetime(_FOUR)
    made = await desk.callbacks.MakePromise(request)
    again = await desk.callbacks.MakePromise(request)
    [promise] = await desk.listed(customer_id="K-1")

    assert answer.slots[0].spoken == "today at half past three"
    assert again.repeated
    assert again.promise == made.promise
    assert promise.owner == "sam"
    assert promise.call_id == "c-1"
    assert (promise.purpose_id, promise.subject) == ("pin-migration", "pin")
    assert (promise.number, promise.zone) == ("+442079460999", "Europe/London")


async def test_of_a_call_who_has_it_now_owns_its_promises(desk: _Desk) -> None:
    """An agent to whom the call was passed on owns what they promise in it."""
    await desk.asked(customer_id="K-1")
    event = advisor.ReportCallEventRequest(call_id="c-1")
    event.event.event_id, event.event.kind = "e-1", CALL_EVENT_KIND_AGENT_ASSIGNED
    event.event.agent.agent_id = "kim"
    await desk.advisor.ReportCallEvent(event)
    request = wire.MakePromiseRequest(request_id="r-1", context=_of_call())
    request.due_at.FromDatetime(_FOUR)

    assert (await desk.callbacks.MakePromise(request)).promise.owner == "kim"


async def test_of_a_call_what_was_told_of_its_customer_counts(desk: _Desk) -> None:
    """Whom a dialer told not to be called is promised nothing, though nobody has kept it."""
    await desk.asked(customer_id="K-1", suppressed=True)
    context = _of_call()
    answer = await desk.callbacks.ProposeSlots(wire.ProposeSlotsRequest(context=context))

    assert not answer.slots
    assert [reason.code for reason in answer.refused] == [REASON_CODE_DNC_INTERNAL]


async def test_of_a_call_what_is_sent_stands_instead(desk: _Desk) -> None:
    """A customer who is elsewhere than was thought is offered times by their own clock."""
    await desk.asked(customer_id="K-1")
    context = wire.CallbackContext(
        call=Call(call_id="c-1", time_zones=["Europe/Athens"]),
        purpose=Purpose(id="pin-migration", subject="another"),
    )
    request = wire.MakePromiseRequest(request_id="r-1", context=context)
    request.due_at.FromDatetime(_FOUR - timedelta(hours=2))
    made = await desk.callbacks.MakePromise(request)

    assert (made.promise.zone, made.promise.subject) == ("Europe/Athens", "another")
    assert made.spoken == "tomorrow at four o'clock"


@pytest.mark.parametrize(
    ("asked", "context", "code", "words"),
    [
        (None, _of_call(), grpc.StatusCode.NOT_FOUND, "There is no such call"),
        ("", _of_call(), grpc.StatusCode.INVALID_ARGUMENT, "context.customer_id"),
        (
            "K-1",
            _of_call(customer_id="K-1"),
            grpc.StatusCode.INVALID_ARGUMENT,
            "context.purpose",
        ),
    ],
)
async def test_of_a_call_nothing_is_guessed(
    desk: _Desk,
    asked: str | None,
    context: wire.CallbackContext,
    code: grpc.StatusCode,
    words: str,
) -> None:
    """Of an unknown call, or one about nobody in particular, nothing is proposed."""
    if asked is not None:
        await desk.asked(customer_id=asked)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await desk.callbacks.ProposeSlots(wire.ProposeSlotsRequest(context=context))

    assert refused.value.code() is code
    told = [refused.value.details(), *(value for _key, value in refused.value.trailing_metadata())]
    assert any(words in str(each) for each in told)


async def test_no_more_than_can_be_kept(desk: _Desk) -> None:
    """001-11: a slot without room is refused, and has room again when a promise goes."""
    await desk.made(1)
    second = await desk.made(2)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await desk.made(3)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    await desk.callbacks.CancelPromise(
        wire.CancelPromiseRequest(request_id="x", promise_id=second.promise.id)
    )
    for _try in range(200):
        try:
            await desk.made(4)
        except grpc.aio.AioRpcError:
            continue
        break

    assert sorted(each.state for each in await desk.listed(customer_id="K-1")) == sorted(
        [
            terms.PROMISE_STATE_MADE,
            terms.PROMISE_STATE_MADE,
            terms.PROMISE_STATE_RELEASED,
        ]
    )


async def test_capacity_is_pushed(desk: _Desk) -> None:
    """001-11: what workforce management says of a slot counts instead of the pack."""
    request = wire.SetSlotCapacityRequest()
    request.slots.add(capacity=0).starts_at.FromDatetime(_FOUR)
    await desk.callbacks.SetSlotCapacity(request)

    answer = await desk.proposed(named_at=_FOUR)

    assert [reason.text for reason in answer.refused] == ["Nobody is free to ring then."]
    assert [slot.spoken for slot in answer.slots] == [
        "tomorrow at three o'clock",
        "tomorrow at half past three",
        "tomorrow at half past four",
    ]
    with pytest.raises(grpc.aio.AioRpcError):
        await desk.made()


async def test_where_a_pack_keeps_none_only_what_was_said_is_offered(
    tmp_path: Path, redis_url: str
) -> None:
    """001-11: a pack that keeps no call-backs by itself offers none that nobody has spoken of."""
    settings = _settings(tmp_path, redis_url)
    pack = tmp_path / "rules" / "pack.yaml"
    pack.write_text(pack.read_text().replace("capacity: 2", "capacity: 0"))
    async with running(settings, Hands()) as client:
        desk = _Desk(client.channel)
        request = wire.SetSlotCapacityRequest()
        request.slots.add(capacity=1).starts_at.FromDatetime(_FOUR)
        await desk.callbacks.SetSlotCapacity(request)
        before = await desk.proposed()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await desk.made(due_at=_FOUR + timedelta(hours=1))
        await desk.made()

    assert [slot.starts_at.ToDatetime(UTC) for slot in before.slots] == [_FOUR]
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


@pytest.mark.parametrize(
    ("starts", "wrong"),
    [
        (_FOUR + timedelta(minutes=1), "is no beginning of the pack's slots"),
        (_FOUR + timedelta(days=60), "is more than 60 days ahead"),
    ],
)
async def test_capacity_of_what_is_no_slot_is_refused(
    client: Client, starts: datetime, wrong: str
) -> None:
    """What no promise can be made for is said to be wrong, by its place among the slots."""
    request = wire.SetSlotCapacityRequest()
    for _again in range(2):
        request.slots.add(capacity=1).starts_at.FromDatetime(_FOUR)
    request.slots.add(capacity=1).starts_at.FromDatetime(starts)
    with pytest.raises(Refused) as refused:
        await client.raw("CallbackService/SetSlotCapacity", request.SerializeToString())
    [violation] = refused.value.detail(error_details_pb2.BadRequest()).field_violations
    assert (violation.field, violation.description) == ("slots[2].starts_at", wrong)


async def test_kept(desk: _Desk, hands: Hands) -> None:
    """004-22: claimed when it is due, rung at in its window, kept, and credited once."""
    promise = (await desk.made()).promise
    assert await desk.claimed() == []
    hands.now = _FOUR
    [claim] = await desk.claimed()
    assert await desk.claimed("another") == []
    advice = await desk.rung(claim)
    answers = [await desk.told(_FOUR, terms.DISPOSITION_COMPLETED_SERVICE) for _ in range(3)]
    [kept] = await desk.listed(customer_id="K-1")

    assert claim.promise.id == promise.id
    assert claim.promise.state == terms.PROMISE_STATE_DUE
    assert advice.verdict.decision == DECISION_ALLOW
    assert kept.state == terms.PROMISE_STATE_KEPT
    assert [answer.repeated for answer in answers] == [False, True, True]
    assert await desk.earned() == {"kept": 6}
    assert await desk.claimed() == []


async def test_a_late_worker_is_refused(desk: _Desk, hands: Hands) -> None:
    """A token that is not the newest neither rings nor gives the promise back."""
    await desk.made()
    hands.now = _FOUR
    request = wire.ClaimDuePromisesRequest(worker_id="slow")
    request.lease.FromTimedelta(timedelta(seconds=1))
    [late] = (await desk.callbacks.ClaimDuePromises(request)).claimed
    claims: list[wire.ClaimedPromise] = []
    async with asyncio.timeout(20):
        while not claims:
            claims = await desk.claimed("quick")
    [claim] = claims

    assert claim.claim_token > late.claim_token
    advice = await desk.rung(late, "c-late")
    assert advice.verdict.decision == DECISION_DEFER
    assert [each.code for each in advice.verdict.reasons] == [REASON_CODE_PROMISE_DUE_ELSEWHERE]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await desk.callbacks.ReleaseClaim(
            wire.ReleaseClaimRequest(promise_id=late.promise.id, claim_token=late.claim_token)
        )
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert (await desk.rung(claim)).verdict.decision == DECISION_ALLOW


async def test_a_call_that_is_not_made_gives_its_promise_back(desk: _Desk, hands: Hands) -> None:
    """A promise whose call may not be made now is due again when it may be, without a word."""
    await desk.made(due_at=_FOUR + timedelta(hours=1))
    update = customers.UpdateCustomerRequest(customer_id="K-1")
    quiet = update.profile.quiet_times.quiet_times.add(begins="16:50", ends="17:10")
    quiet.source = terms.QUIET_SOURCE_STATED
    await desk.customers.UpdateCustomer(update)
    hands.now = _FOUR + timedelta(hours=1)
    [claim] = await desk.claimed()
    advice = await desk.rung(claim)
    assert advice.verdict.decision == DECISION_DEFER
    assert await desk.claimed() == []
    hands.now += timedelta(minutes=10)
    async with asyncio.timeout(20):
        while not await desk.claimed():
            pass


async def test_a_call_that_nobody_may_make_for_now_is_not_asked_about_all_the_time(
    desk: _Desk, hands: Hands
) -> None:
    """A promise whose call is put off, nobody knows until when, comes back a little later."""
    await desk.made()
    hands.now = _FOUR
    [claim] = await desk.claimed()
    advice = await desk.rung(claim, zones=())
    assert advice.verdict.decision == DECISION_DEFER
    assert not advice.verdict.HasField("not_before")
    async with asyncio.timeout(20):
        while await desk.is_claimed(claim.promise.id):
            pass

    assert await desk.claimed() == []
    hands.now += timedelta(minutes=10)
    assert len(await desk.claimed()) == 1


async def test_a_time_beside_the_grid_takes_room_in_its_slot(desk: _Desk) -> None:
    """001-11: times within one slot share its room, whatever minute they are named for."""
    await desk.made(1, due_at=_FOUR)
    await desk.made(2, due_at=_FOUR + timedelta(minutes=10))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await desk.made(3, due_at=_FOUR + timedelta(minutes=20))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_a_customer_who_has_moved_is_rung_when_it_is_day_there(
    desk: _Desk, hands: Hands
) -> None:
    """The promised instant stays; where it is night by then, the call waits for the day."""
    promise = (await desk.made(due_at=_FOUR - timedelta(hours=6))).promise
    update = customers.UpdateCustomerRequest(customer_id="K-1")
    update.profile.stated_zone = "America/New_York"
    await desk.customers.UpdateCustomer(update)
    hands.now = _FOUR - timedelta(hours=6)
    [claim] = await desk.claimed()
    advice = await desk.rung(claim, zones=())
    assert promise.zone == "Europe/London"
    assert advice.verdict.decision == DECISION_DEFER
    assert advice.verdict.not_before.ToDatetime(tzinfo=UTC).hour == 14


async def test_a_long_call_is_not_rung_a_second_time(desk: _Desk, hands: Hands) -> None:
    """A call that has outlasted its claim keeps its promise to itself until it ends."""
    promise = (await desk.made()).promise
    hands.now = _FOUR
    request = wire.ClaimDuePromisesRequest(worker_id="w", most=1)
    [claim] = (await desk.callbacks.ClaimDuePromises(request)).claimed
    await desk.rung(claim)
    event = advisor.ReportCallEventRequest(call_id="c-2")
    event.event.event_id = "e-1"
    event.event.kind = CALL_EVENT_KIND_PERSON_CONFIRMED
    await desk.advisor.ReportCallEvent(event)
    release = wire.ReleaseClaimRequest(promise_id=promise.id, claim_token=claim.claim_token)
    await desk.callbacks.ReleaseClaim(release)

    assert await desk.claimed() == []
    event.event.event_id, event.event.kind = "e-2", CALL_EVENT_KIND_CALL_DROPPED
    await desk.advisor.ReportCallEvent(event)
    hands.now += timedelta(minutes=10)
    assert len(await desk.claimed()) == 1


async def test_given_back(desk: _Desk, hands: Hands) -> None:
    """A promise that its worker gives back is due again, then or when it says."""
    await desk.made()
    hands.now = _FOUR
    [claim] = await desk.claimed()
    request = wire.ReleaseClaimRequest(promise_id=claim.promise.id, claim_token=claim.claim_token)
    request.not_before.FromDatetime(_FOUR + timedelta(minutes=10))
    await desk.callbacks.ReleaseClaim(request)
    await desk.callbacks.ReleaseClaim(request)

    assert await desk.claimed() == []
    hands.now += timedelta(minutes=10)
    assert len(await desk.claimed()) == 1


async def test_the_owner_first_then_the_team(desk: _Desk, hands: Hands) -> None:
    """A promise whose owner is away is rung at by the team; it is never lost with them."""
    await desk.made()
    hands.now = _FOUR
    assert await desk.claimed(owners=["cards"]) == []
    assert await desk.claimed(owners=["kim"]) == []
    hands.now += timedelta(minutes=5)

    assert len(await desk.claimed(owners=["kim", "cards"])) == 1


async def test_nobody_answered(desk: _Desk, hands: Hands) -> None:
    """A call that reached nobody keeps the promise open, to be tried again a little later."""
    await desk.made()
    hands.now = _FOUR
    [claim] = await desk.claimed()
    await desk.rung(claim)
    await desk.told(_FOUR, terms.DISPOSITION_NO_ANSWER)
    [promise] = await desk.listed(customer_id="K-1")

    assert (promise.state, promise.attempted) == (terms.PROMISE_STATE_DUE, True)
    assert await desk.claimed() == []
    hands.now += timedelta(minutes=10)
    assert len(await desk.claimed()) == 1


async def test_what_is_due_again_is_shown_again(desk: _Desk, hands: Hands) -> None:
    """Whoever watches sees a promise each time that it becomes due, and once each time."""
    await desk.made()
    hands.now = _FOUR
    stream = desk.callbacks.WatchDuePromises(wire.WatchDuePromisesRequest(), timeout=30)
    shown: list[bool] = []
    async for each in stream:
        if each.HasField("promise"):
            shown.append(each.promise.attempted)
            if len(shown) == 2:
                break
            [claim] = await desk.claimed()
            await desk.rung(claim)
            await desk.told(_FOUR, terms.DISPOSITION_NO_ANSWER)
        elif shown:
            hands.now = _FOUR + timedelta(minutes=10)
    stream.cancel()

    assert shown == [False, True]


async def test_missed_by_time_and_debited_once(desk: _Desk, hands: Hands) -> None:
    """004-22: nobody rang: after its grace it is missed, by nobody's hand, and costs once."""
    await desk.made()
    hands.now = _FOUR + timedelta(minutes=90)
    missed = await desk.until(terms.PROMISE_STATE_MISSED)
    [listed] = await desk.listed(missed=True)

    assert listed.id == missed.id
    assert await desk.earned() == {"missed": -12}
    assert await desk.listed() == []


async def test_a_second_miss_in_the_same_matter_weighs_more(desk: _Desk, hands: Hands) -> None:
    """004-22: failing somebody twice in one matter costs more than twice."""
    await desk.made()
    await desk.made(2, due_at=_FOUR + timedelta(minutes=30))
    hands.now = _FOUR + timedelta(hours=3)
    await desk.until(terms.PROMISE_STATE_MISSED)
    async with asyncio.timeout(20):
        while await desk.listed():
            await desk.until(terms.PROMISE_STATE_MISSED)

    assert await desk.earned() == {"missed": -12, "missed-again": -10}


async def test_an_outcome_told_late_takes_the_miss_back(desk: _Desk, hands: Hands) -> None:
    """Kept in time and told after time had called it missed: the debit is reversed."""
    promise = (await desk.made()).promise
    hands.now = _FOUR + timedelta(minutes=90)
    await desk.until(terms.PROMISE_STATE_MISSED)
    request = advisor.RecordOutcomeRequest(customer_id="K-1", outcome_id="o", call_id="c-9")
    request.call.disposition = terms.DISPOSITION_COMPLETED_SERVICE
    request.call.at.FromDatetime(_FOUR)
    request.call.promise_id = promise.id
    answer = await desk.advisor.RecordOutcome(request)
    [kept] = await desk.listed(customer_id="K-1")

    assert kept.state == terms.PROMISE_STATE_KEPT
    assert answer.balance_after == pytest.approx(6)
    assert await desk.listed(missed=True) == []


async def test_a_correction_takes_keeping_back(desk: _Desk, hands: Hands) -> None:
    """A corrected outcome that reached nobody opens the promise again, its credit reversed."""
    await desk.made()
    hands.now = _FOUR
    [claim] = await desk.claimed()
    await desk.rung(claim)
    await desk.told(_FOUR, terms.DISPOSITION_COMPLETED_SERVICE)
    request = advisor.RecordOutcomeRequest(
        customer_id="K-1", outcome_id="o-3", call_id="c-2", corrects="o-c-2", basis="a slip"
    )
    request.call.disposition = terms.DISPOSITION_NO_ANSWER
    request.call.at.FromDatetime(_FOUR)
    answer = await desk.advisor.RecordOutcome(request)
    [promise] = await desk.listed(customer_id="K-1")

    assert promise.state == terms.PROMISE_STATE_DUE
    assert answer.balance_after == pytest.approx(0)
    hands.now += timedelta(minutes=10)
    assert len(await desk.claimed()) == 1


async def test_who_asked_to_be_left_alone_is_released_not_failed(desk: _Desk, hands: Hands) -> None:
    """004-22: a stop request since then releases the promise; nobody is rung or debited."""
    await desk.made()
    update = customers.UpdateCustomerRequest(customer_id="K-1")
    update.profile.suppressions.add(source=terms.SUPPRESSION_SOURCE_INTERNAL)
    await desk.customers.UpdateCustomer(update)
    hands.now = _FOUR

    assert await desk.claimed() == []
    [promise] = await desk.listed(customer_id="K-1")
    assert promise.state == terms.PROMISE_STATE_RELEASED
    assert await desk.earned() == {}


async def test_an_opt_out_releases_at_once(desk: _Desk) -> None:
    """A customer who asks in a call for no more calls is owed none of those promised."""
    await desk.made()
    await desk.told(NOW, terms.DISPOSITION_DNC_ALL, "c-1")
    [promise] = await desk.listed(customer_id="K-1")

    assert promise.state == terms.PROMISE_STATE_RELEASED
    assert await desk.listed() == []


async def test_moved_by_the_customer(desk: _Desk, hands: Hands) -> None:
    """A promise is moved as one: the old one settled, the new one made, once for many requests."""
    promise = (await desk.made()).promise
    request = wire.ReschedulePromiseRequest(request_id="m", promise_id=promise.id)
    request.due_at.FromDatetime(_FOUR + timedelta(hours=1))
    first = await desk.callbacks.ReschedulePromise(request)
    again = await desk.callbacks.ReschedulePromise(request)
    states = {each.id: each.state for each in await desk.listed(customer_id="K-1")}

    assert first.spoken == "tomorrow at five o'clock"
    assert again.repeated
    assert states == {
        promise.id: terms.PROMISE_STATE_RESCHEDULED_BY_CUSTOMER,
        first.promise.id: terms.PROMISE_STATE_MADE,
    }
    assert first.promise.replaces == promise.id
    hands.now = _FOUR
    assert await desk.claimed() == []
    hands.now += timedelta(hours=1)
    assert len(await desk.claimed()) == 1


@pytest.mark.parametrize(
    ("of", "zone", "spoken"),
    [
        ("K-1", "America/New_York", "tomorrow at noon"),
        ("K-2", "Europe/London", "tomorrow at five o'clock"),
    ],
)
async def test_moved_in_a_call_of_theirs(desk: _Desk, of: str, zone: str, spoken: str) -> None:
    """The id of the call in which they move it says where they are now; of no one else's call."""
    promise = (await desk.made()).promise
    call = Call(call_id="c-9", brand="acme", time_zones=["America/New_York"])
    asked = advisor.AdviseRequest(call=call, purpose=Purpose(id="pin-migration"))
    asked.customer.customer_id = of
    await desk.advisor.Advise(asked)
    request = wire.ReschedulePromiseRequest(request_id="m", promise_id=promise.id)
    request.due_at.FromDatetime(_FOUR + timedelta(hours=1))
    request.call.call_id = "c-9"
    moved = await desk.callbacks.ReschedulePromise(request)

    assert (moved.promise.zone, moved.promise.call_id) == (zone, "c-9")
    assert moved.spoken == spoken


async def test_a_promise_moves_within_its_own_full_slot(desk: _Desk) -> None:
    """A few minutes later in a slot without room: its own room goes with it."""
    promise = (await desk.made(1)).promise
    await desk.made(2)
    request = wire.ReschedulePromiseRequest(request_id="m", promise_id=promise.id)
    request.due_at.FromDatetime(_FOUR + timedelta(minutes=10))
    moved = await desk.callbacks.ReschedulePromise(request)
    assert moved.promise.replaces == promise.id


@pytest.mark.parametrize("promise_id", ["x", "00.0.1", "zz.a.b", f"00.{'0' * 32}.1"])
async def test_an_unknown_promise_is_said_to_be_unknown(desk: _Desk, promise_id: str) -> None:
    """An id of no promise is NOT_FOUND, whatever it looks like."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await desk.callbacks.CancelPromise(
            wire.CancelPromiseRequest(request_id="x", promise_id=promise_id)
        )
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_listed_by_pages(desk: _Desk) -> None:
    """What is owed is listed by when it is due, page after page, each promise once."""
    made = []
    for number in range(6):
        due_at = _FOUR + timedelta(days=number // 2)
        made.append((await desk.made(number, due_at=due_at)).promise.id)
    found: list[str] = []
    request = wire.ListPromisesRequest(page_size=2)
    while True:
        page = await desk.callbacks.ListPromises(request)
        found += [each.id for each in page.promises]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    assert sorted(found) == sorted(made)
    assert await desk.listed(owners=["kim"]) == []
    assert len(await desk.listed(owners=["cards"])) == 6
    before = wire.ListPromisesRequest()
    before.due_before.FromDatetime(_FOUR + timedelta(minutes=1))
    assert len((await desk.callbacks.ListPromises(before)).promises) == 2


async def test_the_one_due_first_is_listed_first(desk: _Desk) -> None:
    """In whatever order promises were made, they are listed by when they are due."""
    for number in (2, 0, 1):
        await desk.made(number, due_at=_FOUR + timedelta(days=number))
    lists = [await desk.listed(customer_id="K-1"), await desk.listed()]

    for listed in lists:
        dues = [each.due_at.ToDatetime(UTC) for each in listed]
        assert dues == [_FOUR + timedelta(days=number) for number in range(3)]


@pytest.mark.parametrize("token", ["x", "12", "12.x", f"{'9' * 60}.00.a.b", "1e3.00.a.b"])
async def test_a_page_that_nobody_gave_is_refused(desk: _Desk, token: str) -> None:
    """A page token that is none of ours is INVALID_ARGUMENT, whatever it looks like."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await desk.listed(page_token=token)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_listed_by_call(desk: _Desk) -> None:
    """What was promised in a call is listed by the id of the call alone, and nothing else is."""
    await desk.asked(customer_id="K-1")
    made = (await desk.made()).promise
    other = wire.MakePromiseRequest(request_id="r-9", context=_context())
    other.context.call.call_id = "c-9"
    other.due_at.FromDatetime(_FOUR + timedelta(hours=1))
    await desk.callbacks.MakePromise(other)

    assert [each.id for each in await desk.listed(call_id="c-1")] == [made.id]
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await desk.listed(call_id="c-9")
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.aio.AioRpcError) as both:
        await desk.listed(call_id="c-1", customer_id="K-1")
    assert both.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_erased_with_its_customer(desk: _Desk, hands: Hands) -> None:
    """Whoever is forgotten is owed nothing: the queue and the slot forget as well."""
    await desk.made(1)
    await desk.made(2)
    await desk.customers.DeleteCustomer(customers.DeleteCustomerRequest(customer_id="K-1"))
    hands.now = _FOUR

    assert await desk.claimed() == []
    assert await desk.listed() == []


async def test_exported(desk: _Desk) -> None:
    """An export holds what was promised."""
    promise = (await desk.made(said="Tomorrow at four, please.")).promise
    exported = await desk.customers.ExportCustomer(
        customers.ExportCustomerRequest(customer_id="K-1")
    )

    assert [each.id for each in exported.history.promises] == [promise.id]
    assert exported.history.promises[0].said == "Tomorrow at four, please."
