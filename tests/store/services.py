"""What services do with their store, on whatever servers it stands."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from advisor.engagement.contacts import Contact, Direction
from advisor.store.calls import Beginning
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.durability import Durability, Promise
from advisor.store.keys import Keys
from advisor.store.marks import Marks
from advisor.store.memories import MemoryStore
from advisor.store.suitability import check
from advisor.store.vault import Vault
from tests.store.outcomes import NOW, Callers, causes

SECRET = b"a secret of the tests"
#: Where time is not what is tested.
UNHURRIED = ClientSettings(read_within=5.0, write_within=5.0, probe_within=5.0)
#: As in service, with room for a busy machine.
SWIFT = ClientSettings(read_within=1.0)
ONE_REPLICA = Promise(level=Durability.REPLICA)
BOTH_REPLICAS = Promise(level=Durability.REPLICA, replicas=2)
#: Seconds for which callers go on before and after what happens to them, and at most in all.
_CALM, _WITHIN = 0.3, 30.0


@asynccontextmanager
async def opened(
    url: str,
    namespace: str,
    *,
    promise: Promise | None = None,
    settings: ClientSettings = UNHURRIED,
) -> AsyncIterator[Vault]:
    """Open a vault as a service does."""
    client = StoreClient(url, settings)
    try:
        keys = Keys(SECRET, namespace=namespace)
        await check(client, keys)
        await client.warm_up()
        wanted = promise or Promise(
            level=Durability.REPLICA if client.fails_over else Durability.MEMORY
        )
        yield Vault(
            client,
            keys,
            marks=Marks(kept_only=wanted.level is Durability.REPLICA),
            promise=wanted,
            journaled=True,
        )
    finally:
        await client.aclose()


def a_call(number: int) -> Beginning:
    """Make a call about which advice is asked."""
    call_id = f"call-{number}"
    attempt = Contact(
        id=call_id,
        at=NOW,
        direction=Direction.OUTBOUND,
        channel="voice_outbound",
        number=f"+44163296{number:04}",
    )
    return Beginning(
        call_id=call_id,
        customer_id=f"K-{number}",
        digest=f"{number:064}",
        now=NOW,
        attempt=attempt,
        brand="shop",
    )


class Line:
    """Callers of many customers who tell outcomes until they are told to stop.

    Attributes:
        callers: What was acknowledged, and why others had to be sent again.
    """

    def __init__(self, vault: Vault, customers: int = 6) -> None:
        """Tell outcomes of so many customers, each its own."""
        self._memories = MemoryStore(vault)
        self.callers = Callers(self._memories)
        self._customers = [f"K-{number}" for number in range(customers)]
        self._told: dict[str, list[int]] = {customer: [] for customer in self._customers}
        self._acknowledged: list[float] = []
        self._going_on = True
        self._clock = asyncio.get_running_loop().time

    async def run(self) -> None:
        """Tell outcomes until told to stop; each again until it is acknowledged."""
        await asyncio.gather(
            *(self._tell(place, each) for place, each in enumerate(self._customers))
        )

    def stop(self) -> None:
        """Let everybody finish what they are telling."""
        self._going_on = False

    async def back(self, since: float) -> float:
        """Wait until every customer's writes are acknowledged again; give the seconds it took."""
        begun = {customer: len(told) for customer, told in self._told.items()}
        while any(len(told) < begun[customer] + 2 for customer, told in self._told.items()):
            await asyncio.sleep(0.01)
        return self._clock() - since

    async def lost_or_twice(self) -> list[str]:
        """Compare what was acknowledged with what is there; nothing where all is there once."""
        wrong: list[str] = []
        for customer, told in self._told.items():
            counted = Counter(await causes(self._memories, customer))
            wrong += [
                f"{customer}: o-{number} {counted[f'o-{number}']} times"
                for number in told
                if counted[f"o-{number}"] != 1
            ]
            assert sum(counted.values()) == len(told)
        return wrong

    async def _tell(self, place: int, customer: str) -> None:
        number = place
        while self._going_on:
            await self.callers.send(range(number, number + 1), customer)
            self._told[customer].append(number)
            number += len(self._customers)
            await asyncio.sleep(0.005)


@asynccontextmanager
async def told(vault: Vault) -> AsyncIterator[Line]:
    """Have outcomes told while something happens."""
    line = Line(vault)
    run = asyncio.create_task(line.run())
    async with asyncio.timeout(_WITHIN):
        await asyncio.sleep(_CALM)
        yield line
        await asyncio.sleep(_CALM)
        line.stop()
        await run
