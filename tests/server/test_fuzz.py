"""Whatever bytes arrive: an answer, or a documented status with a reason (fault 29).

Hypothesis makes messages from the descriptors of the contract. Tame ones keep to the declared
limits and reach the core; wild ones hold unknown enum values, NaN, huge numbers and nasty texts;
and bytes are cut, flipped and made up.
"""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from advisor.server.app import ADVISOR, CALLBACK, CUSTOMER, RULE, Running, serve
from advisor.server.errors import DOMAIN, ErrorReason
from tests.server.messages import messages
from tests.server.running import settings_for, surroundings

METHODS: list[MethodDescriptor] = [
    method
    for service in (ADVISOR, CUSTOMER, CALLBACK, RULE)
    for method in service.methods
    # A stream reads its messages as all others do; tests/server/test_live.py sends it bad ones.
    if not (method.client_streaming or method.server_streaming)
]
NAMES = [method.full_name for method in METHODS]

#: What the contract documents; INTERNAL and UNKNOWN are not among them.
DOCUMENTED = {
    grpc.StatusCode.INVALID_ARGUMENT: {ErrorReason.MALFORMED_REQUEST, ErrorReason.INVALID_REQUEST},
    grpc.StatusCode.NOT_FOUND: {
        ErrorReason.UNKNOWN_PURPOSE,
        ErrorReason.UNKNOWN_BRAND,
        ErrorReason.UNKNOWN_CUSTOMER,
        ErrorReason.UNKNOWN_CALL,
        ErrorReason.UNKNOWN_DECISION,
        ErrorReason.UNKNOWN_REFERENCE,
        ErrorReason.UNKNOWN_RULE,
        ErrorReason.UNKNOWN_PROMISE,
    },
    grpc.StatusCode.ALREADY_EXISTS: {ErrorReason.ID_REUSED},
    grpc.StatusCode.FAILED_PRECONDITION: {
        ErrorReason.OUTCOME_EXISTS,
        ErrorReason.CANNOT_BE_KEPT,
    },
}
#: What would show how the service is made.
INSIDES = ("Error", "Exception", "Traceback", "<class", "_pb2", "advisor.v1", ".py")
#: Seconds in which a store that was late must answer again.
PATIENCE = 10
#: Characters of the longest line that a refused request may leave.
SHORT = 600


@dataclass(frozen=True, slots=True)
class Target:
    """A service that answers in a thread of its own, and its log."""

    channel: grpc.Channel
    log: io.StringIO

    def send(self, method: MethodDescriptor, raw: bytes) -> None:
        """Send bytes, and hold the service to what it promises."""
        service = method.containing_service.full_name
        call: Any = self.channel.unary_unary(f"/{service}/{method.name}")
        until = time.monotonic() + PATIENCE
        while True:
            self.log.seek(0)
            self.log.truncate()
            try:
                reply = call(raw, timeout=20)
            except grpc.RpcError as error:
                # On a machine that is busy the store may be late; the same request settles it.
                if _is_late(error) and time.monotonic() < until:
                    continue
                self._is_documented(error)
            else:
                GetMessageClass(method.output_type).FromString(reply)
            break
        lines = self.log.getvalue().splitlines()
        assert [len(line) < SHORT for line in lines] == [True]

    def _is_documented(self, error: Any) -> None:  # noqa: ANN401 - an RpcError that is a Call
        status = rpc_status.from_call(error)
        assert status is not None
        infos = [each for each in status.details if each.Is(error_details_pb2.ErrorInfo.DESCRIPTOR)]
        assert len(infos) == 1
        info = error_details_pb2.ErrorInfo.FromString(infos[0].value)
        assert info.domain == DOMAIN
        assert info.reason in DOCUMENTED.get(error.code(), set()), f"{error.code()} {info.reason}"
        shown = f"{error.details()} {info}"
        assert [inside for inside in INSIDES if inside in shown] == []


def _is_late(error: Any) -> bool:  # noqa: ANN401 - an RpcError that is a Call
    return bool(error.code() is grpc.StatusCode.UNAVAILABLE)


@pytest.fixture(name="target", scope="module")
def _target(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("fuzz")
    settings = settings_for(folder, redis_url=redis_url, namespace=f"fuzz-{folder.name}")
    log = io.StringIO()
    ready: list[tuple[asyncio.AbstractEventLoop, asyncio.Event, str]] = []
    answers = threading.Event()

    async def run() -> None:
        stop = asyncio.Event()

        def on_running(running: Running) -> None:
            ready.append((asyncio.get_running_loop(), stop, running.address))
            answers.set()

        await serve(settings, surroundings(log, CollectorRegistry()), stop, on_running)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert answers.wait(20)
    [(loop, stop, address)] = ready
    try:
        with grpc.insecure_channel(address) as channel:
            yield Target(channel, log)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
@given(data=st.data())
def test_messages_within_limits_are_answered(
    target: Target, method: MethodDescriptor, data: st.DataObject
) -> None:
    """A message that keeps to the limits is answered, or refused for what the pack knows."""
    message = data.draw(messages(method.input_type, tame=True))
    target.send(method, message.SerializeToString())


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
@given(data=st.data())
def test_messages_of_any_kind_are_answered_or_refused(
    target: Target, method: MethodDescriptor, data: st.DataObject
) -> None:
    """Unknown enum values, NaN, huge numbers and nasty texts are refused with a reason."""
    message = data.draw(messages(method.input_type, tame=False))
    target.send(method, message.SerializeToString())


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
@given(data=st.data(), noise=st.binary(max_size=8))
def test_bytes_of_any_kind_are_answered_or_refused(
    target: Target, method: MethodDescriptor, data: st.DataObject, noise: bytes
) -> None:
    """Bytes that are cut, overwritten or made up are refused with a reason."""
    message: Message = data.draw(messages(method.input_type, tame=True))
    raw = message.SerializeToString()
    at = data.draw(st.integers(0, len(raw)))
    keep = data.draw(st.sampled_from([0, len(noise), len(raw)]))
    target.send(method, raw[:at] + noise + raw[at + keep :])


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\x0a\xff\xff\xff\xff\x0f", id="a length beyond the end"),
        pytest.param(b"\x0b" * 150, id="150 nested groups"),
        pytest.param(b"\x0a\x02\xff\xfe", id="bad UTF-8"),
        pytest.param(b"\xf8\xff\xff\xff\x0f\x01", id="an unknown field"),
        pytest.param(b"\x00", id="field zero"),
    ],
)
def test_known_tricks_are_answered_or_refused(
    target: Target, method: MethodDescriptor, raw: bytes
) -> None:
    """What has broken parsers before does not break this one."""
    target.send(method, raw)
