"""The steward: what it does while nobody waits, and what it says when it cannot."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from advisor.engagement.contacts import Contact
from advisor.engagement.signals import Weather, WeatherKind
from advisor.facts.situation import Profile, Suppressed
from advisor.facts.vocabulary import Suppression
from advisor.server.logs import logger
from advisor.server.metrics import Metrics
from advisor.server.settings import LogFormat
from advisor.server.steward import Steward
from advisor.store.calls import Beginning, CallStore
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.customers import Change, CustomerStore
from advisor.store.embedded.server import EmbeddedServer
from advisor.store.journal import Journal, files_of
from advisor.store.keys import Keys
from advisor.store.memories import MemoryStore
from advisor.store.suitability import check
from advisor.store.vault import Vault
from advisor.store.weather import WeatherStore

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Household:
    """A steward with all that it works on."""

    def __init__(self, vault: Vault, folder: Path) -> None:
        """Put it together."""
        self.vault = vault
        self.journal = Journal(folder)
        self.weather = WeatherStore(vault)
        self.registry = CollectorRegistry()
        self.output = io.StringIO()
        self.now = _NOW
        self.steward = Steward(
            vault=vault,
            journal=self.journal,
            weather=self.weather,
            clock=lambda: self.now,
            log=logger(self.output, LogFormat.JSON),
            metrics=Metrics(self.registry),
        )

    def counted(self, name: str) -> float | None:
        """Read a metric."""
        return self.registry.get_sample_value(name)

    def settled(self) -> bool:
        """Tell whether a call was settled without an outcome."""
        return bool(self.counted("advisor_outcomes_missing_total"))

    def said(self) -> list[tuple[str, str]]:
        """Return the events of the log, each with its task or count."""
        lines = [json.loads(line) for line in self.output.getvalue().splitlines()]
        return [(line["event"], str(line.get("task", line.get("count")))) for line in lines]


@pytest.fixture(name="household")
async def _household(own_redis: EmbeddedServer, tmp_path: Path) -> AsyncIterator[Household]:
    client = StoreClient(own_redis.url, ClientSettings(read_within=5.0))
    keys = Keys(b"a secret of the tests")
    await check(client, keys)
    yield Household(Vault(client, keys, journaled=True), tmp_path / "journal")
    await client.aclose()


async def test_everything_is_done_while_it_runs(household: Household) -> None:
    """Weather is seen, the journal drained and overdue calls settled; the end drains once more."""
    attempt = Contact(id="c-1", at=_NOW, channel="voice_outbound")
    call = Beginning(
        call_id="c-1", customer_id="K-1", digest="d", now=_NOW, attempt=attempt, brand="b"
    )
    await CallStore(household.vault).begin(call)
    ends = _NOW + timedelta(days=1)
    weather = Weather(id="w", kind=WeatherKind.OUTAGE, begins_at=_NOW, ends_at=ends)
    await household.weather.tell(weather)
    household.now = _NOW + timedelta(hours=2)
    task = asyncio.create_task(household.steward.run())
    async with asyncio.timeout(10):
        while not (
            household.weather.current and household.counted("advisor_outcomes_missing_total")
        ):
            await asyncio.sleep(0.005)
    opted_out = Profile(suppressions=(Suppressed(source=Suppression.INTERNAL),))
    await CustomerStore(household.vault).update("K-1", Change(profile=opted_out, observed_at=_NOW))
    task.cancel()
    await asyncio.wait((task,))
    memory = (await MemoryStore(household.vault).read("K-1")).memory

    assert household.weather.current == (weather,)
    assert memory.contacts == (attempt,)
    assert household.counted("advisor_outcomes_missing_total") == 1
    assert household.counted("advisor_journal_entries_total") == 2
    assert len(files_of([household.journal.folder])[0].read_text().splitlines()) == 2
    assert household.said() == [("advisor.outcomes_missing", "1")]


async def test_failing_is_said_once(household: Household, own_redis: EmbeddedServer) -> None:
    """A store that is away is said once for each task, and so is that it is back."""
    assert own_redis.pid is not None
    pid = own_redis.pid
    task = asyncio.create_task(household.steward.run())
    os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(10):
            while len(household.said()) < 2:
                await asyncio.sleep(0.005)
    finally:
        os.kill(pid, signal.SIGCONT)
    async with asyncio.timeout(10):
        while len(household.said()) < 4:
            await asyncio.sleep(0.005)
    task.cancel()
    await asyncio.wait((task,))

    said = household.said()
    assert {event for event, _task in said} == {
        "advisor.steward_failing",
        "advisor.steward_working",
    }
    assert len(said) == len(set(said))


async def test_journal_that_cannot_be_written(household: Household) -> None:
    """Entries that cannot be written stay in Redis, and are written when there is room again."""
    household.journal.folder.parent.mkdir(exist_ok=True)
    household.journal.folder.write_text("a file where the folder should be")
    opted_out = Profile(suppressions=(Suppressed(source=Suppression.INTERNAL),))
    await CustomerStore(household.vault).update("K-1", Change(profile=opted_out, observed_at=_NOW))
    with pytest.raises(OSError, match="exists"):
        await household.steward.drain()
    household.journal.folder.unlink()
    await household.steward.drain()

    assert household.counted("advisor_journal_entries_total") == 1
