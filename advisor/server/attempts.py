"""What a call counts as until its outcome is told: from its advice on, or from its dialling."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from advisor.engagement.contacts import Contact, Direction
from advisor.facts.events import UNNOTICED
from advisor.rules.pack import Pack
from advisor.server.packs import Packs
from advisor.server.scene import Told, told_in
from advisor.server.standing import Standing
from advisor.server.stores import Store
from advisor.store.calls import Beginning
from advisor.store.live_records import EventRecord
from advisor.store.queued import Place
from advisor.v1.advisor_service_pb2 import AdviseRequest

#: Events that happen before anybody dials, or whenever somebody looks at a screen.
_UNDIALLED: Final = UNNOTICED - {"call_placed"}


def beginning_of(request: AdviseRequest, told: Told, pack: Pack, now: datetime) -> Beginning:
    """Return how a call begins.

    Args:
        request: What was asked about it.
        told: The same, read.
        pack: The pack that decides.
        now: From when on it counts as an attempt, aware, UTC.
    """
    purpose = pack.purposes[told.purpose_id]
    digest = hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
    return Beginning(
        call_id=told.call.id,
        customer_id=told.customer_id,
        digest=digest,
        now=now,
        attempt=Contact(
            at=now,
            id=told.call.id,
            direction=Direction.OUTBOUND,
            campaign=told.call.campaign or None,
            brand=told.call.brand or None,
            purpose_id=purpose.id,
            kind=purpose.kind.value,
            legal_class=purpose.legal_class.value,
            number=told.call.number,
            debt_id=told.debt_id,
            subject=told.subject,
            promise_id=told.call.promise_id,
        ),
        brand=told.call.brand,
        purpose_id=purpose.id,
        campaign=told.call.campaign or None,
        promise=Place.of(request.promise.promise_id),
        claim_token=request.promise.claim_token,
    )


class Attempts:
    """Counts calls that were dialled against the advice, and holds promises for calls."""

    __slots__ = ("_packs", "_store")

    def __init__(self, *, packs: Packs, store: Store) -> None:
        """Take the collaborators."""
        self._packs = packs
        self._store = store

    async def count(self, event: EventRecord, standing: Standing) -> None:
        """Count a call as an attempt again where an event shows that it was dialled after all.

        Advice not to make a call lets go of its attempt. Whoever was rung all the same was rung.
        A promise that the call is to keep stays with it while something happens in it.

        Args:
            event: The event.
            standing: The call with the event.

        Raises:
            StoreError: It may or may not count; the same event again settles it.
        """
        request = AdviseRequest.FromString(standing.kept.request)
        place = Place.of(request.promise.promise_id)
        if place is not None and event.kind not in _UNDIALLED:
            token = request.promise.claim_token
            await self._store.queue.renew(place, token, request.call.call_id)
        if standing.made or event.kind in _UNDIALLED:
            return
        loaded = await self._packs.of(standing.kept.pack_version)
        if loaded is None:
            return
        told = told_in(request, loaded.pack)
        await self._store.calls.dialled(beginning_of(request, told, loaded.pack, event.at))
