"""Outcomes and signals through the whole service: what they do to the next call."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from advisor.server.app import service
from advisor.v1 import advisor_service_pb2 as advisor
from advisor.v1 import customer_service_pb2 as customers
from advisor.v1 import vocabulary_customer_pb2 as terms
from advisor.v1.advisor_service_pb2 import AdviseRequest, AdviseResponse
from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceStub
from advisor.v1.vocabulary_call_pb2 import CALL_STAGE_HEADLINE, VERIFICATION_LEVEL_STRONG
from advisor.v1.vocabulary_decision_pb2 import (
    DECISION_ALLOW,
    DECISION_BLOCK,
    DECISION_DEFER,
    REASON_CODE_FREQUENCY_CAP,
    REASON_CODE_WEATHER_HOLD,
)
from tests.server.desk import Refused
from tests.server.running import NOW, Client, pin_call, running, settings_for, surroundings

_M = TypeVar("_M", bound=Message)

_MORE: Final = """
limits:
  - {id: two-a-day, at_most: 2, count: attempts, in: 24 hours, basis: policy}
  - {id: number-rests, wait: 24 hours, after: refusal, per: number, basis: policy}
eligibility:
  - id: outage-holds
    because: While nothing works, nobody is rung about anything else.
    when: {weather.outage.active: yes}
    then: {decision: defer, reason: weather_hold, until: weather.outage.ends_at}
guidance:
  - id: quote-it
    because: A call that can be checked is believed.
    then:
      - say:
          {name: reference, stage: close, force: could,
           text: "Your reference is {proof.reference}."}
  - id: somebody-answers
    because: Who complained is rung by those who can put it right.
    when: {complaints.open: {at_least: 1}}
    then:
      - raise: {name: recovery, purpose: pin-migration, within: 1 days, owner: complaints}
engagement:
  - {id: served, because: We were of use., when: {outcome.disposition: completed_service},
     then: {credit: 4, half_life: 90 days}}
  - {id: annoyed, because: We asked who they were., when: {outcome.disposition: declined_identity},
     then: {debit: 5}}
  - {id: helped, because: We helped before we were asked., when: {signal.kind: proactive_help},
     then: {credit: 6, half_life: 180 days}}
