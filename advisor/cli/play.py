"""Plays one call of a story against a running service, as a dialer and a desk would."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.cli.story import NEXT
from advisor.desk.words import next_spoken
from advisor.v1.advisor_service_pb2 import (
    AdviseRequest,
    AdviseResponse,
    RecordOutcomeRequest,
    RecordOutcomeResponse,
    ReportCallEventRequest,
    ReportCallEventResponse,
)
from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceStub
from advisor.v1.callback_service_pb2 import (
    CallbackContext,
    ClaimDuePromisesRequest,
    ListPromisesRequest,
    MakePromiseRequest,
    MakePromiseResponse,
    ProposeSlotsRequest,
    ProposeSlotsResponse,
    ReleaseClaimRequest,
)
from advisor.v1.callback_service_pb2_grpc import CallbackServiceStub
from advisor.v1.customer_service_pb2 import GetEngagementCardRequest, GetEngagementCardResponse
from advisor.v1.customer_service_pb2_grpc import CustomerServiceStub
from advisor.v1.event_pb2 import CallEvent
from advisor.v1.vocabulary_customer_pb2 import PROMISE_STATE_DUE, PROMISE_STATE_MISSED

if TYPE_CHECKING:
    import grpc

    from advisor.cli.story import Ending, Promised, Step, Told
    from advisor.v1.decision_pb2 import GuidanceItem
    from advisor.v1.history_pb2 import Promise

#: Promises claimed at once, to find one's own among them.
_MOST = 100

#: Seconds to wait for one answer.
PATIENCE = 5.0


@dataclass(slots=True)
class Player:
    """Plays calls over one channel; what it tells is told once, however often a story is played.

    Attributes:
        run: What is added to every id, so that one playing knows nothing of another.
    """

    channel: grpc.Channel
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    _context: AdviseRequest = field(default_factory=AdviseRequest)
    _call_id: str = ""
    _customer_id: str = ""
    _events: int = 0
    _next: str = ""

    def begin(self, told: Told) -> AdviseResponse:
        """Ask whether and how to make the call; one that keeps a promise claims it first."""
        request = AdviseRequest()
        request.CopyFrom(told.context)
        self._call_id = request.call.call_id = f"{request.call.call_id}-{self.run}"
        if request.customer.customer_id:
            request.customer.customer_id += f"-{self.run}"
        self._customer_id = request.customer.customer_id
        self._context = request
        self._events = 0
        if told.keeps:
            self._claim(request)
        answer = AdvisorServiceStub(self.channel).Advise(request, timeout=PATIENCE)
        self._next = _id(next_spoken(answer.items))
        return answer

    def is_time_for(self, told: Told) -> bool:
        """Tell whether a promise is due, or missed, where a call is made because of that."""
        if not (told.keeps or told.missed):
            return True
        customer_id = f"{told.context.customer.customer_id}-{self.run}"
        states = {each.state for each in self.promises(customer_id)}
        if told.keeps:
            return PROMISE_STATE_DUE in states
        return PROMISE_STATE_MISSED in states and PROMISE_STATE_DUE not in states

    def report(self, step: Step) -> ReportCallEventResponse:
        """Report what happens next."""
        event = CallEvent()
        event.CopyFrom(step.event)
        self._events += 1
        event.event_id = f"e-{self._events:03}"
        if event.item_id == NEXT:
            event.item_id = self._next
        request = ReportCallEventRequest(call_id=self._call_id, event=event)
        answer = AdvisorServiceStub(self.channel).ReportCallEvent(request, timeout=PATIENCE)
        guidance = answer.guidance
        self._next = _id(next_spoken((*guidance.reactions, *guidance.items)))
        return answer

    def promise(
        self, promised: Promised
    ) -> tuple[ProposeSlotsResponse, MakePromiseResponse | None]:
        """Agree a call-back; give what was proposed, and the promise where one could be made."""
        stub = CallbackServiceStub(self.channel)
        context = CallbackContext(
            customer_id=self._customer_id, call=self._context.call, purpose=self._context.purpose
        )
        asked = ProposeSlotsRequest(context=context)
        if promised.at is not None:
            asked.named_at.FromDatetime(promised.at)
        proposed = stub.ProposeSlots(asked, timeout=PATIENCE)
        if len(proposed.slots) < promised.slot:
            return proposed, None
        request = MakePromiseRequest(
            request_id=f"r-{self._call_id}",
            context=context,
            due_at=proposed.slots[promised.slot - 1].starts_at,
            topic=promised.topic,
            said=promised.said,
        )
        return proposed, stub.MakePromise(request, timeout=PATIENCE)

    def promises(self, customer_id: str = "") -> list[Promise]:
        """List what a customer was promised; the one of the call where none is named."""
        request = ListPromisesRequest(customer_id=customer_id or self._customer_id)
        answer = CallbackServiceStub(self.channel).ListPromises(request, timeout=PATIENCE)
        return list(answer.promises)

    def _claim(self, request: AdviseRequest) -> None:
        """Claim what the customer was promised; what comes with it of others is given back."""
        stub = CallbackServiceStub(self.channel)
        asked = ClaimDuePromisesRequest(worker_id=f"story-{self.run}", most=_MOST)
        for claim in stub.ClaimDuePromises(asked, timeout=PATIENCE).claimed:
            if claim.promise.customer_id == self._customer_id:
                request.promise.promise_id = claim.promise.id
                request.promise.claim_token = claim.claim_token
            else:
                given = ReleaseClaimRequest(
                    promise_id=claim.promise.id, claim_token=claim.claim_token
                )
                stub.ReleaseClaim(given, timeout=PATIENCE)

    def end(self, ending: Ending) -> RecordOutcomeResponse:
        """Record how the call came out."""
        request = RecordOutcomeRequest()
        request.CopyFrom(ending.outcome)
        request.call_id = self._call_id
        request.customer_id = self._customer_id
        request.outcome_id = f"o-{self._call_id}"
        return AdvisorServiceStub(self.channel).RecordOutcome(request, timeout=PATIENCE)

    def card(self) -> GetEngagementCardResponse | None:
        """Ask how the customer now stands; None where nobody says who it is."""
        if not self._customer_id:
            return None
        request = GetEngagementCardRequest(customer_id=self._customer_id)
        return CustomerServiceStub(self.channel).GetEngagementCard(request, timeout=PATIENCE)


def _id(item: GuidanceItem | None) -> str:
    return "" if item is None else item.id
