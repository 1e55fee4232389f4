"""AdvisorService: advice on one call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from advisor.guidance.advise import advise
from advisor.guidance.decision import Advice
from advisor.server.calls import Call
from advisor.server.metrics import Metrics
from advisor.server.packs import LoadedPack
from advisor.server.scene import situation_in, told_in
from advisor.server.translate.decision_out import advice_out
from advisor.store.customers import Stored, Unavailable
from advisor.v1 import advisor_service_pb2 as wire


class CustomerReader(Protocol):
    """Reads what is kept of a customer, within the budget of a call."""

    async def read(self, customer_id: str) -> Stored | Unavailable | None:
        """Return what is kept; None where nothing is; `Unavailable` where nobody can know."""


class AdvisorService:
    """Answers the methods of the contract's AdvisorService."""

    __slots__ = ("_clock", "_customers", "_loaded", "_metrics", "_new_id")

    def __init__(
        self,
        *,
        loaded: Callable[[], LoadedPack],
        customers: CustomerReader,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        metrics: Metrics,
    ) -> None:
        """Take the collaborators; `loaded` returns the pack that decides now."""
        self._loaded = loaded
        self._customers = customers
        self._clock = clock
        self._new_id = new_id
        self._metrics = metrics

    async def advise(self, request: wire.AdviseRequest, call: Call) -> wire.AdviseResponse:
        """Decide one call."""
        guide = self._loaded().guide
        told = told_in(request, guide.pack)
        stored = None
        if told.customer_id is not None:
            stored = await self._customers.read(told.customer_id)
        situation = situation_in(told, guide.pack, self._clock(), stored)
        advice = advise(guide, situation, explain=explains(request))
        decision_id = self._new_id()
        self._count(advice, told.purpose_id, decision_id, call)
        return advice_out(advice, decision_id, explain=explains(request))

    def _count(self, advice: Advice, purpose_id: str, decision_id: str, call: Call) -> None:
        decision = advice.verdict.decision.word
        degraded = advice.context.degraded is not None
        self._metrics.decisions.labels(decision).inc()
        if degraded:
            self._metrics.degraded.inc()
        call.note(
            decision=decision,
            decision_id=decision_id,
            degraded=degraded,
            items=len(advice.items),
            pack_version=advice.pack_version,
            purpose=purpose_id,
            reasons=[reason.code.value for reason in advice.verdict.reasons],
            suppressed=len(advice.suppressed),
        )


def explains(request: wire.AdviseRequest) -> bool:
    """Tell whether a caller wants the facts behind each item and reason."""
    return request.explain != wire.EXPLAIN_LEVEL_NONE
