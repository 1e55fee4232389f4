"""What one read of a customer costs the service, beside the bare command of the driver.

Run by ``python -m bench.store``; one process, one read at a time.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import uvloop
from redis.asyncio import Redis

from advisor.facts.situation import Profile
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.customers import Change, CustomerStore
from advisor.store.keys import Keys
from advisor.store.suitability import check
from advisor.store.vault import Vault
from bench.packs import CALL
from bench.processes import redis
from bench.report import line

ROUNDS: Final = 9
READS: Final = 1_000
_CUSTOMER: Final = "c-1001"
_SECRET: Final = b"of the bench alone"
_NOW: Final = datetime(2026, 1, 12, 15, tzinfo=UTC)


async def processor(read: Callable[[], Awaitable[object]]) -> float:
    """Return microseconds of our processor for one read."""
    begun = time.process_time()
    for _ in range(READS):
        await read()
    return (time.process_time() - begun) / READS * 1e6


async def measure(url: str, rounds: int) -> dict[str, list[float]]:
    """Read the same customer in interleaved rounds, with and without the driver alone."""
    keys = Keys(_SECRET)
    client = StoreClient(url, ClientSettings(read_within=5.0))
    driver = Redis.from_url(url)
    try:
        await check(client, keys)
        store = CustomerStore(Vault(client, keys))
        await store.update(_CUSTOMER, Change(profile=_profile(), observed_at=_NOW))
        key = keys.customer(_CUSTOMER).profile
        candidates: dict[str, Callable[[], Awaitable[object]]] = {
            "redis-py: GET": lambda: driver.get(key),
            "advisor.store: a customer": lambda: store.read(_CUSTOMER),
        }
        taken: dict[str, list[float]] = {name: [] for name in candidates}
        for _ in range(rounds):
            for name, read in candidates.items():
                taken[name].append(await processor(read))
        return taken
    finally:
        await client.aclose()
        await driver.aclose()


def _profile() -> Profile:
    return Profile(
        preferred_name="Ms Kirkby",
        name_hint="KURK-bee",
        language="en-GB",
        region="GB",
        stated_zone="Europe/London",
        attributes={name: value for name, value in CALL.items() if name.startswith("shop.")},
    )


def main() -> None:
    """Measure what one read costs."""
    with (
        tempfile.TemporaryDirectory(prefix="advisor-bench-") as scratch,
        redis(Path(scratch)) as url,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        taken = runner.run(measure(url, ROUNDS))
    for name, rounds in taken.items():
        print(line(name, rounds, "us of our processor a read", 1))


if __name__ == "__main__":
    main()