"""


def _namespace(tmp_path: Path) -> str:
    return re.sub("[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")


@pytest.fixture(name="client")
async def _client(tmp_path: Path, redis_url: str) -> AsyncIterator[Client]:
    settings = settings_for(tmp_path, redis_url=redis_url, namespace=_namespace(tmp_path))
    (tmp_path / "rules" / "more.yaml").write_text(_MORE)
    async with running(settings) as client:
        yield client


async def _sent(client: Client, method: str, request: Message, reply: type[_M]) -> _M:
    return reply.FromString(await client.raw(method, request.SerializeToString()))


def _outcome(
    disposition: terms.Disposition.ValueType,
    call: int = 1,
    **more: Any,  # noqa: ANN401 - fields of the message
) -> advisor.RecordOutcomeRequest:
    request = advisor.RecordOutcomeRequest(
        customer_id="K-1", outcome_id=f"o-{call}", call_id=f"c-{call}", **more
    )
    request.call.disposition = disposition
    request.call.at.FromDatetime(NOW)
    return request


async def _told(
    client: Client, request: advisor.RecordOutcomeRequest
) -> advisor.RecordOutcomeResponse:
    return await _sent(
        client, "AdvisorService/RecordOutcome", request, advisor.RecordOutcomeResponse
    )


async def _noticed(
    client: Client, request: customers.RecordSignalRequest
) -> customers.RecordSignalResponse:
    return await _sent(
        client, "CustomerService/RecordSignal", request, customers.RecordSignalResponse
    )


async def _card(
    client: Client, page_size: int = 0, page_token: str = ""
) -> customers.GetEngagementCardResponse:
    request = customers.GetEngagementCardRequest(
        customer_id="K-1", page_size=page_size, page_token=page_token
    )
    return await _sent(
        client, "CustomerService/GetEngagementCard", request, customers.GetEngagementCardResponse
    )


def _call(number: int = 1, campaign: str = "") -> AdviseRequest:
    request = pin_call(customer_id="K-1")
    request.call.call_id = f"c-{number}"
    request.call.campaign = campaign
    return request


def _codes(answer: AdviseResponse) -> list[int]:
    return [reason.code for reason in answer.verdict.reasons]


def _signal(kind: terms.SignalKind.ValueType, id_: str = "s-1") -> customers.RecordSignalRequest:
    request = customers.RecordSignalRequest(signal_id=id_)
    request.customer.customer_id = "K-1"
    request.customer.kind = kind
    request.customer.reported_by = terms.SIGNAL_REPORTER_STAFF
    request.customer.at.FromDatetime(NOW)
    return request


def _violations(refused: Refused) -> list[str]:
    found = refused.detail(error_details_pb2.BadRequest())
    return [each.field for each in found.field_violations]


async def _refused(client: Client, request: advisor.RecordOutcomeRequest) -> Refused:
    with pytest.raises(Refused) as caught:
        await _told(client, request)
    return caught.value


async def test_a_request_to_stop_stops_the_next_call(client: Client) -> None:
    """K4: asked in a call for no more calls, the customer is not rung again, for anything."""
    assert (await client.advise(_call())).verdict.decision == DECISION_ALLOW
    told = await _told(client, _outcome(terms.DISPOSITION_DNC_ALL))
    assert (told.human, told.refusal, told.opt_out) == (True, True, True)
    assert (await client.advise(_call(2))).verdict.decision == DECISION_BLOCK


async def test_one_outcome_has_one_effect(client: Client) -> None:
    """Fault 34: the same outcome ten times at once has one effect and ten equal answers."""
    request = _outcome(terms.DISPOSITION_COMPLETED_SERVICE)
    answers = await asyncio.gather(*(_told(client, request) for _ in range(10)))
    assert sorted(answer.repeated for answer in answers) == [False, *[True] * 9]
    for answer in answers:
        answer.repeated = False
    assert len({answer.SerializeToString() for answer in answers}) == 1
    assert (answers[0].balance_before, answers[0].balance_after) == (0, 4)
    assert (await _card(client)).total == 1


async def test_the_same_id_with_other_content_is_refused(client: Client) -> None:
    """An id stands for one telling; a second outcome of a call must be a correction."""
    await _told(client, _outcome(terms.DISPOSITION_NO_ANSWER))
    again = await _refused(client, _outcome(terms.DISPOSITION_SALE))
    assert (again.code, again.reason) == (grpc.StatusCode.ALREADY_EXISTS, "ID_REUSED")
    second = _outcome(terms.DISPOSITION_SALE)
    second.outcome_id = "o-other"
    other = await _refused(client, second)
    assert (other.code, other.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "OUTCOME_EXISTS",
    )


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"call_id": ""}, "call_id"),
        ({"corrects": "o-0"}, "call"),
        ({"learned": "bank.pin_usd"}, "learned[bank.pin_usd]"),
        ({"disposition": 0}, "call.disposition"),
        ({"call.call_id": "c-9"}, "call.call_id"),
        ({"reached_human": False}, "call"),
    ],
)
async def test_what_cannot_be_is_refused(
    client: Client, wrong: dict[str, object], path: str
) -> None:
    """What contradicts itself, or names what nobody knows, is refused and changes nothing."""
    request = _outcome(terms.DISPOSITION_SALE)
    for name, value in wrong.items():
        if name == "learned":
            request.learned[str(value)].yes_no = True
        elif name == "call.call_id":
            request.call.call_id = str(value)
        else:
            holder = request if hasattr(request, name) else request.call
            setattr(holder, name, value)
    refused = await _refused(client, request)
    assert refused.code is grpc.StatusCode.INVALID_ARGUMENT
    assert path in _violations(refused)
    assert (await _card(client)).total == 0


async def test_a_correction_takes_back_and_runs_again(client: Client) -> None:
    """A wrong key is corrected: card, suppression and history are as if it had not been."""
    await _told(client, _outcome(terms.DISPOSITION_DNC_ALL))
    right = _outcome(
        terms.DISPOSITION_COMPLETED_SERVICE, corrects="o-1", basis="the wrong key was pressed"
    )
    right.outcome_id = "o-2"
    told = await _told(client, right)
    assert [(entry.points, entry.type) for entry in told.entries] == [
        (4, terms.ENTRY_TYPE_CORRECTION)
    ]
    assert (await client.advise(_call(2))).verdict.decision == DECISION_ALLOW
    late = await _told(client, _outcome(terms.DISPOSITION_DNC_ALL))
    assert late.repeated


async def test_calls_of_every_campaign_count(client: Client) -> None:
    """004-17: two campaigns share the person's cap, and what is stored is what counts."""
    for number, campaign in ((1, "autumn"), (2, "winter")):
        answer = await client.advise(_call(number, campaign))
        assert answer.verdict.decision == DECISION_ALLOW
        await _told(client, _outcome(terms.DISPOSITION_NO_ANSWER, number))
    answer = await client.advise(_call(3, "spring"))
    assert answer.verdict.decision == DECISION_DEFER
    assert _codes(answer) == [REASON_CODE_FREQUENCY_CAP]
    assert answer.verdict.not_before.ToDatetime(UTC) == NOW + timedelta(days=1)


