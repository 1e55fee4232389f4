"""Calls that go on, through whole services: events, streams, replicas, outages."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from redis.asyncio import Redis

from advisor.facts.events import EVENTS
from advisor.store.embedded.server import EmbeddedServer
from advisor.store.live import MOST_EVENTS
from advisor.v1 import advisor_service_pb2 as wire
from advisor.v1 import customer_service_pb2 as customers
from advisor.v1 import vocabulary_call_pb2 as terms
from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceStub
from advisor.v1.call_pb2 import Agent
from advisor.v1.event_pb2 import CallEvent, CallGuidance
from advisor.v1.vocabulary_customer_pb2 import DISPOSITION_COMPLETED_SERVICE
from advisor.v1.vocabulary_decision_pb2 import DECISION_BLOCK
from tests.server.desk import Refused
from tests.server.running import NOW, Client, pin_call, running, settings_for

_OWN: Final = {"customer_asked_purpose", "identity_refused", "stop_calling_requested"}
_REACTIONS: Final = (
    f"""
reactions:
  - id: anything-else
    on: [{", ".join(event for event in EVENTS if event not in _OWN)}]
    because: There is always a way out.
    then:
      - close: {{name: bye, force: could, text: "Goodbye."}}
"""
    """
  - id: what-about
    on: customer_asked_purpose
    because: Whoever asks is told.
    then:
      - say: {name: answer, force: must, text: "{purpose.say}"}
      - close: {name: bye, force: should, text: "Thank you. Goodbye."}
  - id: refused
    on: identity_refused
    because: Refusing is their right.
    then:
      - say: {name: thanks, force: must, text: "That's quite all right."}
      - close: {name: bye, force: should, text: "Thank you. Goodbye."}
  - id: stop
    on: stop_calling_requested
    because: Done is done.
    then:
      - close: {name: done, force: must, text: "We won't ring you again. Goodbye."}
"""
)


def _settings(tmp_path: Path, redis_url: str, **changed: object) -> Any:  # noqa: ANN401
    name = re.sub("[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")
    settings = settings_for(tmp_path, redis_url=redis_url, namespace=name, **changed)
    (tmp_path / "rules" / "reactions.yaml").write_text(_REACTIONS)
    return settings


@pytest.fixture(name="client")
async def _client(tmp_path: Path, redis_url: str) -> AsyncIterator[Client]:
    async with running(_settings(tmp_path, redis_url)) as client:
        yield client


@pytest.fixture(name="speechless")
async def _speechless(tmp_path: Path, redis_url: str) -> AsyncIterator[Client]:
    """A service whose pack answers no event."""
    settings = _settings(tmp_path, redis_url)
    (tmp_path / "rules" / "reactions.yaml").unlink()
    async with running(settings) as client:
        yield client


def _event(kind: str, event_id: str | None = None, **fields: Any) -> CallEvent:  # noqa: ANN401
    number = terms.CallEventKind.Value(f"CALL_EVENT_KIND_{kind.upper()}")
    return CallEvent(event_id=event_id or kind, kind=number, **fields)


async def _report(client: Client, event: CallEvent) -> wire.ReportCallEventResponse:
    request = wire.ReportCallEventRequest(call_id="c-1", event=event)
    raw = await client.raw("AdvisorService/ReportCallEvent", request.SerializeToString())
    return wire.ReportCallEventResponse.FromString(raw)


async def _refused(client: Client, event: CallEvent) -> Refused:
    with pytest.raises(Refused) as refused:
        await _report(client, event)
    return refused.value


def _texts(guidance: CallGuidance) -> list[str]:
    return [item.text for item in guidance.reactions]


async def test_whether_they_would_take_another_call_is_counted(client: Client) -> None:
    """001-08: what customers answer to the offer of another call is counted, by nobody's name."""
    await client.advise(pin_call(customer_id="cust-1"))
    for kind in ("callback_accepted", "callback_declined", "callback_offered"):
        await _report(client, _event(kind))
    counted = {
        sample.labels["answer"]: sample.value
        for metric in client.registry.collect()
        for sample in metric.samples
        if sample.name == "advisor_callback_answers_total"
    }
    assert counted == {"accepted": 1, "declined": 1}


