"""What events teach of the customer: kept once, and heeded by the next call."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from advisor.server.app import service
from advisor.server.settings import Settings
from advisor.store.embedded.server import EmbeddedServer
from advisor.v1 import advisor_service_pb2 as wire
from advisor.v1 import customer_service_pb2 as customers
from advisor.v1 import vocabulary_call_pb2 as terms
from advisor.v1 import vocabulary_customer_pb2 as customer_terms
from advisor.v1.customer_pb2 import CustomerProfile, QuietTime, QuietTimes
from advisor.v1.event_pb2 import CallEvent
from advisor.v1.vocabulary_decision_pb2 import (
    BASIS_CUSTOMER,
    BASIS_LEARNED,
    DECISION_ALLOW,
    DECISION_DEFER,
    REASON_CODE_CUSTOMER_QUIET_TIME,
    REASON_CODE_OUTSIDE_LEGAL_WINDOW,
)
from tests.server.desk import Refused
from tests.server.reactions import REACTIONS
from tests.server.running import NOW, Client, pin_call, settings_for, surroundings

_EARLIER: Final = NOW - timedelta(minutes=2)


@asynccontextmanager
async def _running(settings: Settings, now: datetime = NOW) -> AsyncIterator[Client]:
    """Run a service whose clock stands at an instant."""
    log, registry = io.StringIO(), CollectorRegistry()
    outside = replace(surroundings(log, registry), clock=lambda: now)
    async with (
        service(settings, outside) as what,
        grpc.aio.insecure_channel(what.address) as channel,
    ):
        yield Client(what, channel, log, registry)


def _settings(tmp_path: Path, redis_url: str, **changed: object) -> Settings:
    name = re.sub("[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")
    settings = settings_for(tmp_path, redis_url=redis_url, namespace=name, **changed)
    (tmp_path / "rules" / "reactions.yaml").write_text(REACTIONS)
    return settings


@pytest.fixture(name="client")
async def _client(tmp_path: Path, redis_url: str) -> AsyncIterator[Client]:
    async with _running(_settings(tmp_path, redis_url)) as client:
        yield client


def _event(kind: str, event_id: str = "e-1", **fields: Any) -> CallEvent:  # noqa: ANN401
    number = terms.CallEventKind.Value(f"CALL_EVENT_KIND_{kind.upper()}")
    return CallEvent(event_id=event_id, kind=number, **fields)


async def _report(client: Client, event: CallEvent) -> wire.ReportCallEventResponse:
    request = wire.ReportCallEventRequest(call_id="c-1", event=event)
    raw = await client.raw("AdvisorService/ReportCallEvent", request.SerializeToString())
    return wire.ReportCallEventResponse.FromString(raw)


async def _advised(client: Client, **customer: object) -> wire.AdviseResponse:
    """Ask about another call to the same customer."""
    request = pin_call(customer_id="k-1", **customer)
    request.call.call_id = "c-2"
    return await client.advise(request)


def _wished_for() -> wire.AdviseRequest:
    """Ask about another call, which the customer has asked for."""
    request = pin_call(customer_id="k-1")
    request.call.call_id = "c-2"
    request.customer.profile.consents.consents.add(
        type=customer_terms.CONSENT_TYPE_CALLBACK_REQUEST,
        state=customer_terms.CONSENT_STATE_GIVEN,
    )
    return request


async def _profile(client: Client) -> CustomerProfile:
    request = customers.GetCustomerRequest(customer_id="k-1")
    return (await client.get_customer(request)).profile


async def _exported(client: Client) -> list[customers.Learned]:
    request = customers.ExportCustomerRequest(customer_id="k-1")
    raw = await client.raw("CustomerService/ExportCustomer", request.SerializeToString())
    return list(customers.ExportCustomerResponse.FromString(raw).learned)


async def test_a_meal_puts_the_next_call_at_that_hour_off(tmp_path: Path, redis_url: str) -> None:
    """004-20: at the hour of the meal the next call waits, gently; at another hour it does not."""
    settings = _settings(tmp_path, redis_url)
    async with _running(settings) as client:
        await client.advise(pin_call(customer_id="k-1"))
        answer = await _report(client, _event("mealtime_cue"))
        assert answer.stored
        assert answer.guidance.reactions[0].text == "Enjoy your meal. Goodbye."
        verdict = (await _advised(client)).verdict
    (reason,) = verdict.reasons
    assert verdict.decision == DECISION_DEFER
    assert (reason.code, reason.basis) == (REASON_CODE_CUSTOMER_QUIET_TIME, BASIS_LEARNED)
    assert verdict.not_before.ToDatetime(UTC) == NOW + timedelta(minutes=30)
    for days, hours, decision in (
        (0, 1, DECISION_ALLOW),
        (1, 0, DECISION_DEFER),
        (90, 0, DECISION_ALLOW),
    ):
        async with _running(settings, NOW + timedelta(days=days, hours=hours)) as client:
            assert (await _advised(client)).verdict.decision == decision


async def test_a_meal_does_not_stand_in_the_way_of_what_the_customer_asked_for(
    client: Client,
) -> None:
    """Who asked to be rung then is rung then; what was only noticed gives way."""
    await client.advise(pin_call(customer_id="k-1"))
    await _report(client, _event("mealtime_cue"))
    request = _wished_for()
    assert (await client.advise(request)).verdict.decision == DECISION_ALLOW


async def test_hours_that_the_customer_named_are_theirs(client: Client) -> None:
    """000-07: hours that were said hold against a promise too, as the customer's own word."""
    await client.advise(pin_call(customer_id="k-1"))
    await _report(client, _event("time_designated_inconvenient", window="14:00-16:00"))
    request = _wished_for()
    verdict = (await client.advise(request)).verdict
    (reason,) = verdict.reasons
    assert (verdict.decision, reason.basis) == (DECISION_DEFER, BASIS_CUSTOMER)


