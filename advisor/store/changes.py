"""Hears on one connection of everything that changes, for all who watch in this process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from redis.asyncio.client import PubSub

from advisor.store.client import StoreClient
from advisor.store.faults import DRIVER_ERRORS
from advisor.store.keys import Keys

#: Seconds for which the connection waits for news before it looks whether it is still wanted.
_TURN: Final = 1.0

#: Seconds to wait before a broken connection is made anew.
_AGAIN: Final = 0.25


class ChangeFeed:
    """Wakes who watches a channel; what has changed they read themselves.

    After a broken connection everybody is woken, as news may have been missed; and also where
    another server may have taken over from the one that was listened to.
    """

    def __init__(self, client: StoreClient, keys: Keys) -> None:
        """Listen with this client; nothing is connected before `run`."""
        self._client = client
        self._own = f"{keys.live_calls}:feed"
        self._watchers: dict[str, set[asyncio.Event]] = {}
        self._pubsub: PubSub | None = None

    @asynccontextmanager
    async def watching(self, *channels: str) -> AsyncIterator[asyncio.Event]:
        """Watch channels: the event is set whenever something may have changed."""
        changed = asyncio.Event()
        for channel in channels:
            first = channel not in self._watchers
            self._watchers.setdefault(channel, set()).add(changed)
            if first:
                await self._tell("subscribe", channel)
        try:
            yield changed
        finally:
            for channel in channels:
                left = self._watchers[channel]
                left.discard(changed)
                if not left:
                    del self._watchers[channel]
                    await self._tell("unsubscribe", channel)

    async def run(self) -> None:
        """Listen until cancelled, and connect again whenever the connection breaks."""
        while True:
            with contextlib.suppress(*DRIVER_ERRORS):
                await self._listen()
            await asyncio.sleep(_AGAIN)

    async def _listen(self) -> None:
        pubsub, finds = self._client.listener(), self._client.finds
        try:
            async with asyncio.timeout(self._client.settings.probe_within):
                await pubsub.subscribe(self._own, *self._watchers)
            self._pubsub = pubsub
            self.wake(*self._watchers)
            while self._client.finds == finds:
                message = await pubsub.get_message(timeout=_TURN)
                if message is not None:
                    channel = message["channel"]
                    self.wake(channel.decode() if isinstance(channel, bytes) else channel)
        finally:
            self._pubsub = None
            with contextlib.suppress(*DRIVER_ERRORS):
                await pubsub.aclose()  # type: ignore[no-untyped-call]

    def wake(self, *channels: str) -> None:
        """Wake who watches these channels in this process."""
        for channel in channels:
            for changed in self._watchers.get(channel, ()):
                changed.set()

    async def _tell(self, what: str, channel: str) -> None:
        """Subscribe or unsubscribe now; a connection made later does it for all."""
        if self._pubsub is not None:
            with contextlib.suppress(*DRIVER_ERRORS):
                await getattr(self._pubsub, what)(channel)