async def test_who_shares_a_number_shares_its_rest(client: Client) -> None:
    """A no on a number rests it for whoever else is reached there, told with the number or not."""
    number = "+442079460123"
    asked = _call()
    asked.call.dialled_number = number
    await client.advise(asked)
    await _told(client, _outcome(terms.DISPOSITION_NOT_INTERESTED))
    other = _call(2)
    other.customer.customer_id = "K-2"
    other.customer.history.SetInParent()
    other.call.dialled_number = number

    async def rests() -> bool:
        other.call.call_id += "x"
        answer = await client.advise(other)
        (reason,) = answer.verdict.reasons or [None]
        return reason is not None and reason.rule_id == "number-rests" and not reason.unsure

    async with asyncio.timeout(10):
        while not await rests():
            await asyncio.sleep(0.01)


async def test_two_campaigns_race_for_the_last_attempt(client: Client) -> None:
    """K4: of two campaigns that ask at once for the last allowed call, exactly one gets it."""
    await _told(client, _outcome(terms.DISPOSITION_NO_ANSWER))
    answers = await asyncio.gather(
        *(client.advise(_call(number, f"campaign-{number}")) for number in range(2, 8))
    )
    decisions = sorted(answer.verdict.decision for answer in answers)
    assert decisions.count(DECISION_ALLOW) == 1
    assert decisions.count(DECISION_DEFER) == 5


async def test_the_same_question_has_the_same_answer(client: Client) -> None:
    """Asked again, a call has its decision and reference; asked otherwise, a new revision."""
    first = await client.advise(_call())
    again = await client.advise(_call())
    assert (again.decision_id, again.proof.reference, again.revision) == (
        first.decision_id,
        first.proof.reference,
        1,
    )
    other = await client.advise(_call(campaign="winter"))
    assert (other.proof.reference, other.revision) == (first.proof.reference, 2)
    assert other.decision_id != first.decision_id