async def test_an_event_is_answered_and_kept(client: Client) -> None:
    """CUSTOMER_ASKED_PURPOSE is answered with the statement, never a question (004-06)."""
    decision = await client.advise(pin_call(customer_id="k-1"))
    answer = await _report(client, _event("customer_asked_purpose"))
    guidance = answer.guidance
    assert _texts(guidance)[0] == "From 1 February every purchase will need your PIN."
    assert guidance.answers == terms.CALL_EVENT_KIND_CUSTOMER_ASKED_PURPOSE
    assert answer.stored
    assert not answer.repeated
    assert (guidance.decision_id, guidance.pack_version) == (
        decision.decision_id,
        decision.pack_version,
    )
    assert guidance.proof.reference == decision.proof.reference


async def test_what_was_said_leaves_the_script(client: Client) -> None:
    """One key, said, next, reports the headline; the script goes on behind it."""
    decision = await client.advise(pin_call(customer_id="k-1"))
    assert [item.id for item in decision.items] == ["headline-first/headline"]
    said = _event("guidance_used", item_id="headline-first/headline")
    guidance = (await _report(client, said)).guidance
    assert list(guidance.items) == []
    assert guidance.progress.disclosure == terms.DISCLOSURE_LEVEL_HEADLINE
    assert list(guidance.progress.said) == ["headline-first/headline"]


async def test_the_same_event_again_changes_nothing(client: Client) -> None:
    """Ten at once have one effect and equal answers; other content is an error (fault 34)."""
    await client.advise(pin_call(customer_id="k-1"))
    event = _event("agent_asked_identity", "e-1")
    answers = await asyncio.gather(*(_report(client, event) for _ in range(10)))
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 9
    assert {answer.guidance.progress.asks_made for answer in answers} == {1}
    assert {answer.guidance.revision for answer in answers} == {2}
    refused = await _refused(client, _event("customer_busy", "e-1"))
    assert (refused.code, refused.reason) == (grpc.StatusCode.ALREADY_EXISTS, "ID_REUSED")


async def test_asking_too_early_is_flagged_and_counted(client: Client) -> None:
    """AGENT_ASKED_IDENTITY before the headline is counted, without a name (004-07)."""
    await client.advise(pin_call(customer_id="k-1"))
    await _report(client, _event("agent_asked_identity"))
    await _report(client, _event("agent_hung_up"))
    count = client.registry.get_sample_value
    assert count("advisor_adherence_events_total", {"what": "asked_early"}) == 1
    assert count("advisor_adherence_events_total", {"what": "hung_up_without_close"}) == 1


async def test_overriding_advice_is_recorded_for_the_rules(client: Client) -> None:
    """An override is counted and judges nobody (004-43)."""
    await client.advise(pin_call(customer_id="k-1"))
    overridden = _event("guidance_overridden", item_id="headline-first/headline", text="she knows")
    answer = await _report(client, overridden)
    assert answer.stored
    labels = {"what": "guidance_overridden"}
    assert client.registry.get_sample_value("advisor_adherence_events_total", labels) == 1


async def test_there_is_no_dead_air(speechless: Client) -> None:
    """What the pack has no words for is answered with words that are always true (004-11)."""
    await speechless.advise(pin_call(customer_id="k-1"))
    answer = await _report(speechless, _event("unscripted", text="my dog ate it"))
    assert answer.guidance.uncovered
    assert _texts(answer.guidance) == ["Thank you for telling me. I'm listening."]
    labels = {"event": "unscripted"}
    assert speechless.registry.get_sample_value("advisor_uncovered_events_total", labels) == 1
    assert "dog" not in speechless.log.getvalue()


async def test_an_unknown_kind_of_event_is_unscripted(speechless: Client) -> None:
    """A newer client's event is answered, not refused."""
    await speechless.advise(pin_call(customer_id="k-1"))
    answer = await _report(speechless, CallEvent(event_id="e-9", kind=999))  # type: ignore[arg-type]
    assert answer.guidance.answers == terms.CALL_EVENT_KIND_UNSCRIPTED
    assert answer.guidance.uncovered


async def test_an_unknown_call_is_a_clear_error(client: Client) -> None:
    """An event of a call that nobody asked about is NOT_FOUND, with what to do."""
    refused = await _refused(client, _event("customer_busy"))
    assert (refused.code, refused.reason) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_CALL")
    assert "Advise" in refused.message