async def test_no_hours_of_the_customer_open_what_the_law_has_closed(
    tmp_path: Path, redis_url: str
) -> None:
    """A quiet morning makes no evening legal."""
    settings = _settings(tmp_path, redis_url)
    pack = settings.rules / "pack.yaml"
    pack.write_text(
        pack.read_text().replace(
            "    basis: policy\neligibility",
            "    basis: law\n    source: {cite: Act 1, certainty: common_knowledge}\neligibility",
        )
    )
    async with _running(settings) as client:
        await client.advise(pin_call(customer_id="k-1"))
        await _report(client, _event("time_designated_inconvenient", window="before 12"))
    async with _running(settings, NOW + timedelta(hours=5)) as client:
        verdict = (await _advised(client)).verdict
    assert [reason.code for reason in verdict.reasons] == [REASON_CODE_OUTSIDE_LEGAL_WINDOW]


async def test_the_same_event_teaches_once(client: Client) -> None:
    """Ten at once, and a report again without its time, leave one fact (fault 34)."""
    await client.advise(pin_call(customer_id="k-1"))
    event = _event("mealtime_cue")
    await asyncio.gather(*(_report(client, event) for _ in range(10)))
    assert (await _report(client, event)).repeated
    (fact,) = await _exported(client)
    assert (fact.name, fact.value) == ("quiet_times", "14:30-15:30 Europe/London")
    assert (fact.source, fact.confidence) == ("learned", 0.5)
    assert fact.learned_at.ToDatetime(UTC) == NOW
    assert fact.expires_at.ToDatetime(UTC) == NOW + timedelta(days=90)


async def test_late_and_reordered_reports_teach_the_same(client: Client) -> None:
    """Whatever came first, the correction that was made last counts."""
    await client.advise(pin_call(customer_id="k-1"))
    last = _event("name_corrected", "e-2", text="KURK-bee")
    last.occurred_at.FromDatetime(NOW)
    first = _event("name_corrected", "e-1", text="KIRK-bye")
    first.occurred_at.FromDatetime(_EARLIER)
    await _report(client, last)
    await _report(client, first)
    await _report(client, last)
    assert len(await _exported(client)) == 2
    brief = (await _advised(client)).brief
    assert [item.text for item in brief] == ["Said KURK-bee."]
    assert (await _profile(client)).name_hint == "KURK-bee"


async def test_an_event_whose_lesson_was_not_kept_is_settled_by_the_same_event(
    tmp_path: Path, own_redis: EmbeddedServer
) -> None:
    """A lesson that a failing store did not take is taken when the event is told again."""
    async with _running(_settings(tmp_path, own_redis.url, store_budget_ms=100)) as client:
        request = pin_call(customer_id="k-1")
        request.call.stage = terms.CALL_STAGE_ANSWERED
        await client.advise(request)
        await _report(client, _event("connected", "e-0"))
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGSTOP)
        try:
            assert not (await _report(client, _event("mealtime_cue"))).stored
        finally:
            os.kill(own_redis.pid, signal.SIGCONT)
        async with asyncio.timeout(15):
            while not (await _report(client, _event("mealtime_cue"))).stored:
                await asyncio.sleep(0.02)
        assert [fact.name for fact in await _exported(client)] == ["quiet_times"]


