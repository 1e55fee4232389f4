"""Every request is admitted, read, checked, answered in time, counted and logged, or refused."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Never

import grpc
import pytest
from google.rpc import error_details_pb2

from advisor.server.errors import ErrorReason, not_found
from advisor.server.receiving import Call
from advisor.v1.advisor_service_pb2 import AdviseRequest, AdviseResponse
from tests.server.desk import Refused, at_once, never, open_desk, request_bytes


async def test_a_good_request_leaves_one_line_and_one_count() -> None:
    """A request is answered, counted once, and logged in one canonical line."""
    async with open_desk(at_once) as desk:
        reply = await desk.send(request_bytes())
        counted = desk.counted("OK")
        [line] = desk.log.getvalue().splitlines()

    fields = json.loads(line)
    assert AdviseResponse.FromString(reply).decision_id == "d-1"
    assert counted == 1
    assert fields.pop("duration_ms") >= 0
    assert fields.pop("timestamp").endswith("Z")
    assert fields == {
        "code": "OK",
        "decision_id": "d-1",
        "event": "advisor.call_advised",
        "level": "info",
        "method": "AdvisorService/Advise",
    }


async def test_a_line_holds_no_field_that_is_not_allowed() -> None:
    """What a handler notes by mistake, such as a customer's id, is not written."""
    async with open_desk(at_once) as desk:
        await desk.send(request_bytes())
        written = desk.log.getvalue()
    assert "Kirkby" not in written


@pytest.mark.parametrize(
    "raw", [b"\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x03\x0a\x01\xff", b"\x0b"]
)
async def test_bytes_that_are_no_message_are_invalid(raw: bytes) -> None:
    """Malformed protobuf and bad UTF-8 are INVALID_ARGUMENT: no class name, one short line."""
    async with open_desk(at_once) as desk:
        refusal = await desk.refusal(raw)
        lines = desk.log.getvalue().splitlines()

    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal.reason == ErrorReason.MALFORMED_REQUEST
    assert len(refusal.detail(error_details_pb2.BadRequest()).field_violations) == 1
    assert "Error" not in refusal.message
    assert "pb2" not in refusal.message
    assert [len(line) < 300 for line in lines] == [True]


async def test_every_violation_comes_at_once() -> None:
    """A request that breaks limits is INVALID_ARGUMENT with all breaches and their paths."""
    async with open_desk(at_once) as desk:
        refusal = await desk.refusal(b"")
        line = json.loads(desk.log.getvalue())

    violations = refusal.detail(error_details_pb2.BadRequest()).field_violations
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal.reason == ErrorReason.INVALID_REQUEST
    assert [(v.field, v.description) for v in violations] == [
        ("call", "is required"),
        ("purpose", "is required"),
    ]
    assert (line["event"], line["violations"]) == ("advisor.request_refused", "2")


async def test_thousands_of_violations_still_reach_the_caller() -> None:
    """What does not fit into a status is counted in it, so that the answer arrives."""
    wrong = AdviseRequest.FromString(request_bytes())
    for _ in range(1000):
        wrong.customer.history.contacts.add(number="x")
    async with open_desk(at_once) as desk:
        refusal = await desk.refusal(wrong.SerializeToString())

    violations = refusal.detail(error_details_pb2.BadRequest()).field_violations
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal.detail(error_details_pb2.ErrorInfo()).metadata["violations"] == "2000"
    assert len(violations) > 30
    assert violations[-1].description == f"and {2001 - len(violations)} more violations"


async def test_a_fault_of_ours_is_internal_and_says_nothing() -> None:
    """An unexpected exception is INTERNAL with a correlation id, its text nowhere."""

    async def fail(_request: AdviseRequest, _call: Call) -> Never:
        raise RuntimeError("Jane Kirkby, +442079460000")

    async with open_desk(fail) as desk:
        refusal = await desk.refusal(request_bytes())
        written = desk.log.getvalue()
        ids = list(desk.ids)

    line = json.loads(written)
    assert refusal.code is grpc.StatusCode.INTERNAL
    assert refusal.reason == ErrorReason.INTERNAL_ERROR
    assert refusal.detail(error_details_pb2.RequestInfo()).request_id == ids[0]
    assert "Kirkby" not in str(refusal.status)
    assert "Kirkby" not in written
    assert (line["event"], line["exception"], line["correlation_id"]) == (
        "advisor.request_failed",
        "RuntimeError",
        ids[0],
    )
    assert "fail" in line["frames"][-1]


async def test_a_refusal_keeps_its_details() -> None:
    """What the core does not know is NOT_FOUND, with the resource's type and name."""

    async def unknown(_request: AdviseRequest, _call: Call) -> Never:
        raise not_found(ErrorReason.UNKNOWN_PURPOSE, "purpose", "pin", "Send one of the pack's.")

    async with open_desk(unknown) as desk:
        refusal = await desk.refusal(request_bytes())

    resource = refusal.detail(error_details_pb2.ResourceInfo())
    assert (refusal.code, refusal.reason) == (
        grpc.StatusCode.NOT_FOUND,
        ErrorReason.UNKNOWN_PURPOSE,
    )
    assert (resource.resource_type, resource.resource_name) == ("purpose", "pin")