async def test_a_request_to_stop_is_kept_at_once(client: Client) -> None:
    """A stop request blocks the next call before any outcome, and ends this one (004-13)."""
    await client.advise(pin_call(customer_id="k-1"))
    answer = await _report(client, _event("stop_calling_requested"))
    assert _texts(answer.guidance) == ["We won't ring you again. Goodbye."]
    assert answer.guidance.verdict.decision == DECISION_BLOCK
    assert list(answer.guidance.items) == []
    request = pin_call(customer_id="k-1")
    request.call.call_id = "c-2"
    assert (await client.advise(request)).verdict.decision == DECISION_BLOCK


async def test_a_request_to_stop_one_purpose_leaves_the_others(client: Client) -> None:
    """A narrow request is kept as narrow as it was."""
    await client.advise(pin_call(customer_id="k-1"))
    await _report(client, _event("stop_calling_requested", scope=terms.STOP_SCOPE_THIS_PURPOSE))
    kept = await client.get_customer(customers.GetCustomerRequest(customer_id="k-1"))
    (suppression,) = kept.profile.suppressions
    assert list(suppression.purpose_kinds) == [terms.CALL_PURPOSE_SERVICE_INFORMATION]


async def test_a_call_about_nobody_can_be_stopped_too(client: Client) -> None:
    """Where nobody says who it is, the request holds for this call."""
    await client.advise(pin_call())
    answer = await _report(client, _event("stop_calling_requested"))
    assert answer.guidance.verdict.decision == DECISION_BLOCK


async def test_a_call_has_so_many_events_and_no_more(tmp_path: Path, redis_url: str) -> None:
    """One event more than a call can have is refused, and nothing is lost by it."""
    settings = _settings(tmp_path, redis_url)
    async with running(settings) as client, Redis.from_url(redis_url) as redis:
        await client.advise(pin_call(customer_id="k-1"))
        await _report(client, _event("connected"))
        (key,) = [key async for key in redis.scan_iter(f"{settings.namespace}:*:events")]
        for number in range(MOST_EVENTS):
            await redis.hset(key, f"x{number}", "{}")
        refused = await _refused(client, _event("customer_busy"))
    assert (refused.code, refused.reason) == (
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "TOO_MANY_EVENTS",
    )


async def test_an_erased_customer_leaves_no_call_behind(tmp_path: Path, redis_url: str) -> None:
    """What was said in a call is forgotten with the customer."""
    settings = _settings(tmp_path, redis_url)
    async with running(settings) as client, Redis.from_url(redis_url) as redis:
        await client.advise(pin_call(customer_id="k-1"))
        await _report(client, _event("feedback_given", text="the letters are faulty"))
        request = customers.DeleteCustomerRequest(customer_id="k-1")
        await client.raw("CustomerService/DeleteCustomer", request.SerializeToString())
        left = [key async for key in redis.scan_iter(f"{settings.namespace}:{{c*")]
    assert left == []


async def test_a_call_that_goes_on_is_guided_without_redis(
    tmp_path: Path, own_redis: EmbeddedServer
) -> None:
    """K4: Redis stops in a call; guidance goes on, marked degraded, and says what is not kept."""
    settings = _settings(tmp_path, own_redis.url, store_budget_ms=100)
    async with running(settings) as client:
        request = pin_call(customer_id="k-1")
        request.call.stage = terms.CALL_STAGE_ANSWERED
        await client.advise(request)
        await _report(client, _event("identity_refused"))
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGSTOP)
        try:
            answer = await _report(client, _event("customer_asked_purpose"))
        finally:
            os.kill(own_redis.pid, signal.SIGCONT)
        assert not answer.stored
        assert answer.guidance.context_report.degraded
        assert _texts(answer.guidance)[0] == "From 1 February every purchase will need your PIN."
        assert list(answer.guidance.progress.asks_refused) == [terms.ASK_KIND_IDENTITY]
        async with asyncio.timeout(15):
            while not (again := await _report(client, _event("customer_asked_purpose"))).stored:
                await asyncio.sleep(0.02)
    assert not again.guidance.context_report.degraded
    assert list(again.guidance.progress.asks_refused) == [terms.ASK_KIND_IDENTITY]


