"""CustomerService: what is kept of customers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from google.protobuf.field_mask_pb2 import FieldMask

from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.catalogue import Catalogue
from advisor.facts.recall import with_learned
from advisor.server import errors
from advisor.server.errors import ErrorReason
from advisor.server.packs import LoadedPack
from advisor.server.receiving import Call
from advisor.server.translate.customer_in import FIELD_NAMES, core_name, lift_in, profile_in
from advisor.server.translate.customer_out import profile_out
from advisor.server.translate.facts_in import attributes_in
from advisor.server.validation import Violation
from advisor.store.customers import Change, Stored, Unavailable, Updated
from advisor.store.errors import StoreError
from advisor.v1 import customer_service_pb2 as wire
from advisor.v1.customer_pb2 import CustomerProfile

_ATTRIBUTES: Final = "attributes"


class Customers(Protocol):
    """Reads and changes what is kept of customers."""

    async def read(self, customer_id: str) -> Stored | Unavailable | None:
        """Return what is kept; None where nothing is; `Unavailable` where nobody can know."""

    async def update(self, customer_id: str, change: Change) -> Updated:
        """Join a change into what is kept, or raise a StoreError."""


class CustomerService:
    """Answers the methods of the contract's CustomerService."""

    __slots__ = ("_clock", "_customers", "_loaded")

    def __init__(
        self,
        *,
        loaded: Callable[[], LoadedPack],
        customers: Customers,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the collaborators; `loaded` returns the pack whose facts customers may have."""
        self._loaded = loaded
        self._customers = customers
        self._clock = clock

    async def get_customer(
        self, request: wire.GetCustomerRequest, _call: Call
    ) -> wire.GetCustomerResponse:
        """Return what is kept of one customer."""
        stored = await self._customers.read(request.customer_id)
        if isinstance(stored, Unavailable):
            raise errors.store_unavailable(
                stored.reason.value, retry_after=errors.STORE_RETRY_AFTER
            )
        if stored is None:
            raise errors.not_found(
                ErrorReason.UNKNOWN_CUSTOMER, "customer", "", "UpdateCustomer makes one."
            )
        return wire.GetCustomerResponse(profile=self._profile_out(stored))

    async def update_customer(
        self, request: wire.UpdateCustomerRequest, call: Call
    ) -> wire.UpdateCustomerResponse:
        """Join a change into what is kept of one customer."""
        catalogue = self._loaded().pack.catalogue
        change = _change(request, catalogue, self._clock())
        call.must_have_time()
        try:
            updated = await self._customers.update(request.customer_id, change)
        except StoreError as error:
            raise errors.store_failed(error) from error
        return wire.UpdateCustomerResponse(profile=self._profile_out(updated.stored))

    def _profile_out(self, stored: Stored) -> CustomerProfile:
        """Write all that is known, what calls taught included: a customer may read and edit it."""
        catalogue = self._loaded().pack.catalogue
        profile = with_learned(stored.profile, stored.learned, self._clock(), catalogue.facts)
        return profile_out(profile, catalogue)


def _change(request: wire.UpdateCustomerRequest, catalogue: Catalogue, now: datetime) -> Change:
    found: list[Violation] = []
    sent = request.profile
    attributes = attributes_in(sent.attributes, catalogue, BUILT_IN, "profile.attributes", found)
    change = Change(
        profile=profile_in(sent, attributes, "profile", found),
        observed_at=now,
        named=(
            _named(request.update_mask, frozenset(attributes), catalogue, found)
            if request.HasField("update_mask")
            else None
        ),
        lifts=tuple(lift_in(each, now) for each in request.lift_suppressions),
    )
    if found:
        raise errors.invalid(found)
    return change


def _named(
    mask: FieldMask, sent: frozenset[str], catalogue: Catalogue, found: list[Violation]
) -> frozenset[str]:
    named: set[str] = set()
    for index, path in enumerate(mask.paths):
        attribute = path.removeprefix(f"{_ATTRIBUTES}.")
        if path in FIELD_NAMES:
            named.add(core_name(path))
        elif path == _ATTRIBUTES:
            named |= sent
        elif attribute != path and attribute in catalogue and attribute not in BUILT_IN:
            named.add(attribute)
        else:
            found.append(Violation(f"update_mask.paths[{index}]", "is no field of a profile"))
    return frozenset(named)
