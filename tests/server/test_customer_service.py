"""How failures of the store reach a caller, and when nothing is stored."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import grpc
import pytest

from advisor.server.customer_service import CustomerService
from advisor.server.errors import ErrorReason, Refusal
from advisor.server.packs import LoadedPack
from advisor.server.receiving import Call
from advisor.store.customers import Change, Unavailable, Updated
from advisor.store.errors import (
    Reason,
    RecordUnreadable,
    StoreError,
    StoreFull,
    StoreMisconfigured,
    StoreReadOnly,
    StoreUnavailable,
)
from advisor.v1.customer_pb2 import CustomerProfile
from advisor.v1.customer_service_pb2 import GetCustomerRequest, UpdateCustomerRequest
from advisor.workbench.preparing import prepare
from tests.server.running import PACK

NOW = datetime(2026, 1, 12, 15, tzinfo=UTC)


class Broken:
    """A store that fails in one way, and counts what it was asked to change."""

    def __init__(self, error: StoreError) -> None:
        """Take the failure."""
        self.error = error
        self.changes: list[Change] = []

    async def read(self, customer_id: str) -> Unavailable:  # noqa: ARG002 - the port's
        """Say that nobody can know."""
        return Unavailable(reason=self.error.reason)

    async def update(self, customer_id: str, change: Change) -> Updated:  # noqa: ARG002 - the port's
        """Fail."""
        self.changes.append(change)
        raise self.error


def service_over(store: Broken) -> CustomerService:
    """Make the service over a store."""
    guide = prepare(PACK).guide
    assert guide is not None
    loaded = LoadedPack(guide, NOW)
    return CustomerService(loaded=lambda: loaded, customers=store, clock=lambda: NOW)


def a_call(seconds: float = 5) -> Call:
    """Make a call that has so many seconds left."""
    return Call(time.monotonic() + seconds)


UPDATE = UpdateCustomerRequest(customer_id="cust-1", profile=CustomerProfile(goal="a mortgage"))


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (
            StoreUnavailable("no answer", reason=Reason.TIMEOUT),
            grpc.StatusCode.UNAVAILABLE,
            ErrorReason.STORE_UNAVAILABLE,
        ),
        (
            StoreFull("full", reason=Reason.FULL),
            grpc.StatusCode.UNAVAILABLE,
            ErrorReason.STORE_UNAVAILABLE,
        ),
        (
            StoreReadOnly("a replica", reason=Reason.READ_ONLY),
            grpc.StatusCode.UNAVAILABLE,
            ErrorReason.STORE_UNAVAILABLE,
        ),
        (
            StoreMisconfigured("refused", reason=Reason.REFUSED),
            grpc.StatusCode.FAILED_PRECONDITION,
            ErrorReason.STORE_MISCONFIGURED,
        ),
        (
            RecordUnreadable("form 9", reason=Reason.UNREADABLE),
            grpc.StatusCode.FAILED_PRECONDITION,
            ErrorReason.RECORD_UNREADABLE,
        ),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, StoreError) else "",
)
async def test_every_failure_of_the_store_has_its_status(
    error: StoreError, code: grpc.StatusCode, reason: ErrorReason
) -> None:
    """No failure of the store becomes INTERNAL or UNKNOWN, and its text stays inside."""
    with pytest.raises(Refusal) as refused:
        await service_over(Broken(error)).update_customer(UPDATE, a_call())
    assert (refused.value.code, refused.value.reason) == (code, reason)
    assert str(error) not in refused.value.message


async def test_what_cannot_be_read_is_unavailable_and_not_unknown() -> None:
    """A store that does not answer is not the same as a customer nobody knows."""
    store = Broken(StoreUnavailable("open", reason=Reason.BREAKER_OPEN))
    with pytest.raises(Refusal) as refused:
        await service_over(store).get_customer(GetCustomerRequest(customer_id="cust-1"), a_call())
    assert refused.value.code is grpc.StatusCode.UNAVAILABLE
    assert refused.value.metadata == {"why": "breaker_open"}


async def test_nothing_is_stored_after_the_deadline() -> None:
    """A change whose deadline has passed is not begun."""
    store = Broken(StoreUnavailable("open", reason=Reason.BREAKER_OPEN))
    with pytest.raises(Refusal) as refused:
        await service_over(store).update_customer(UPDATE, a_call(-0.001))
    assert refused.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert store.changes == []
