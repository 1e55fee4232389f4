"""What a customer may ask of us: how they stand and why, all that is kept, and to be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from advisor.engagement.card import card_of
from advisor.engagement.statement import Line, line
from advisor.server import errors
from advisor.server.packs import LoadedPack
from advisor.server.receiving import Call
from advisor.server.stores import Store
from advisor.server.translate import words
from advisor.server.translate.customer_out import card_out, entry_out
from advisor.server.translate.export_out import export_out
from advisor.server.validation import Violation
from advisor.store.errors import StoreError
from advisor.v1 import customer_service_pb2 as wire

_PAGE: Final = 50


class Accounts:
    """Answers `GetEngagementCard`, `ExportCustomer` and `DeleteCustomer`."""

    __slots__ = ("_clock", "_loaded", "_store")

    def __init__(
        self, *, loaded: Callable[[], LoadedPack], store: Store, clock: Callable[[], datetime]
    ) -> None:
        """Take the collaborators; `loaded` returns the pack whose scale is used."""
        self._loaded = loaded
        self._store = store
        self._clock = clock

    async def get_engagement_card(
        self, request: wire.GetEngagementCardRequest, _call: Call
    ) -> wire.GetEngagementCardResponse:
        """Return the card, and a page of its statement."""
        begin = _begin(request.page_token)
        now = self._clock()
        try:
            remembered = await self._store.memories.read(request.customer_id)
            page = await self._store.memories.ledger(
                request.customer_id, after=begin, most=request.page_size or _PAGE
            )
        except StoreError as error:
            raise errors.store_failed(error) from error
        card = card_of(remembered.memory.account, now, self._loaded().pack.settings.card)
        return wire.GetEngagementCardResponse(
            card=None if card is None else card_out(card),
            lines=[_line_out(line(entry, now)) for entry in page.entries],
            next_page_token="" if page.after is None else str(page.after),
            total=page.total,
        )

    async def export_customer(
        self, request: wire.ExportCustomerRequest, _call: Call
    ) -> wire.ExportCustomerResponse:
        """Return all that is kept of one customer."""
        try:
            everything = await self._store.erasure.export(request.customer_id)
        except StoreError as error:
            raise errors.store_failed(error) from error
        return export_out(everything, self._loaded().pack.catalogue, self._clock())

    async def delete_customer(
        self, request: wire.DeleteCustomerRequest, call: Call
    ) -> wire.DeleteCustomerResponse:
        """Erase all that is kept of one customer."""
        call.must_have_time()
        try:
            durability = await self._store.erasure.erase(request.customer_id)
        except StoreError as error:
            raise errors.store_failed(error) from error
        return wire.DeleteCustomerResponse(durability=words.DURABILITY.write(durability))


def _begin(token: str) -> int:
    """Return where a page begins.

    Raises:
        Refusal: The token is none of ours.
    """
    if token and not token.isdecimal():
        raise errors.invalid([Violation("page_token", "is not from an earlier answer")])
    return int(token or 0)


def _line_out(said: Line) -> wire.StatementLine:
    return wire.StatementLine(entry=entry_out(said.entry), text=said.text, left=said.left)