async def test_an_answer_is_not_repeated_past_its_end(tmp_path: Path, redis_url: str) -> None:
    """Asked again after the window has closed, the same call is not allowed by an old decision."""
    settings = settings_for(tmp_path, redis_url=redis_url, namespace=_namespace(tmp_path))
    clock = [NOW.replace(hour=17, minute=58)]
    given = replace(surroundings(io.StringIO(), CollectorRegistry()), clock=lambda: clock[-1])
    async with (
        service(settings, given) as what,
        grpc.aio.insecure_channel(what.address) as channel,
    ):
        advise = AdvisorServiceStub(channel).Advise
        answers = []
        for minutes in (0, 1, 3):
            clock.append(clock[0] + timedelta(minutes=minutes))
            answers.append(await advise(_call(), timeout=10))
    first, again, late = answers
    assert first.verdict == again.verdict
    assert first.valid_until == again.valid_until
    assert (first.verdict.decision, late.verdict.decision) == (DECISION_ALLOW, DECISION_DEFER)


async def test_weather_holds_until_it_ends(client: Client) -> None:
    """003-03: an outage holds calls of its brand, says until when, and is told in one call."""
    request = customers.RecordSignalRequest(signal_id="w-1")
    request.weather.kind = terms.WEATHER_KIND_OUTAGE
    request.weather.brand = "acme"
    request.weather.ends_at.FromDatetime(NOW + timedelta(hours=2))
    answer = await _noticed(client, request)
    assert answer.durability != terms.DURABILITY_UNSPECIFIED
    held = await client.advise(_call())
    assert _codes(held) == [REASON_CODE_WEATHER_HOLD]
    assert held.verdict.not_before.ToDatetime(UTC) == NOW + timedelta(hours=2)
    request.weather.begins_at.FromDatetime(NOW + timedelta(hours=3))
    with pytest.raises(Refused) as caught:
        await _noticed(client, request)
    assert _violations(caught.value) == ["weather.ends_at"]


async def test_a_task_goes_to_its_owner(client: Client) -> None:
    """001-04, 001-12: what one system told raises a task, with owner and time, in another's."""
    assert list((await client.advise(_call())).tasks) == []
    await _noticed(client, _signal(terms.SIGNAL_KIND_COMPLAINT_RAISED))
    held = await client.advise(_call(2))
    assert held.verdict.decision == DECISION_DEFER
    (task,) = held.tasks
    assert (task.id, task.purpose_id, task.owner, task.within.ToTimedelta()) == (
        "somebody-answers/recovery",
        "pin-migration",
        "complaints",
        timedelta(days=1),
    )


async def test_the_card_is_a_statement(client: Client) -> None:
    """004-25: every point can be traced, page by page, in words that a customer can read."""
    await _told(client, _outcome(terms.DISPOSITION_COMPLETED_SERVICE))
    await _told(client, _outcome(terms.DISPOSITION_DECLINED_IDENTITY, 2))
    credited = await _noticed(client, _signal(terms.SIGNAL_KIND_PROACTIVE_HELP))
    assert [entry.rule_id for entry in credited.entries] == ["helped"]
    first = await _card(client, page_size=2)
    rest = await _card(client, page_size=2, page_token=first.next_page_token)
    assert [line.text for line in (*first.lines, *rest.lines)] == [
        "12 January 2026: 6 points more. We helped before we were asked.",
        "12 January 2026: 5 points fewer. We asked who they were.",
        "12 January 2026: 4 points more. We were of use.",
    ]
    assert (first.total, rest.next_page_token, first.card.balance) == (3, "", 5)
    assert first.card.tier == terms.TRUST_TIER_NEUTRAL
    with pytest.raises(Refused):
        await _card(client, page_token="x")  # noqa: S106 - no password


async def test_what_a_call_taught_is_known_in_the_next(client: Client) -> None:
    """004-44: a fact that was learned counts in the next call, and its reliability is kept."""
    told = _outcome(terms.DISPOSITION_COMPLETED_SERVICE, under_pressure=True)
    told.learned["bank.pin_used"].yes_no = False
    await _told(client, told)
    items = [item.id for item in (await client.advise(_call(2))).items]
    assert "pin-never-used/remind" in items
    export = await _export(client)
    assert [(each.name, each.reliability, each.verifies) for each in export.learned] == [
        ("bank.pin_used", terms.RELIABILITY_UNDER_PRESSURE, False)
    ]