async def test_a_call_decided_without_redis_is_kept_when_it_is_back(
    tmp_path: Path, own_redis: EmbeddedServer
) -> None:
    """A call that began in an outage is found by its first event after it."""
    async with running(_settings(tmp_path, own_redis.url, store_budget_ms=30)) as client:
        request = pin_call(customer_id="k-1")
        request.call.stage = terms.CALL_STAGE_ANSWERED
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGSTOP)
        try:
            decision = await client.advise(request)
        finally:
            os.kill(own_redis.pid, signal.SIGCONT)
        assert decision.context_report.degraded
        async with asyncio.timeout(15):
            while not (answer := await _report(client, _event("connected"))).stored:
                await asyncio.sleep(0.02)
        assert answer.guidance.decision_id == decision.decision_id


async def test_any_replica_takes_the_next_event_and_a_call_keeps_its_pack(
    tmp_path: Path, redis_url: str
) -> None:
    """A call keeps the pack it began with on a replica that was started on another one."""
    first = _settings(tmp_path, redis_url)
    async with running(first) as one:
        (tmp_path / "other").mkdir()
        elsewhere = _settings(tmp_path / "other", redis_url)
        second = elsewhere.model_copy(update={"namespace": first.namespace})
        (second.rules / "reactions.yaml").write_text(_REACTIONS.replace("That's quite", "Not"))
        async with running(second) as two:
            assert one.running.pack.pack.version != two.running.pack.pack.version
            decision = await one.advise(pin_call(customer_id="k-1"))
            await _report(one, _event("connected"))
            there = await _report(two, _event("identity_refused"))
            assert there.guidance.pack_version == decision.pack_version
            assert _texts(there.guidance)[0] == "That's quite all right."
            back = await _report(one, _event("customer_asked_purpose"))
            assert back.guidance.revision == 4
            assert list(back.guidance.progress.asks_refused) == [terms.ASK_KIND_IDENTITY]


async def test_a_watcher_on_another_replica_sees_every_change(
    tmp_path: Path, redis_url: str
) -> None:
    """The desk sees what holds first, then every change, whichever replica took the event."""
    settings = _settings(tmp_path, redis_url)
    async with running(settings) as one, running(settings) as two:
        await one.advise(pin_call(customer_id="k-1"))
        await _report(one, _event("connected"))
        watch = AdvisorServiceStub(two.channel).WatchGuidance(
            wire.WatchGuidanceRequest(call_id="c-1"), timeout=20
        )
        first = await _next(watch)
        assert first.answers == terms.CALL_EVENT_KIND_CONNECTED
        await _report(one, _event("identity_refused"))
        second = await _next(watch)
        assert second.revision > first.revision
        assert _texts(second)[0] == "That's quite all right."
        watch.cancel()


async def test_no_change_is_missed_between_two_signs_of_life(
    tmp_path: Path, redis_url: str
) -> None:
    """However often a watcher gives a sign of life, it shows the last event in the end."""
    async with running(_settings(tmp_path, redis_url, heartbeat_ms=1)) as client:
        await client.advise(pin_call(customer_id="k-1"))
        watch = AdvisorServiceStub(client.channel).WatchGuidance(
            wire.WatchGuidanceRequest(call_id="c-1"), timeout=50
        )
        for number in range(150):
            answer = await _report(client, _event("connected", f"e-{number}"))
            async with asyncio.timeout(5):
                while (await _next(watch)).revision < answer.guidance.revision:
                    pass
        watch.cancel()


async def test_an_agent_is_followed_from_call_to_call(client: Client) -> None:
    """Who watches an agent sees the call to which they were assigned last."""
    stub = AdvisorServiceStub(client.channel)
    watch = stub.WatchGuidance(wire.WatchGuidanceRequest(agent_id="a-7"), timeout=20)
    alive = await watch.read()
    assert isinstance(alive, wire.WatchGuidanceResponse)
    assert not alive.HasField("guidance")
    request = pin_call(customer_id="k-1")
    request.call.agent.agent_id = "a-7"
    await client.advise(request)
    assert (await _next(watch)).call_id == "c-1"
    other = pin_call(customer_id="k-2")
    other.call.call_id = "c-2"
    await client.advise(other)
    assigned = _event("agent_assigned", agent=Agent(agent_id="a-7", name="Sam"))
    raw = wire.ReportCallEventRequest(call_id="c-2", event=assigned).SerializeToString()
    await client.raw("AdvisorService/ReportCallEvent", raw)
    seen = await _next(watch)
    assert (seen.call_id, seen.agent.name, seen.agent.agent_id) == ("c-2", "Sam", "a-7")
    watch.cancel()


