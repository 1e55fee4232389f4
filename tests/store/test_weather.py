"""Weather: told once, seen by every process, gone when it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from advisor.engagement.signals import Weather, WeatherKind
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.durability import Durability
from advisor.store.errors import RecordUnreadable
from advisor.store.keys import Keys
from advisor.store.vault import Vault
from advisor.store.weather import WeatherStore
from tests.store.vaults import claimed

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_OUTAGE = Weather(
    id="w-1",
    kind=WeatherKind.OUTAGE,
    begins_at=_NOW,
    ends_at=_NOW + timedelta(hours=2),
    brand="shop",
)


@pytest.fixture(name="vault")
async def _vault(redis_url: str, namespace: str) -> AsyncIterator[Vault]:
    client = StoreClient(redis_url, ClientSettings(write_within=10.0))
    yield await claimed(client, Keys(b"a secret of the tests", namespace=namespace))
    await client.aclose()


async def test_weather_reaches_every_process(vault: Vault) -> None:
    """What one process is told, another one sees when it looks next."""
    one, other = WeatherStore(vault), WeatherStore(vault)
    assert not other.current

    assert await one.tell(_OUTAGE) is Durability.MEMORY
    assert await other.refresh(_NOW) == (_OUTAGE,)
    assert other.current == (_OUTAGE,)


async def test_weather_ends(vault: Vault) -> None:
    """What has ended is forgotten; telling the same id again replaces it."""
    store = WeatherStore(vault)
    await store.tell(_OUTAGE)
    sooner = Weather(
        id="w-1",
        kind=WeatherKind.OUTAGE,
        begins_at=_NOW,
        ends_at=_NOW + timedelta(hours=1),
    )
    await store.tell(sooner)

    assert await store.refresh(_NOW) == (sooner,)
    assert await store.refresh(sooner.ends_at) == ()
    assert not await vault.client.write(lambda redis: redis.exists(vault.keys.weather))


async def test_newer_weather_leaves_the_snapshot(vault: Vault) -> None:
    """A record of a newer version is left alone, and what was known stays known."""
    store = WeatherStore(vault)
    await store.tell(_OUTAGE)
    await store.refresh(_NOW)
    await vault.client.write(lambda redis: redis.hset(vault.keys.weather, "w-2", '{"version":99}'))

    with pytest.raises(RecordUnreadable):
        await store.refresh(_NOW)
    assert store.current == (_OUTAGE,)
