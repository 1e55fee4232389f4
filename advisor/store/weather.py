"""Weather: what makes itself felt to all customers, kept beside them and read once a second."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from advisor.engagement.signals import Weather
from advisor.store.durability import Durability
from advisor.store.forms import ENCODER, decoded
from advisor.store.scripts import Asked, together
from advisor.store.vault import Vault

#: The form that this service writes, and the newest it reads.
VERSION: Final = 1


class _WeatherRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One thing that is in the air."""

    version: int
    weather: Weather


_WEATHER: Final = msgspec.json.Decoder(_WeatherRecord)


class WeatherStore:
    """Keeps the weather, and a snapshot of it that no call waits for."""

    def __init__(self, vault: Vault) -> None:
        """Keep it in this vault; the snapshot is empty until it is first refreshed."""
        self._vault = vault
        self._current: tuple[Weather, ...] = ()

    @property
    def current(self) -> tuple[Weather, ...]:
        """What was in the air when it was last looked at, by id; ends are for the reader to see."""
        return self._current

    async def tell(self, weather: Weather) -> Durability:
        """Keep what is in the air; telling the same id again replaces it.

        Returns:
            How safe it is.

        Raises:
            StoreError: It could not be stored, or (TIMEOUT, UNREACHABLE, NOT_DURABLE) may have
                been; telling it again settles it.
        """
        record = ENCODER.encode(_WeatherRecord(version=VERSION, weather=weather))
        asked: tuple[Asked, ...] = (("HSET", self._vault.keys.weather, weather.id, record),)
        question = self._vault.promise.question
        if question is not None:
            asked = (*asked, question)
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        return self._vault.promise.reached(answers[-1])

    async def refresh(self, now: datetime) -> tuple[Weather, ...]:
        """Look at the weather, and forget what has ended.

        Raises:
            StoreError: It cannot be read; the snapshot stays as it was.
        """
        key = self._vault.keys.weather
        records = await self._vault.client.write(lambda redis: redis.hvals(key))
        read = [decoded(_WEATHER, record, "weather", newest=VERSION).weather for record in records]
        ended = [weather.id for weather in read if weather.ends_at <= now]
        if ended:
            await self._vault.client.write(lambda redis: redis.hdel(key, *ended))
        lasting = (weather for weather in read if weather.ends_at > now)
        self._current = tuple(sorted(lasting, key=lambda each: each.id))
        return self._current