async def test_a_customer_whose_record_is_of_a_newer_service_is_left_alone(
    tmp_path: Path, redis_url: str
) -> None:
    """What cannot be kept is not said to be kept, and what cannot be read stays as it is."""
    settings = _settings(tmp_path, redis_url)
    async with _running(settings) as client, Redis.from_url(redis_url) as redis:
        request = pin_call(customer_id="k-1")
        request.call.stage = terms.CALL_STAGE_ANSWERED
        await client.advise(request)
        await _report(client, _event("mealtime_cue", "e-0"))
        (key,) = [key async for key in redis.scan_iter(f"{settings.namespace}:*:memory")]
        await redis.set(key, '{"version":999}')
        for kind in ("mealtime_cue", "stop_calling_requested"):
            assert not (await _report(client, _event(kind, kind))).stored
        assert await redis.get(key) == b'{"version":999}'


async def test_an_edit_wins_over_what_was_learned(client: Client) -> None:
    """001-21: the customer reads what was learned, keeps what is right, and the rest is gone."""
    await client.advise(pin_call(customer_id="k-1"))
    await _report(client, _event("mealtime_cue", "e-1"))
    await _report(client, _event("time_designated_inconvenient", "e-2", window="before 10"))
    known = list((await _profile(client)).quiet_times.quiet_times)
    sources = [each.source for each in known]
    assert sources == [customer_terms.QUIET_SOURCE_STATED, customer_terms.QUIET_SOURCE_LEARNED]
    assert (known[1].begins, known[1].ends, known[1].zone) == ("14:30", "15:30", "Europe/London")
    edit = customers.UpdateCustomerRequest(
        customer_id="k-1",
        profile=CustomerProfile(quiet_times=QuietTimes(quiet_times=[known[0]])),
        update_mask=FieldMask(paths=["quiet_times"]),
    )
    after = (await client.update_customer(edit)).profile.quiet_times.quiet_times
    assert list(after) == [known[0]]
    assert [fact.value for fact in await _exported(client)] == ["00:00-10:00"]
    assert (await _advised(client)).verdict.decision == DECISION_ALLOW
    late = _event("mealtime_cue", "e-3")
    late.occurred_at.FromDatetime(_EARLIER)
    await _report(client, late)
    assert (await _advised(client)).verdict.decision == DECISION_ALLOW


async def test_what_a_call_brings_takes_nothing_back(client: Client) -> None:
    """Hours that a dialer sends with a call are joined with those that were learned."""
    await client.advise(pin_call(customer_id="k-1"))
    await _report(client, _event("mealtime_cue"))
    request = pin_call(customer_id="k-1")
    request.call.call_id = "c-2"
    other = QuietTime(begins="08:00", ends="09:00")
    request.customer.profile.quiet_times.quiet_times.append(other)
    assert (await client.advise(request)).verdict.decision == DECISION_DEFER


async def test_what_was_learned_outlives_the_profile_and_not_the_customer(
    tmp_path: Path, redis_url: str
) -> None:
    """What a CRM can tell again expires; what a call taught stays, until it is erased."""
    settings = _settings(tmp_path, redis_url)
    async with _running(settings) as client, Redis.from_url(redis_url) as redis:
        told = customers.UpdateCustomerRequest(customer_id="k-1")
        told.profile.goal = "a house"
        await client.update_customer(told)
        await client.advise(pin_call(customer_id="k-1"))
        await _report(client, _event("mealtime_cue"))
        (key,) = [key async for key in redis.scan_iter(f"{settings.namespace}:*:profile")]
        await redis.delete(key)
        assert (await _advised(client)).verdict.decision == DECISION_DEFER
        profile = await _profile(client)
        assert (profile.goal, len(profile.quiet_times.quiet_times)) == ("", 1)
        erase = customers.DeleteCustomerRequest(customer_id="k-1")
        await client.raw("CustomerService/DeleteCustomer", erase.SerializeToString())
        assert await _exported(client) == []
        assert (await _advised(client)).verdict.decision == DECISION_ALLOW


async def test_of_a_call_about_nobody_nothing_is_learned(client: Client) -> None:
    """Where nobody says who it is, the event is answered, and teaches nothing of anybody."""
    await client.advise(pin_call())
    assert (await _report(client, _event("mealtime_cue"))).stored
    with pytest.raises(Refused) as refused:
        await _profile(client)
    assert refused.value.reason == "UNKNOWN_CUSTOMER"


async def test_a_call_keeps_learning_by_the_pack_it_began_with(
    tmp_path: Path, redis_url: str
) -> None:
    """A replica with another pack teaches what the call's own pack says."""
    first = _settings(tmp_path, redis_url)
    async with _running(first) as one:
        (tmp_path / "other").mkdir()
        elsewhere = _settings(tmp_path / "other", redis_url)
        second = elsewhere.model_copy(update={"namespace": first.namespace})
        (second.rules / "reactions.yaml").unlink()
        async with _running(second) as two:
            await one.advise(pin_call(customer_id="k-1"))
            await _report(two, _event("mealtime_cue"))
            assert len(await _exported(two)) == 1
