"""The supervisor of the embedded server: starts it, waits for it, restarts it, ends it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import quote

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from advisor.store.embedded.binary import find_server
from advisor.store.embedded.config import server_config
from advisor.store.embedded.folder import DataFolder
from advisor.store.errors import AppendOnlyFileDamaged, DataFolderInUse, ServerFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_WRAPPER: Final = Path(__file__).with_name("wrapper.py")

#: What Valkey 8, 9 and Redis 7, 8 log before they exit over their append-only file.
_DAMAGED: Final = re.compile(
    rb"reading the append only file|Invalid AOF manifest|Unable to obtain the AOF file"
    rb"|Fatal error loading the DB"
)

_POLL: Final = 0.005
_LOCK_POLL: Final = 0.05
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 5.0
#: A server that lived this long ended for a new reason: the pause starts over.
_STEADY: Final = 30.0
_PING_WITHIN: Final = 1.0
_LOG_LINES: Final = 5


class ServerChange(StrEnum):
    """What happened to the embedded server."""

    READY = "ready"
    EXITED = "exited"
    RESTARTING = "restarting"
    GAVE_UP = "gave_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEvent:
    """A change of the embedded server, for the log and for health."""

    change: ServerChange
    #: READY: how the server was found; EXITED: its exit code; otherwise what went wrong.
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """What every start of one server has in common."""

    binary: Path
    #: The descriptor that holds the folder's lock.
    lock: int


def _ignore(_event: ServerEvent) -> None:
    """Report to nobody."""


class EmbeddedServer:
    """A Valkey or Redis server that belongs to this service alone.

    It listens on a private Unix socket only, keeps its append-only file in the data folder, never
    outlives the service, and is started again when it ends. Start it from the main thread: Linux
    ends it with the thread that started it.

    Used as `async with EmbeddedServer(folder) as server: connect(server.url)`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        binary: Path | None = None,
        ready_within: float = 60.0,
        folder_within: float = 2.0,
        stop_within: float = 10.0,
        on_event: Callable[[ServerEvent], None] = _ignore,
    ) -> None:
        """Describe the server; nothing is touched before `start`.

        Args:
            folder: The data folder; created if need be, locked while in use.
            binary: The server to run; found by `find_server` if not given.
            ready_within: Seconds it may take to read its data and answer.
            folder_within: Seconds to wait for the dying server of a killed service.
            stop_within: Seconds it may take to end when asked, before it is killed.
            on_event: Told of every change, from the event loop.
        """
        self._folder = DataFolder(folder)
        self._binary = binary
        self._source = "given"
        self._ready_within = ready_within
        self._folder_within = folder_within
        self._stop_within = stop_within
        self._on_event = on_event
        self._process: asyncio.subprocess.Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._lock: int | None = None
        self._lifeline: int | None = None
        #: Why the server was given up; None while it runs or is being restarted.
        self.failure: ServerFailed | None = None

    @property
    def url(self) -> str:
        """Where to connect: a `unix://` URL, the same from `start` to `stop`, restarts included."""
        return "unix://" + quote(str(self._folder.socket()))

    @property
    def log(self) -> Path:
        """The server's own log file."""
        return self._folder.log

    @property
    def pid(self) -> int | None:
        """The process id of the running server."""
        if self._process is None or self._process.returncode is not None:
            return None
        return self._process.pid

    async def start(self) -> str:
        """Lock the folder, start the server and wait until it answers.

        Returns:
            The URL to connect to.

        Raises:
            ServerNotFound: There is no server on this machine.
            DataFolderInUse: Another service uses the folder.
            DataFolderUnusable: The folder cannot be written, or its data would be left out.
            AppendOnlyFileDamaged: The server refuses its append-only file.
            ServerFailed: The server ended, or did not answer in time.
        """
        if self._binary is None:
            found = find_server()
            self._binary, self._source = found.path, found.source
        self._folder.prepare()
        self._lock = await self._locked()
        try:
            start = _Start(binary=self._binary, lock=self._lock)
            process = await self._launch(start)
        except BaseException:
            await self.stop()
            raise
        self._supervisor = asyncio.create_task(self._supervise(process, start))
        return self.url

    async def stop(self) -> None:
        """End the server, keep its data, and free the folder; harmless when not started."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait((self._supervisor,))
            self._supervisor = None
        await self._end()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
            self._folder.release()

    async def __aenter__(self) -> Self:
        """Start the server."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server."""
        await self.stop()

    async def _locked(self) -> int:
        deadline = asyncio.get_running_loop().time() + self._folder_within
        while True:
            try:
                return self._folder.lock()
            except DataFolderInUse:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
            await asyncio.sleep(_LOCK_POLL)

    async def _launch(self, start: _Start) -> asyncio.subprocess.Process:
        """Start the server once and wait until it answers."""
        log = self._folder.log
        offset = log.stat().st_size if log.exists() else 0
        self._process = process = await self._spawn(start)
        try:
            async with asyncio.timeout(self._ready_within):
                await self._ready(process)
        except TimeoutError:
            _kill(process)
            message = (
                f"The embedded server {start.binary} did not answer within"
                f" {self._ready_within:g} s: {_tail(log, offset)} See {log}."
            )
            raise ServerFailed(message) from None
        if process.returncode is not None:
            raise self._why(start.binary, process.returncode, offset)
        self._on_event(ServerEvent(change=ServerChange.READY, detail=self._source))
        return process

    async def _spawn(self, start: _Start) -> asyncio.subprocess.Process:
        config = server_config(self._folder)
        lifeline, self._lifeline = os.pipe()
        try:
            with self._folder.log.open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-I", "-S", str(_WRAPPER)),
                    *(str(os.getpid()), str(lifeline), str(start.lock), str(start.binary)),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=(lifeline, start.lock),
                    start_new_session=True,
                )
        finally:
            os.close(lifeline)
        if process.stdin is not None:
            process.stdin.write(config)
            process.stdin.close()
        return process

    async def _ready(self, process: asyncio.subprocess.Process) -> None:
        """Wait until the server answers PONG, or has ended; LOADING and silence are waited out."""
        async with Redis.from_url(
            self.url, retry=Retry(NoBackoff(), 0), socket_timeout=_PING_WITHIN
        ) as client:
            while process.returncode is None:
                with contextlib.suppress(RedisError, OSError):
                    await client.ping()
                    return
                await asyncio.sleep(_POLL)

    async def _supervise(self, process: asyncio.subprocess.Process, start: _Start) -> None:
        """Start the server again whenever it ends, until it refuses its own data."""
        clock = asyncio.get_running_loop().time
        pause = _FIRST_PAUSE
        while True:
            started = clock()
            code = await process.wait()
            self._on_event(ServerEvent(change=ServerChange.EXITED, detail=str(code)))
            if clock() - started > _STEADY:
                pause = _FIRST_PAUSE
            try:
                process, pause = await self._restart(start, pause)
            except AppendOnlyFileDamaged as error:
                await self._end()
                self.failure = error
                self._on_event(ServerEvent(change=ServerChange.GAVE_UP, detail=str(error)))
                return

    async def _restart(
        self, start: _Start, pause: float
    ) -> tuple[asyncio.subprocess.Process, float]:
        """Try until the server is back, pausing longer each time; give the next pause too."""
        while True:
            await self._end()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            try:
                return await self._launch(start), pause
            except AppendOnlyFileDamaged:
                raise
            except (ServerFailed, OSError) as error:
                self._on_event(ServerEvent(change=ServerChange.RESTARTING, detail=str(error)))

    async def _end(self) -> None:
        """End the server, by force if it does not go by itself, and its watchdog with it."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(self._stop_within):
                    await process.wait()
            except TimeoutError:
                _kill(process)
                await process.wait()
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None

    def _why(self, binary: Path, code: int, offset: int) -> ServerFailed:
        log = self._folder.log
        if _DAMAGED.search(_since(log, offset)):
            manifest = self._folder.manifest
            message = (
                f"The embedded server refuses its append-only file: {_tail(log, offset)} Copy"
                f" {self._folder.path} somewhere safe, then check it with `valkey-check-aof"
                f" {manifest}` (or redis-check-aof; the server's own binary does it too:"
                f" `bash -c 'exec -a valkey-check-aof {binary} {manifest}'`). Its option --fix"
                " cuts the file at the damage: what came later is lost."
            )
            return AppendOnlyFileDamaged(message)
        message = (
            f"The embedded server {binary} ended with exit code {code}:"
            f" {_tail(log, offset)} See {log}."
        )
        return ServerFailed(message)


def _kill(process: asyncio.subprocess.Process | None) -> None:
    if process is not None and process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def _since(log: Path, offset: int) -> bytes:
    with log.open("rb") as file:
        file.seek(offset)
        return file.read()


def _tail(log: Path, offset: int) -> str:
    lines = _since(log, offset).decode("utf-8", "replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return " | ".join(said[-_LOG_LINES:]) or "(it logged nothing)."
