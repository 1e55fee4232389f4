"""How soon a desk on one replica sees what another replica took (S8).

Run by ``python -m bench.live``: two services on one Redis, five hundred live calls, each watched on
the second replica. Events are reported to the first at the pace of people, and the time is taken
from just before an event is sent to the arrival of its guidance at the watcher.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import grpc
import uvloop

from advisor.v1 import advisor_service_pb2 as wire
from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceStub
from advisor.v1.vocabulary_call_pb2 import CALL_STAGE_ANSWERED, CallEventKind
from bench.packs import DEFAULT_PACK
from bench.processes import advisor, redis
from bench.service import request

CALLS: Final = 500
#: Events a second, over all calls: each call has one every ten seconds.
RATES: Final = (10, 25, 50)
SECONDS: Final = 20
_KINDS: Final = ("CUSTOMER_ASKED_PURPOSE", "CUSTOMER_BUSY", "CUSTOMER_CHALLENGED_CALLER")


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not done():  # noqa: ASYNC110 - other processes are waited for by asking again
            await asyncio.sleep(0.05)


class _Watcher:
    """Follows one call, and notes when guidance of each revision arrived."""

    def __init__(self, call_id: str) -> None:
        self.call_id = call_id
        self.arrived: dict[int, float] = {}

    async def follow(self, stub: Any) -> None:  # noqa: ANN401 - grpc.aio's stub
        """Follow until cancelled."""
        watched = wire.WatchGuidanceRequest(call_id=self.call_id)
        async for answer in stub.WatchGuidance(watched):
            if answer.HasField("guidance"):
                self.arrived.setdefault(answer.guidance.revision, time.perf_counter())


@asynccontextmanager
async def _stub(address: str) -> AsyncIterator[Any]:
    async with grpc.aio.insecure_channel(address) as channel:
        yield AdvisorServiceStub(channel)


async def measure(first: str, second: str) -> None:
    """Open the calls, follow them, report, and print what was seen."""
    async with _stub(first) as one, _stub(second) as two:
        watchers = [_Watcher(f"live-{number}") for number in range(CALLS)]
        for watcher in watchers:
            context = request()
            context.call.call_id = watcher.call_id
            context.call.stage = CALL_STAGE_ANSWERED
            await one.Advise(context, timeout=5)
        following = [asyncio.create_task(watcher.follow(two)) for watcher in watchers]
        await _until(lambda: all(watcher.arrived for watcher in watchers))
        for rate in RATES:
            await _reported(one, watchers, rate)
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)


async def _reported(one: Any, watchers: list[_Watcher], rate: int) -> None:  # noqa: ANN401
    sent: list[tuple[_Watcher, int, float]] = []
    answered: list[float] = []

    async def report(number: int) -> None:
        watcher = watchers[number % CALLS]
        event = wire.ReportCallEventRequest(call_id=watcher.call_id)
        event.event.event_id = f"{rate}-{number}"
        event.event.kind = CallEventKind.Value(f"CALL_EVENT_KIND_{_KINDS[number % len(_KINDS)]}")
        begun = time.perf_counter()
        answer = await one.ReportCallEvent(event, timeout=5)
        answered.append(time.perf_counter() - begun)
        sent.append((watcher, answer.guidance.revision, begun))

    begun = time.perf_counter()
    tasks = []
    for number in range(rate * SECONDS):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(report(number)))
    await asyncio.gather(*tasks)
    await _until(lambda: all(revision in watcher.arrived for watcher, revision, _ in sent))
    seen = [watcher.arrived[revision] - at for watcher, revision, at in sent]
    print(f"{rate} events a second over {CALLS} calls, {len(seen)} events:")
    print(f"  answered to who reported it       {_spread(answered)}")
    print(f"  seen at the desk of the other one {_spread(seen)}")


def _spread(seconds: list[float]) -> str:
    cuts = statistics.quantiles(seconds, n=100)
    median, last, longest = (1000 * each for each in (cuts[49], cuts[98], max(seconds)))
    return f"median {median:.1f} ms, p99 {last:.1f} ms, longest {longest:.1f} ms"


def main() -> None:
    """Run two services on one Redis and measure."""
    with (
        tempfile.TemporaryDirectory(prefix="advisor-bench-") as folder,
        redis(Path(folder)) as url,
        advisor(DEFAULT_PACK, url) as one,
        advisor(DEFAULT_PACK, url) as two,
    ):
        uvloop.run(measure(one.address, two.address))


if __name__ == "__main__":
    main()
