"""Sends customers in batches: a few at once, each again until it is answered."""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

import grpc

from advisor.v1 import customer_service_pb2 as wire
from advisor.v1.customer_service_pb2_grpc import CustomerServiceStub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

#: Bytes of one request, well below what a service takes unless it is told otherwise.
_MOST_BYTES: Final = 2_000_000
#: Seconds that one batch may take; its rows are stored one after the other.
_DEADLINE: Final = 60.0
#: Seconds before the first repetition; each further one waits twice as long, up to the most.
_FIRST_WAIT: Final = 0.25
_MOST_WAIT: Final = 8.0
_AGAIN: Final = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one row.

    Attributes:
        line: Where the row begins.
        problems: Why it was refused; empty where it is kept.
        contacts_added: How many of its contacts were new.
    """

    line: int
    problems: tuple[str, ...]
    contacts_added: int


@dataclass(slots=True)
class _Batch:
    request: wire.ImportCustomersRequest
    lines: list[int] = field(default_factory=list)
    customers: set[str] = field(default_factory=set)
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How to send.

    Attributes:
        rows: Rows of a batch, 1,000 at most.
        at_once: Batches under way at once.
        patience: Seconds in which a batch is sent again where the service does not answer.
        waiting: Told, from any thread, the seconds before a batch is sent again.
    """

    rows: int
    at_once: int
    patience: float
    waiting: Callable[[float], None]


def send(
    channel: grpc.Channel,
    customers: Iterable[tuple[int, wire.ImportedCustomer]],
    observed_at: datetime,
    how: Sending,
) -> Iterator[Answer]:
    """Send customers, and give the answers in the order of the rows.

    Args:
        channel: To the service.
        customers: Each with the line of its row; taken only as fast as they are answered.
        observed_at: When the file was made.
        how: In what portions.

    Raises:
        grpc.RpcError: The service could not be reached in time, or refused a batch as a whole.
    """
    stub = CustomerServiceStub(channel)
    under_way: deque[tuple[_Batch, Future[wire.ImportCustomersResponse]]] = deque()
    with ThreadPoolExecutor(how.at_once) as threads:
        for batch in _batches(customers, observed_at, how.rows):
            # Of two rows of one customer the later one counts: they are never under way together.
            while len(under_way) == how.at_once or any(
                not batch.customers.isdisjoint(other.customers) for other, _answer in under_way
            ):
                yield from _answers(*under_way.popleft())
            under_way.append((batch, threads.submit(_sent, stub, batch, how)))
        while under_way:
            yield from _answers(*under_way.popleft())


def _batches(
    customers: Iterable[tuple[int, wire.ImportedCustomer]], observed_at: datetime, rows: int
) -> Iterator[_Batch]:
    batch = _begun(observed_at)
    for line, customer in customers:
        size = customer.ByteSize()
        if len(batch.lines) == rows or (batch.lines and batch.size + size > _MOST_BYTES):
            yield batch
            batch = _begun(observed_at)
        batch.request.rows.append(customer)
        batch.lines.append(line)
        batch.customers.add(customer.customer_id)
        batch.size += size
    if batch.lines:
        yield batch


def _begun(observed_at: datetime) -> _Batch:
    batch = _Batch(wire.ImportCustomersRequest())
    batch.request.observed_at.FromDatetime(observed_at)
    return batch


def _sent(stub: CustomerServiceStub, batch: _Batch, how: Sending) -> wire.ImportCustomersResponse:
    """Send a batch until it is answered: sent twice, it changes nothing more."""
    until, wait = time.monotonic() + how.patience, _FIRST_WAIT
    while True:
        try:
            return stub.ImportCustomers(batch.request, timeout=_DEADLINE)
        except grpc.RpcError as raised:
            # What a unary call raises is a Call as well; the stubs do not say so.
            code = cast("grpc.Call", raised).code()
            if code not in _AGAIN or time.monotonic() + wait > until:
                raise
        how.waiting(wait)
        time.sleep(wait)
        wait = min(2 * wait, _MOST_WAIT)


def _answers(batch: _Batch, answer: Future[wire.ImportCustomersResponse]) -> Iterator[Answer]:
    for line, result in zip(batch.lines, answer.result().results, strict=True):
        said = tuple(f"{each.field}: {each.description}".lstrip(": ") for each in result.problems)
        yield Answer(
            line, said or ((result.reason,) if result.reason else ()), result.contacts_added
        )
