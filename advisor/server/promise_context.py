"""Whom a call-back is for: as a request says it, or as `Advise` was asked about the call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from google.protobuf.message import Message

from advisor.engagement.promises import Promise
from advisor.server import errors
from advisor.server.packs import LoadedPack, Packs
from advisor.server.promise_making import Asked, as_made
from advisor.server.recent import RecentCalls
from advisor.server.scene import told_in
from advisor.server.standing import Standing, alone, standing_of
from advisor.server.stores import Store
from advisor.server.validation import Violation
from advisor.store.errors import Reason, StoreError
from advisor.v1 import advisor_service_pb2, call_pb2, customer_pb2
from advisor.v1 import callback_service_pb2 as wire


class PromiseContexts:
    """Reads what requests for call-backs say of customer and call."""

    __slots__ = ("_clock", "_packs", "_recent", "_store")

    def __init__(
        self, *, packs: Packs, store: Store, recent: RecentCalls, clock: Callable[[], datetime]
    ) -> None:
        """Take the collaborators; `recent` are the calls that this process decided of late."""
        self._packs = packs
        self._store = store
        self._recent = recent
        self._clock = clock

    async def asked(self, context: wire.CallbackContext) -> Asked:
        """Read a context; of a call that names no customer, what `Advise` was asked about it.

        Raises:
            Refusal: Nobody knows the call, or it is about nobody in particular; the pack has no
                such purpose or brand; or the store does not answer.
        """
        if not context.customer_id:
            return await self._of_call(await self._standing(context.call.call_id), context)
        if not context.HasField("purpose"):
            raise errors.invalid([Violation("context.purpose", "is required with a customer_id")])
        request = advisor_service_pb2.AdviseRequest(
            call=context.call,
            purpose=context.purpose,
            customer=customer_pb2.Customer(customer_id=context.customer_id),
        )
        return self._asked(request, context, self._packs.current())

    async def moving(self, old: Promise, call: call_pb2.Call) -> Asked:
        """Read how a promise is moved: as the call is known in which it is, else as it was made.

        Args:
            old: The promise.
            call: What is sent of the call.

        Raises:
            Refusal: The pack has no such purpose or brand; or the store does not answer.
        """
        purpose = call_pb2.Purpose(id=old.purpose_id or "", subject=old.subject or "")
        context = wire.CallbackContext(call=call, purpose=purpose, team=old.fallback or "")
        standing = await self._known(call.call_id) if call.call_id else None
        if standing is not None:
            request = advisor_service_pb2.AdviseRequest.FromString(standing.kept.request)
            if request.customer.customer_id == old.customer_id:
                return await self._of_call(standing, context)
        return await self.asked(as_made(old, context))

    async def _of_call(self, standing: Standing, context: wire.CallbackContext) -> Asked:
        loaded = await self._packs.own(standing.kept.pack_version)
        return self._asked(_asked_in(standing, context), context, loaded)

    def _asked(
        self,
        request: advisor_service_pb2.AdviseRequest,
        context: wire.CallbackContext,
        loaded: LoadedPack,
    ) -> Asked:
        return Asked(
            told=told_in(request, loaded.pack),
            customer_id=request.customer.customer_id,
            agent_id=request.call.agent.agent_id,
            guide=loaded.guide,
            now=self._clock(),
            team=context.team or loaded.pack.settings.callbacks.team,
        )

    async def customer_of(self, call_id: str) -> str:
        """Return the id of the customer of a call that `Advise` was asked about.

        Raises:
            Refusal: Nobody knows the call, or it is about nobody in particular; or the store does
                not answer.
        """
        context = wire.CallbackContext(call=call_pb2.Call(call_id=call_id))
        return _asked_in(await self._standing(call_id), context).customer.customer_id

    async def _standing(self, call_id: str) -> Standing:
        standing = await self._known(call_id)
        if standing is None:
            raise errors.unknown_call()
        return standing

    async def _known(self, call_id: str) -> Standing | None:
        try:
            live = await self._store.live.read(call_id)
        except StoreError as error:
            raise errors.store_failed(error) from error
        if live is not None:
            return standing_of(live)
        # Decided here a moment ago: it is not kept yet.
        recent = self._recent.get(call_id)
        return None if recent is None else alone(recent, Reason.LOST)


def _asked_in(
    standing: Standing, context: wire.CallbackContext
) -> advisor_service_pb2.AdviseRequest:
    """Return what was asked about a call, with what is sent now instead of it."""
    request = advisor_service_pb2.AdviseRequest.FromString(standing.kept.request)
    if not request.customer.customer_id:
        raise errors.invalid(
            [
                Violation(
                    "context.customer_id", "is required: the call is about nobody that is known"
                )
            ]
        )
    if standing.agent_id != request.call.agent.agent_id:
        request.call.agent.CopyFrom(call_pb2.Agent(agent_id=standing.agent_id))
    call: Message = request.call
    for field, _value in context.call.ListFields():
        call.ClearField(field.name)
    request.call.MergeFrom(context.call)
    if context.HasField("purpose"):
        request.purpose.CopyFrom(context.purpose)
    # The promise that this call keeps is not the one that it makes.
    request.ClearField("promise")
    return request
