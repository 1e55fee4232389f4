"""The pack that decides, and how one is made of files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from advisor.rules.pack import Pack
from advisor.rules.problems import Problem


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """A pack in use.

    Attributes:
        pack: The pack.
        loaded_at: When the service took it, aware, UTC.
    """

    pack: Pack
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of a pack's files.

    Attributes:
        pack: The pack; None where it cannot be used.
        problems: All that is wrong with it, by file, line and column.
    """

    pack: Pack | None
    problems: tuple[Problem, ...]


#: Makes a pack of the files of a folder, by their paths inside it.
Compile = Callable[[Mapping[str, bytes]], Compiled]


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
