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
from advisor.v1.customer_service_pb2 import GetEngagementCardRequest, GetEngagementCardResponse
from advisor.v1.customer_service_pb2_grpc import CustomerServiceStub
from advisor.v1.event_pb2 import CallEvent

if TYPE_CHECKING:
    import grpc

    from advisor.cli.story import Ending, Step, Told
    from advisor.v1.decision_pb2 import GuidanceItem

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
    _call_id: str = ""
    _customer_id: str = ""
    _events: int = 0
    _next: str = ""

    def begin(self, told: Told) -> AdviseResponse:
        """Ask whether and how to make the call."""
        request = AdviseRequest()
        request.CopyFrom(told.context)
        self._call_id = request.call.call_id = f"{request.call.call_id}-{self.run}"
        if request.customer.customer_id:
            request.customer.customer_id += f"-{self.run}"
        self._customer_id = request.customer.customer_id
        self._events = 0
        answer = AdvisorServiceStub(self.channel).Advise(request, timeout=PATIENCE)
        self._next = _id(next_spoken(answer.items))
        return answer

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
