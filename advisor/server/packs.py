"""The pack that decides, and how one is made of files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from advisor.guidance.guide import Guide
from advisor.rules.pack import Pack
from advisor.rules.problems import Problem, Severity
from advisor.server.clocks import Clock
from advisor.store.pack_files import read_pack_files
from advisor.workbench.preparing import Prepared, prepare


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


async def load_pack(folder: Path, preparer: Preparer, clock: Clock) -> LoadedPack:
    """Load the pack of a folder.

    Raises:
        PackUnreadable: Its files cannot be read.
        PackRefused: It has mistakes.
    """
    files = await asyncio.to_thread(read_pack_files, folder)
    prepared = await preparer.prepare(files)
    if prepared.guide is None:
        raise PackRefused(tuple(prepared.problems), files)
    return LoadedPack(prepared.guide, clock())