async def test_without_a_deadline_the_service_takes_its_own() -> None:
    """A caller that sets no deadline gets the service's, and no handler outlives it by 50 ms."""
    async with open_desk(never, deadline=0.05) as desk:
        begun = time.monotonic()
        refusal = await desk.refusal(request_bytes(), within=None)
        taken = time.monotonic() - begun

    assert refusal.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert refusal.reason == ErrorReason.DEADLINE_EXCEEDED
    assert 0.05 <= taken < 0.15


async def test_no_handler_outlives_the_callers_deadline() -> None:
    """When the caller's deadline passes, the handler ends within 50 ms."""
    ended = asyncio.Event()
    outlived: list[float] = []

    async def wait(_request: AdviseRequest, call: Call) -> Never:
        try:
            await asyncio.Event().wait()
        finally:
            outlived.append(-call.remaining())
            ended.set()
        raise AssertionError("unreachable: nothing sets the event")

    async with open_desk(wait) as desk:
        refusal = await desk.refusal(request_bytes(), within=0.05)
        await asyncio.wait_for(ended.wait(), 5)

    assert refusal.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert outlived[0] < 0.05


async def test_no_side_effect_begins_after_the_deadline() -> None:
    """A handler that asks before its side effect is stopped once the deadline has passed."""
    effects: list[str] = []
    asked = asyncio.Event()

    async def late(_request: AdviseRequest, call: Call) -> AdviseResponse:
        # Busy without waiting, so that only the question can stop it.
        while call.remaining() > 0:
            pass
        asked.set()
        call.must_have_time()
        effects.append("stored")
        return AdviseResponse()

    async with open_desk(late) as desk:
        refusal = await desk.refusal(request_bytes(), within=0.03)
        await asyncio.wait_for(asked.wait(), 5)

    assert refusal.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert effects == []


async def test_a_timeout_of_our_own_making_is_not_the_callers_deadline() -> None:
    """A TimeoutError that is not the deadline's is a fault, and not called a deadline."""

    async def fail(_request: AdviseRequest, _call: Call) -> Never:
        raise TimeoutError

    async with open_desk(fail) as desk:
        refusal = await desk.refusal(request_bytes())
    assert refusal.code is grpc.StatusCode.INTERNAL


async def test_beyond_its_limit_the_service_says_when_to_try_again() -> None:
    """One call more than the limit is RESOURCE_EXHAUSTED at once; those admitted are answered."""
    release = asyncio.Event()
    inside = asyncio.Semaphore(0)

    async def hold(_request: AdviseRequest, _call: Call) -> AdviseResponse:
        inside.release()
        await release.wait()
        return AdviseResponse()

    async with open_desk(hold, limit=2) as desk:
        admitted = [asyncio.create_task(desk.send(request_bytes())) for _ in range(2)]
        for _ in admitted:
            await asyncio.wait_for(inside.acquire(), 5)
        refusals = [await desk.refusal(request_bytes()) for _ in range(20)]
        release.set()
        answered = await asyncio.gather(*admitted)

    assert {r.code for r in refusals} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert {r.reason for r in refusals} == {ErrorReason.TOO_MANY_CALLS}
    retry = refusals[0].detail(error_details_pb2.RetryInfo()).retry_delay
    assert retry.ToMilliseconds() == 100
    assert len(answered) == 2


async def test_a_request_larger_than_allowed_is_refused() -> None:
    """The size of a request is limited before it is read."""
    async with open_desk(at_once, max_message_bytes=2048) as desk:
        refusal = await desk.refusal(b"\x00" * 4096)
    assert refusal.code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_method_that_is_not_in_the_contract_is_unimplemented() -> None:
    """Only what the contract names is answered."""
    async with open_desk(at_once) as desk:
        refusal = await desk.refusal(b"", "/advisor.v1.AdvisorService/Guess")
    assert refusal.code is grpc.StatusCode.UNIMPLEMENTED


async def test_a_caller_that_goes_away_is_counted_as_cancelled() -> None:
    """A cancelled call ends its handler and leaves its count."""
    inside = asyncio.Event()

    async def hold(_request: AdviseRequest, _call: Call) -> Never:
        inside.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable: nothing sets the event")

    async with open_desk(hold) as desk:
        waiting = asyncio.create_task(desk.send(request_bytes()))
        await asyncio.wait_for(inside.wait(), 5)
        waiting.cancel()
        with pytest.raises((asyncio.CancelledError, Refused)):
            await waiting
        async with asyncio.timeout(5):
            while desk.counted("CANCELLED") is None:
                await asyncio.sleep(0)
        counted = desk.counted("CANCELLED")
    assert counted == 1
