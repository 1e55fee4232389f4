"""Whether a call and an outcome cost the same however long a customer's history is (S10).

Run by ``python -m bench.history``; one process, one embedded server that syncs every write. Each
customer has so many outcomes behind them, told through the same functions that the service calls.
Then, in interleaved rounds, calls are begun and outcomes told.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

import uvloop

from advisor.engagement.contacts import Contact, Disposition
from advisor.facts.situation import Profile
from advisor.guidance.guide import Guide
from advisor.guidance.settling import Outcome, settle
from advisor.store.calls import Beginning, Begun, CallStore
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.keys import Keys
from advisor.store.memories import MemoryStore, Remembered, Remembering, remembering
from advisor.store.pack_files import read_pack_files
from advisor.store.suitability import check
from advisor.store.vault import Identity, Vault
from advisor.workbench.preparing import prepare
from bench.packs import DEFAULT_PACK
from bench.processes import redis
from bench.report import line

ROUNDS: Final = 9
EACH: Final = 100
LENGTHS: Final = (10, 100, 1_000, 10_000)
#: Customers whose outcomes are told at once, for the rate.
AT_ONCE: Final = 8
_SECRET: Final = b"of the bench alone"
_NOW: Final = datetime(2026, 1, 12, 15, tzinfo=UTC)


class _Teller:
    """Begins calls and tells outcomes, each of a call of its own."""

    def __init__(self, vault: Vault, guide: Guide) -> None:
        self._calls = CallStore(vault)
        self._memories = MemoryStore(vault)
        self._guide = guide
        self._numbers = count(1)

    async def tell(self, customer: str) -> None:
        """Tell that one more call was of use."""
        number = next(self._numbers)
        contact = Contact(
            at=_NOW - timedelta(minutes=number),
            id=f"call-{number}",
            disposition=Disposition.COMPLETED_SERVICE,
            kind="service_information",
            legal_class="service",
        )
        outcome = Outcome(id=f"outcome-{number}", contact=contact)

        def decide(before: Remembered) -> Remembering:
            done = settle(self._guide, before.memory, Profile(), outcome, _NOW)
            return remembering(done, _NOW, b"", self._guide.pack.settings.callbacks)

        identity = Identity(kind="outcome", id=outcome.id, digest=f"{number:064x}")
        await self._memories.settle(customer, f"call-{number}", identity, decide)

    async def begin(self, customer: str) -> None:
        """Begin a call, and let go of it."""
        number = next(self._numbers)
        call = Beginning(
            call_id=f"call-{number}",
            customer_id=customer,
            digest=f"{number:064x}",
            now=_NOW,
            attempt=Contact(at=_NOW, id=f"call-{number}"),
            brand="acme-bank",
        )
        begun = await self._calls.begin(call)
        if not isinstance(begun, Begun):
            raise SystemExit(f"the store could not be read: {begun}")
        await self._calls.release(call, begun.session.decision_id)


async def measure(url: str, guide: Guide) -> None:
    """Make the histories, then measure in interleaved rounds."""
    keys = Keys(_SECRET)
    client = StoreClient(url, ClientSettings(read_within=5.0, write_within=5.0))
    try:
        await check(client, keys)
        teller = _Teller(Vault(client, keys), guide)
        for length in LENGTHS:
            await _repeated(teller.tell, f"customer-{length}", length)
        names = [f"other-{n}" for n in range(AT_ONCE)]
        begun = time.perf_counter()
        await asyncio.gather(*(_repeated(teller.tell, name, EACH) for name in names))
        rate = EACH * AT_ONCE / (time.perf_counter() - begun)
        print(f"outcomes of {AT_ONCE} customers at once: {rate:.0f} a second")
        for what in (teller.begin, teller.tell):
            taken: dict[int, list[float]] = {length: [] for length in LENGTHS}
            for _round in range(ROUNDS):
                for length, found in taken.items():
                    begun = time.perf_counter()
                    await _repeated(what, f"customer-{length}", EACH)
                    found.append((time.perf_counter() - begun) / EACH * 1e6)
            for length, found in taken.items():
                print(line(f"{what.__name__}, {length} outcomes behind", found, "us"))
    finally:
        await client.aclose()


async def _repeated(what: Callable[[str], Awaitable[None]], customer: str, times: int) -> None:
    for _time in range(times):
        await what(customer)


def main() -> None:
    """Measure S10, and outcomes per second."""
    guide = prepare(read_pack_files(DEFAULT_PACK), tested=False).guide
    if guide is None:
        raise SystemExit("the default pack has mistakes: advisor rules check rules")
    with (
        tempfile.TemporaryDirectory(prefix="advisor-bench-") as scratch,
        redis(Path(scratch)) as url,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(measure(url, guide))


if __name__ == "__main__":
    main()
