"""The pack that decides, and how one is made of files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from advisor.guidance.advise import Guide
from advisor.rules.pack import Pack
from advisor.rules.problems import Problem, Severity
from advisor.server.clocks import Clock
from advisor.store.pack_files import read_pack_files


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
        return self.guide.matcher.pack


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of a pack's files.

    Attributes:
        guide: The pack, ready to be matched; None where it cannot be used.
        problems: All that is wrong with it, by file, line and column.
    """

    guide: Guide | None
    problems: tuple[Problem, ...]


#: Makes a pack of the files of a folder, by their paths inside it.
Compile = Callable[[Mapping[str, bytes]], Compiled]


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


class Compiler:
    """Compiles packs aside, one at a time, so that calls go on meanwhile."""

    __slots__ = ("_compile", "_executor")

    def __init__(self, compile_: Compile) -> None:
        """Take what compiles."""
        self._compile = compile_
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="advisor-compile")

    async def compile(self, files: Mapping[str, bytes]) -> Compiled:
        """Compile a pack; one that is waiting when its caller goes away is not begun."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._compile, files)

    def close(self) -> None:
        """Begin nothing more, and wait for what has begun."""
        self._executor.shutdown(wait=True, cancel_futures=True)


async def load_pack(folder: Path, compiler: Compiler, clock: Clock) -> LoadedPack:
    """Load the pack of a folder.

    Raises:
        PackUnreadable: Its files cannot be read.
        PackRefused: It has mistakes.
    """
    files = await asyncio.to_thread(read_pack_files, folder)
    compiled = await compiler.compile(files)
    if compiled.guide is None:
        raise PackRefused(compiled.problems, files)
    return LoadedPack(compiled.guide, clock())
