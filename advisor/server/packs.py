"""The pack that decides, and how one is made of files."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from advisor.guidance.guide import Guide
from advisor.rules.pack import Pack
from advisor.rules.problems import Problem, Severity
from advisor.server import errors
from advisor.server.clocks import Clock
from advisor.store.errors import StoreError
from advisor.store.pack_files import read_pack_files
from advisor.store.packs import PackStore
from advisor.workbench.preparing import Prepared, prepare

#: Packs beside the one that decides, held ready for calls that began with them.
_OTHERS: Final = 4

#: Seconds until files are kept again, and until that is tried again where it failed.
_DAILY: Final = 86_400
_SOON: Final = 1


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """A pack in use.

    Attributes:
        guide: The pack, ready to be matched.
        loaded_at: When the service took it, aware, UTC.
    """

    guide: Guide
    loaded_at: datetime

    @property
    def pack(self) -> Pack:
        """The pack."""
        return self.guide.pack


class PackRefused(Exception):
    """A pack has mistakes.

    Attributes:
        problems: All that is wrong with it, by file, line and column.
        files: Its files, to show where.
    """

    def __init__(self, problems: tuple[Problem, ...], files: Mapping[str, bytes]) -> None:
        """Count the mistakes in one line."""
        count = sum(problem.severity is Severity.ERROR for problem in problems)
        super().__init__(f"the pack has {count} mistakes; `advisor rules check` shows them")
        self.problems = problems
        self.files = files


class Preparer:
    """Prepares packs aside, one at a time, so that calls go on meanwhile."""

    __slots__ = ("_executor",)

    def __init__(self) -> None:
        """Make the thread that prepares; nothing runs yet."""
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="advisor-prepare")

    async def prepare(self, files: Mapping[str, bytes]) -> Prepared:
        """Prepare a pack; one that is waiting when its caller goes away is not begun."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, prepare, files)

    def close(self) -> None:
        """Begin nothing more, and wait for what has begun."""
        self._executor.shutdown(wait=True, cancel_futures=True)


class Packs:
    """The pack that decides, and those with which calls that still go on began."""

    def __init__(
        self,
        current: LoadedPack,
        files: Mapping[str, bytes],
        *,
        preparer: Preparer,
        store: PackStore,
        clock: Clock,
    ) -> None:
        """Decide with a pack.

        Args:
            current: The pack.
            files: Its files.
            preparer: Prepares others.
            store: Keeps the files of all of them.
            clock: Tells the time.
        """
        self._current = current
        self._files = files
        self._preparer = preparer
        self._store = store
        self._clock = clock
        self._others: OrderedDict[str, LoadedPack] = OrderedDict()
        self._loading: dict[str, asyncio.Task[LoadedPack | None]] = {}

    def current(self) -> LoadedPack:
        """Return the pack that decides."""
        return self._current

    async def of(self, version: str) -> LoadedPack | None:
        """Return the pack of a version; None where its files are kept nowhere.

        Raises:
            StoreError: They cannot be read.
        """
        if version == self._current.pack.version:
            return self._current
        if version in self._others:
            self._others.move_to_end(version)
            return self._others[version]
        loading = self._loading.get(version)
        if loading is None:
            loading = self._loading[version] = asyncio.create_task(self._load(version))
            loading.add_done_callback(lambda _done: self._loading.pop(version))
        return await asyncio.shield(loading)

    async def own(self, version: str) -> LoadedPack:
        """Return the pack that decided a call, for an answer that cannot do without it.

        Raises:
            errors.Refusal: Its files cannot be read, or are kept nowhere.
        """
        try:
            loaded = await self.of(version)
        except StoreError as error:
            raise errors.store_failed(error) from error
        if loaded is None:
            raise errors.other_pack(version)
        return loaded

    async def keep(self) -> None:
        """Keep the files of the pack that decides, again and again, until cancelled."""
        while True:
            try:
                await self._store.keep(self._current.pack.version, self._files)
            except StoreError:
                await asyncio.sleep(_SOON)
            else:
                await asyncio.sleep(_DAILY)

    async def _load(self, version: str) -> LoadedPack | None:
        files = await self._store.files(version)
        if files is None:
            return None
        prepared = await self._preparer.prepare(files)
        if prepared.guide is None or prepared.guide.pack.version != version:
            return None
        loaded = LoadedPack(prepared.guide, self._clock())
        self._others[version] = loaded
        while len(self._others) > _OTHERS:
            self._others.popitem(last=False)
        return loaded


async def load_pack(
    folder: Path, preparer: Preparer, clock: Clock
) -> tuple[LoadedPack, Mapping[str, bytes]]:
    """Load the pack of a folder, and return it with its files.

    Raises:
        PackUnreadable: Its files cannot be read.
        PackRefused: It has mistakes.
    """
    files = await asyncio.to_thread(read_pack_files, folder)
    prepared = await preparer.prepare(files)
    if prepared.guide is None:
        raise PackRefused(tuple(prepared.problems), files)
    return LoadedPack(prepared.guide, clock()), files
