"""Asks the service about every call, several at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import grpc

from advisor.v1.advisor_service_pb2 import EXPLAIN_LEVEL_NONE, AdviseRequest, AdviseResponse
from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceStub
from advisor.v1.rule_service_pb2 import EvaluatePackRequest
from advisor.v1.rule_service_pb2_grpc import RuleServiceStub
from examples.bank_calls.contexts import marketing_call, placed_at, service_call
from examples.bank_calls.mapping import Mapping
from examples.bank_calls.rows import Row

#: Calls under way at once. A few keep the service busy; many only make each wait for the others,
#: until the part of its deadline that it may spend on its store has passed.
AT_ONCE: Final = 8

#: Seconds to wait for one answer. A dialer keeps to the default of 150 ms or less; a report waits.
DEADLINE: Final = 10.0

#: The two ways in which each row is a call.
KINDS: Final[dict[str, Callable[[Row, Mapping, datetime], AdviseRequest]]] = {
    "marketing": marketing_call,
    "service": service_call,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the service said of one kind of call, row by row.

    Attributes:
        planned: `EvaluatePack`, each call at its own instant.
        advised: `Advise`, all calls at the instant of the service's clock.
        replanned: `EvaluatePack`, the calls of `advised` at that instant: to compare the two.
    """

    planned: list[AdviseResponse]
    advised: list[AdviseResponse]
    replanned: list[AdviseResponse]


async def ask(
    address: str, rows: Sequence[Row], mapping: Mapping, clock: datetime
) -> dict[str, Answers]:
    """Ask about every row as a call of each kind.

    Args:
        address: Where the service listens.
        rows: The rows.
        mapping: What is assumed.
        clock: What the service's clock says, about.

    Returns:
        The answers by kind.

    Raises:
        grpc.aio.AioRpcError: The service cannot be reached, or refused a request.
    """
    # One channel for everything: it is a connection, and calls share it.
    async with grpc.aio.insecure_channel(address) as channel:
        asking = _Asking(channel)
        return {
            kind: await asking.about(rows, mapping, clock, context)
            for kind, context in KINDS.items()
        }


class _Asking:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._advisor = AdvisorServiceStub(channel)
        self._rules = RuleServiceStub(channel)
        self._places = asyncio.Semaphore(AT_ONCE)

    async def about(
        self,
        rows: Sequence[Row],
        mapping: Mapping,
        clock: datetime,
        context: Callable[[Row, Mapping, datetime], AdviseRequest],
    ) -> Answers:
        own = [placed_at(row, mapping) for row in rows]
        then = [context(row, mapping, at) for row, at in zip(rows, own, strict=True)]
        now = [context(row, mapping, clock) for row in rows]
        return Answers(
            planned=await asyncio.gather(
                *(self._evaluate(each, at) for each, at in zip(then, own, strict=True))
            ),
            advised=await asyncio.gather(*(self._advise(each) for each in now)),
            replanned=await asyncio.gather(*(self._evaluate(each, clock) for each in now)),
        )

    async def _advise(self, context: AdviseRequest) -> AdviseResponse:
        # The report needs no facts behind each item; a desk or an auditor would ask for them.
        context.explain = EXPLAIN_LEVEL_NONE
        async with self._places:
            return await self._advisor.Advise(context, timeout=DEADLINE)

    async def _evaluate(self, context: AdviseRequest, at: datetime) -> AdviseResponse:
        context.explain = EXPLAIN_LEVEL_NONE
        request = EvaluatePackRequest(context=context)
        # For planning only: `Advise` has no such field, the service's clock decides.
        request.placed_at.FromDatetime(at)
        async with self._places:
            answer = await self._rules.EvaluatePack(request, timeout=DEADLINE)
        return answer.decision