async def test_a_whole_call_on_one_stream(client: Client) -> None:
    """GuideCall: context first, then events, each answered in order."""
    stream = AdvisorServiceStub(client.channel).GuideCall(timeout=20)
    await stream.write(wire.GuideCallRequest(context=pin_call(customer_id="k-1")))
    assert _guided(await stream.read()).decision.items
    await stream.write(wire.GuideCallRequest(event=_event("customer_asked_purpose")))
    assert _texts(_guided(await stream.read()).event.guidance)
    await stream.done_writing()
    assert await stream.read() is grpc.aio.EOF


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (wire.GuideCallRequest(event=_event("connected")).SerializeToString(), "context"),
        (b"\xff\xff", "message"),
        (b"", "step"),
    ],
)
async def test_a_stream_that_begins_wrongly_is_refused(
    client: Client, raw: bytes, reason: str
) -> None:
    """An event before its context, and bytes that are no message, end the stream clearly."""
    method: Any = client.channel.stream_stream("/advisor.v1.AdvisorService/GuideCall")
    stream = method(timeout=20)
    await stream.write(raw)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stream.read()
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason in f"{refused.value.details()} {refused.value.trailing_metadata()}"


async def test_streams_beyond_the_limit_are_refused(tmp_path: Path, redis_url: str) -> None:
    """One stream more than the service holds is refused, and the others go on."""
    async with running(_settings(tmp_path, redis_url, max_streams=1)) as client:
        stub = AdvisorServiceStub(client.channel)
        request = wire.WatchGuidanceRequest(call_id="c-1")
        first = stub.WatchGuidance(request, timeout=20)
        await first.read()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.WatchGuidance(request, timeout=20).read()
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        await client.advise(pin_call(customer_id="k-1"))
        assert (await _next(first)).call_id == "c-1"
        first.cancel()


async def test_calls_that_go_on_are_listed(client: Client) -> None:
    """A supervisor sees live calls, latest first, until they end (004-12)."""
    await client.advise(pin_call(customer_id="k-1"))
    await _report(client, _event("agent_asked_identity"))
    (live,) = (await _listed(client)).calls
    assert (live.call_id, live.purpose_id, live.asked_early) == ("c-1", "pin-migration", True)
    assert live.last_event == terms.CALL_EVENT_KIND_AGENT_ASKED_IDENTITY
    await _report(client, _event("customer_hung_up"))
    assert list((await _listed(client)).calls) == []


async def test_a_call_with_an_outcome_goes_on_no_more(client: Client) -> None:
    """A call whose outcome is told leaves the list, though nobody reported that it ended."""
    await client.advise(pin_call(customer_id="k-1"))
    await _report(client, _event("connected"))
    outcome = wire.RecordOutcomeRequest(customer_id="k-1", outcome_id="o-1", call_id="c-1")
    outcome.call.disposition = DISPOSITION_COMPLETED_SERVICE
    outcome.call.at.FromDatetime(NOW)
    await client.raw("AdvisorService/RecordOutcome", outcome.SerializeToString())
    async with asyncio.timeout(10):
        while (await _listed(client)).calls:
            await asyncio.sleep(0.01)


async def _listed(client: Client) -> wire.ListLiveCallsResponse:
    raw = await client.raw("AdvisorService/ListLiveCalls", b"")
    return wire.ListLiveCallsResponse.FromString(raw)


def _guided(answer: object) -> wire.GuideCallResponse:
    assert isinstance(answer, wire.GuideCallResponse)
    return answer


async def _next(watch: Any) -> CallGuidance:  # noqa: ANN401 - grpc.aio's stream
    while True:
        answer = await watch.read()
        assert isinstance(answer, wire.WatchGuidanceResponse)
        if answer.HasField("guidance"):
            return answer.guidance