async def _export(client: Client) -> customers.ExportCustomerResponse:
    request = customers.ExportCustomerRequest(customer_id="K-1")
    return await _sent(
        client, "CustomerService/ExportCustomer", request, customers.ExportCustomerResponse
    )


async def test_everything_can_be_had_and_forgotten(client: Client) -> None:
    """All that is kept is given out; erased, only the suppression that must hold on is left."""
    await client.advise(_call())
    told = _outcome(terms.DISPOSITION_DNC_ALL, comment="my card is 4111 1111 1111 1111")
    told.call.topic = "my card 4111 1111 1111 1111"
    await _told(client, told)
    complaint = _signal(terms.SIGNAL_KIND_COMPLAINT_RAISED)
    complaint.customer.topic = "a fee"
    await _noticed(client, complaint)
    contact = _signal(terms.SIGNAL_KIND_PARTICIPATED, "s-2")
    contact.customer.role = terms.PARTICIPATION_TESTER
    contact.customer.function = terms.BUSINESS_FUNCTION_STRATEGY
    contact.customer.channel = terms.CHANNEL_EMAIL
    await _noticed(client, contact)
    kept = await _export(client)
    assert [each.call_id for each in kept.history.contacts] == ["c-1"]
    assert kept.history.contacts[0].purpose_id == "pin-migration"
    assert kept.history.contacts[0].topic == "my card [card number removed]"
    assert [each.topic for each in kept.complaints] == ["a fee"]
    assert [each.kind for each in kept.signals] == [
        terms.SIGNAL_KIND_PARTICIPATED,
        terms.SIGNAL_KIND_COMPLAINT_RAISED,
    ]
    assert "4111" not in str(kept)
    request = customers.DeleteCustomerRequest(customer_id="K-1")
    for _again in range(2):
        await _sent(
            client, "CustomerService/DeleteCustomer", request, customers.DeleteCustomerResponse
        )
    left = await _export(client)
    assert [each.source for each in left.profile.suppressions] == [
        terms.SUPPRESSION_SOURCE_INTERNAL
    ]
    assert (list(left.history.contacts), list(left.ledger), list(left.signals)) == ([], [], [])
    assert (await client.advise(_call(2))).verdict.decision == DECISION_BLOCK


async def test_a_reference_says_whose_it_is_and_what_about(client: Client) -> None:
    """001-20: whoever answers the customer who rings back sees why we rang, as far as they may."""
    answer = await client.advise(_call())
    request = advisor.LookupCallReferenceRequest(reference=answer.proof.reference.lower())
    found = [
        await _sent(
            client,
            "AdvisorService/LookupCallReference",
            request,
            advisor.LookupCallReferenceResponse,
        )
        for _ in range(2)
    ]
    first, second = found
    assert (first.brand_name, first.open, first.lookups, second.lookups) == (
        "Acme Bank",
        True,
        0,
        1,
    )
    assert first.about == "It's about a change to how your card works."
    told = [item.text for item in answer.items if item.id == "quote-it/reference"]
    assert told == [f"Your reference is {answer.proof.reference}."]
    request.customer_verification = VERIFICATION_LEVEL_STRONG
    request.reference = "zzzzzzzz"
    with pytest.raises(Refused) as caught:
        await client.raw("AdvisorService/LookupCallReference", request.SerializeToString())
    assert caught.value.reason == "UNKNOWN_REFERENCE"


async def _explained(client: Client, **asked: str) -> advisor.ExplainDecisionResponse:
    request = advisor.ExplainDecisionRequest(**asked)
    return await _sent(
        client, "AdvisorService/ExplainDecision", request, advisor.ExplainDecisionResponse
    )


async def _kept(client: Client, decision_id: str) -> None:
    """Wait until what explains a decision is kept: nobody on the line waits for it."""
    async with asyncio.timeout(10):
        while True:
            try:
                await _explained(client, decision_id=decision_id)
            except Refused:
                await asyncio.sleep(0.01)
            else:
                return


