"""One call guided on one stream: its context first, then its events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from advisor.server import errors
from advisor.server.receiving import Call
from advisor.server.validation import Violation
from advisor.v1 import advisor_service_pb2 as wire

Advise = Callable[[wire.AdviseRequest, Call], Awaitable[wire.AdviseResponse]]
Report = Callable[[wire.ReportCallEventRequest, Call], Awaitable[wire.ReportCallEventResponse]]

_FIRST: Final = Violation("context", "must come first: which call it is, is not known yet")


class GuidedCall:
    """Answers the messages of one stream of `GuideCall`."""

    __slots__ = ("_advise", "_call_id", "_explain", "_report")

    def __init__(self, advise: Advise, report: Report) -> None:
        """Take what answers a context and what answers an event."""
        self._advise = advise
        self._report = report
        self._call_id = ""
        self._explain: wire.ExplainLevel.ValueType = wire.EXPLAIN_LEVEL_UNSPECIFIED

    async def step(self, request: wire.GuideCallRequest, call: Call) -> wire.GuideCallResponse:
        """Answer one message.

        Raises:
            Refusal: As `Advise` and `ReportCallEvent`, or the context did not come first.
        """
        if request.HasField("context"):
            decision = await self._advise(request.context, call)
            self._call_id = request.context.call.call_id
            self._explain = request.context.explain
            return wire.GuideCallResponse(decision=decision)
        if not self._call_id:
            raise errors.invalid([_FIRST])
        reported = wire.ReportCallEventRequest(
            call_id=self._call_id, event=request.event, explain=self._explain
        )
        return wire.GuideCallResponse(event=await self._report(reported, call))