async def test_a_decision_can_be_explained_afterwards(client: Client) -> None:
    """002-12: what was answered, why a rule did not speak, and a plain answer for the customer."""
    answer = await client.advise(_call())
    await _kept(client, answer.decision_id)
    told = await _explained(client, decision_id=answer.decision_id, rule_id="pin-never-used")
    assert told.decision == answer
    assert told.for_customer == (
        "Acme Bank rang you, and this is why: From 1 February every purchase will need your PIN."
        " What it is for: You will not be refused at a till. You can ring us on +442079460100."
    )
    assert any("bank.pin_used" in line for line in told.why)
    with pytest.raises(Refused) as unknown:
        await _explained(client, decision_id=answer.decision_id, rule_id="pin-never-usd")
    assert unknown.value.reason == "UNKNOWN_RULE"
    with pytest.raises(Refused) as missing:
        await _explained(client, decision_id="nothing")
    assert missing.value.reason == "UNKNOWN_DECISION"


async def test_where_calls_end_badly_is_counted_for_whoever_owns_the_step(client: Client) -> None:
    """002-11: bad endings are counted by stage and item of the pack, by no words of a caller."""
    for number, after in enumerate(("headline-first/headline", "made/up"), 1):
        request = _outcome(terms.DISPOSITION_DECLINED_IDENTITY, number)
        request.call.ended_at_stage = CALL_STAGE_HEADLINE
        request.call.ended_after = after
        await _told(client, request)
    await _told(client, _outcome(terms.DISPOSITION_COMPLETED_SERVICE, 3))
    counted = {
        (sample.labels["stage"], sample.labels["item"]): sample.value
        for metric in client.registry.collect()
        for sample in metric.samples
        if sample.name == "advisor_bad_endings_total"
    }
    assert counted == {("headline", "headline-first/headline"): 1, ("headline", "unknown"): 1}


async def test_no_personal_data_is_left_in_logs_metrics_or_keys(
    client: Client, redis_url: str, tmp_path: Path
) -> None:
    """Fault 40: canaries that were sent are in no log line, no metric and no key."""
    canaries = ("Kirkby-canary", "+442079460999", "K-canary", "words-of-the-canary")
    request = _call()
    request.customer.customer_id = canaries[2]
    request.customer.profile.preferred_name = canaries[0]
    request.call.dialled_number = canaries[1]
    await client.advise(request)
    told = _outcome(terms.DISPOSITION_COMPLAINT_RAISED, comment=canaries[3])
    told.customer_id = canaries[2]
    told.call.topic = canaries[3]
    told.call.number = canaries[1]
    await _told(client, told)
    async with Redis.from_url(redis_url) as redis:
        keys = [key async for key in redis.scan_iter(f"{_namespace(tmp_path)}:*")]
    assert keys
    lines = client.log.getvalue()
    assert json.loads(lines.splitlines()[-1])
    metrics = str([sample for metric in client.registry.collect() for sample in metric.samples])
    for canary in canaries:
        assert canary not in lines
        assert canary not in metrics
        assert canary.encode() not in b"".join(keys)


async def test_an_outcome_takes_from_the_call_what_it_does_not_repeat(client: Client) -> None:
    """What Advise was asked about the call need not be told again; what is told counts."""
    request = _call(campaign="winter")
    request.purpose.subject = "m-1"
    await client.advise(request)
    told = _outcome(terms.DISPOSITION_NOT_INTERESTED)
    told.call.campaign = "spring"
    told.call.at.FromDatetime(datetime(2026, 1, 12, 15, 1, tzinfo=UTC))
    await _told(client, told)
    (contact,) = (await _export(client)).history.contacts
    assert (contact.subject, contact.campaign, contact.purpose_id) == (
        "m-1",
        "spring",
        "pin-migration",
    )
