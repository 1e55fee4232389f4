"""The embedded server against the real binary: whose it is, what it keeps, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from advisor.store.embedded.server import EmbeddedServer, ServerChange, ServerEvent
from advisor.store.errors import (
    AppendOnlyFileDamaged,
    DataFolderInUse,
    ServerFailed,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

_SERVICE = Path(__file__).with_name("service.py")
_ROOT = Path(__file__).parents[3]
_WITHIN = 10.0


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(name="service")
async def _service(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await _start_service(folder)
    yield process
    await _reap(process)


async def _start_service(folder: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(_SERVICE),
        str(folder),
        stdout=asyncio.subprocess.PIPE,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        start_new_session=True,
    )


async def _reap(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


async def _said(process: asyncio.subprocess.Process) -> str:
    if process.stdout is None:
        return ""
    line = await asyncio.wait_for(process.stdout.readline(), _WITHIN)
    return line.decode().strip()


def _client(url: str) -> Redis:
    return Redis.from_url(url, retry=Retry(NoBackoff(), 0), socket_timeout=1.0)


async def _until(holds: Callable[[], bool]) -> float:
    """Wait until something holds; give the seconds it took."""
    started = time.monotonic()
    async with asyncio.timeout(_WITHIN):
        while not holds():
            await asyncio.sleep(0.002)
    return time.monotonic() - started


def _alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and was not reaped does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _descriptors(pid: int) -> set[str]:
    """List what a process has open; what it closes meanwhile is left out."""
    held = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            held.add(str(entry.readlink()))
    return held


def _child(pid: int) -> int:
    """Name the only child of a process."""
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def _cut_pipe_to(reader: int) -> None:
    """End this process's side of the pipe that another process reads; its number stays in use."""
    pipes = {name for name in _descriptors(reader) if name.startswith("pipe:")}
    with Path(os.devnull).open("rb") as nothing:
        for entry in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if str(entry.readlink()) in pipes:
                    os.dup2(nothing.fileno(), int(entry.name), inheritable=False)


async def _write_until_cut(client: Redis, acknowledged: list[str]) -> None:
    """Write one key after another, keeping those the server acknowledged."""
    with contextlib.suppress(RedisError):
        for number in range(1_000_000):
            await client.set(f"k{number}", number)
            acknowledged.append(f"k{number}")


async def _socket(client: Redis) -> Path:
    """Ask the server where its socket is."""
    return Path(str((await client.config_get("unixsocket"))["unixsocket"]))


async def _missing(url: str, keys: list[str]) -> list[str]:
    async with _client(url) as client:
        values = await client.mget(keys)
    return [key for key, value in zip(keys, values, strict=True) if value is None]


async def test_killed_service_takes_its_server_along(
    service: asyncio.subprocess.Process, folder: Path
) -> None:
    """After `kill -9` of the service its server is gone, with every acknowledged write kept."""
    url, pid = (await _said(service)).split()
    acknowledged: list[str] = []
    async with _client(url) as client:
        writer = asyncio.create_task(_write_until_cut(client, acknowledged))
        await _until(lambda: len(acknowledged) > 200)
        service.kill()
        took = await _until(lambda: not _alive(int(pid)))
        await writer

    assert took < 1.0
    async with EmbeddedServer(folder) as server:
        assert await _missing(server.url, acknowledged) == []


async def test_killed_server_comes_back_with_its_data(folder: Path) -> None:
    """After `kill -9` of the server it is started again with every acknowledged write."""
    events: list[ServerEvent] = []
    acknowledged: list[str] = []
    async with EmbeddedServer(folder, on_event=events.append) as server:
        first = server.pid
        assert first is not None
        async with _client(server.url) as client:
            writer = asyncio.create_task(_write_until_cut(client, acknowledged))
            await _until(lambda: len(acknowledged) > 200)
            os.kill(first, signal.SIGKILL)
            await writer
        await _until(lambda: len(events) >= 3)

        assert [event.change for event in events] == [
            ServerChange.READY,
            ServerChange.EXITED,
            ServerChange.READY,
        ]
        assert events[1].detail == str(-signal.SIGKILL)
        assert server.pid not in (None, first)
        assert await _missing(server.url, acknowledged) == []


async def test_two_services_cannot_share_a_folder(
    service: asyncio.subprocess.Process, folder: Path
) -> None:
    """A second service on the same folder is refused, and told by whom it is held."""
    await _said(service)
    second = await _start_service(folder)
    try:
        said = await _said(second)
    finally:
        await _reap(second)

    assert said == (
        f"DataFolderInUse The data folder {folder} is in use by another service (process"
        f" {service.pid}). Stop that one, or name another folder for this one."
    )


async def test_orphan_server_keeps_the_folder_locked(folder: Path) -> None:
    """The server itself holds the lock, so a folder is not free while its server still lives."""
    server = EmbeddedServer(folder)
    await server.start()
    pid = server.pid
    assert pid is not None
    held = _descriptors(pid)
    await server.stop()

    assert str(folder / "lock") in held


async def test_folder_is_refused_within_one_process_too(folder: Path) -> None:
    """Two servers of one process cannot share a folder either, and the first is undisturbed."""
    async with EmbeddedServer(folder) as first:
        with pytest.raises(DataFolderInUse, match="in use by another service"):
            await EmbeddedServer(folder, folder_within=0.0).start()
        async with _client(first.url) as client:
            assert await client.ping()


async def test_no_tcp_port_is_ever_opened(folder: Path) -> None:
    """The server listens on one private Unix socket and on no port."""
    async with EmbeddedServer(folder) as server:
        async with _client(server.url) as client:
            port = await client.config_get("port")
            socket = await _socket(client)
        assert server.pid is not None
        held = _descriptors(server.pid)
        listening = [
            line.split()
            for table in ("tcp", "tcp6")
            for line in Path("/proc/net", table).read_text().splitlines()[1:]
        ]

        assert port == {"port": "0"}
        assert [row for row in listening if f"socket:[{row[9]}]" in held] == []
        assert socket.parent.stat().st_mode & 0o077 == 0
        assert socket.stat().st_mode & 0o077 == 0


async def test_writes_are_on_disk_before_they_are_acknowledged(folder: Path) -> None:
    """The append-only file is on, always synced, plain commands only, and nothing is evicted."""
    settings = {
        "appendonly": "yes",
        "appendfsync": "always",
        "aof-use-rdb-preamble": "no",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    async with EmbeddedServer(folder) as server, _client(server.url) as client:
        assert await client.config_get(*settings) == settings


async def test_ctrl_c_does_not_reach_the_server(
    service: asyncio.subprocess.Process, folder: Path
) -> None:
    """Ctrl-C, sent to the service's process group, ends the service first and then its server."""
    url, pid = (await _said(service)).split()

    assert os.getpgid(int(pid)) != os.getpgid(service.pid)
    async with _client(url) as client:
        await client.set("kept", "yes")
    os.killpg(service.pid, signal.SIGINT)
    await asyncio.wait_for(service.wait(), _WITHIN)
    await _until(lambda: not _alive(int(pid)))
    log = (folder / "server.log").read_text()
    assert "SIGINT" not in log
    assert "User requested shutdown" in log


async def test_stop_keeps_the_data(folder: Path) -> None:
    """A stopped server's data is there when the next one starts in the folder."""
    async with EmbeddedServer(folder) as server, _client(server.url) as client:
        pid = server.pid
        await client.set("kept", "yes")
    assert pid is not None
    assert not _alive(pid)
    assert server.pid is None

    async with EmbeddedServer(folder) as server:
        assert await _missing(server.url, ["kept"]) == []


async def test_watchdog_ends_a_server_the_kernel_would_not(folder: Path) -> None:
    """The second guard: when the lifeline ends, the server's own child kills it."""
    async with EmbeddedServer(folder) as server:
        pid = server.pid
        assert pid is not None
        # Only the service holds the lifeline's other end; its death would end it.
        _cut_pipe_to(_child(pid))
        took = await _until(lambda: not _alive(pid))

    assert took < 1.0


async def test_no_process_is_left_after_stop(folder: Path) -> None:
    """Stopping ends the server and its watchdog."""
    async with EmbeddedServer(folder) as server:
        pid = server.pid
        assert pid is not None
        watchdog = _child(pid)
        assert _alive(watchdog)
    await _until(lambda: not _alive(watchdog))


async def _damage(folder: Path) -> None:
    """Write some data, then overwrite its middle."""
    async with EmbeddedServer(folder) as server, _client(server.url) as client:
        await client.mset({f"k{number}": "x" * 20 for number in range(50)})
    (file,) = (folder / "appendonlydir").glob("*.incr.aof")
    content = bytearray(file.read_bytes())
    content[200:230] = b"!" * 30
    file.write_bytes(content)


async def test_damaged_append_only_file_is_reported(folder: Path) -> None:
    """A damaged append-only file stops the start, and the message names the tool to check it."""
    await _damage(folder)

    with pytest.raises(AppendOnlyFileDamaged) as caught:
        await EmbeddedServer(folder).start()

    assert "Bad file format reading the append only file" in str(caught.value)
    assert "valkey-check-aof" in str(caught.value)
    assert "appendonly.aof.manifest" in str(caught.value)


async def test_damage_found_at_a_restart_ends_the_restarts(folder: Path) -> None:
    """A server that refuses its data at a restart is given up, and health can tell why."""
    events: list[ServerEvent] = []
    async with EmbeddedServer(folder, on_event=events.append) as server:
        assert server.pid is not None
        (folder / "appendonlydir" / "appendonly.aof.manifest").write_text("garbage\n")
        os.kill(server.pid, signal.SIGKILL)
        await _until(lambda: server.failure is not None)

        assert events[-1] == ServerEvent(change=ServerChange.GAVE_UP, detail=str(server.failure))
        assert "Invalid AOF manifest" in events[-1].detail
        assert server.pid is None


async def test_restarts_go_on_until_one_succeeds(folder: Path, tmp_path: Path) -> None:
    """A server that cannot start for a passing reason is tried again, with a pause between."""
    events: list[ServerEvent] = []
    async with EmbeddedServer(folder, on_event=events.append) as server:
        assert server.pid is not None
        hidden = tmp_path / "hidden"
        (folder / "run").rename(hidden)
        os.kill(server.pid, signal.SIGKILL)
        await _until(lambda: ServerChange.RESTARTING in [event.change for event in events])
        hidden.rename(folder / "run")
        await _until(lambda: events[-1].change is ServerChange.READY)

        assert "Unix socket" in next(
            event.detail for event in events if event.change is ServerChange.RESTARTING
        )


async def test_program_that_is_no_server(folder: Path) -> None:
    """A binary that ends at once is reported with its exit code."""
    with pytest.raises(ServerFailed, match=r"ended with exit code 1: .it logged nothing"):
        await EmbeddedServer(folder, binary=Path("/bin/false")).start()


async def test_binary_that_cannot_be_executed(folder: Path, tmp_path: Path) -> None:
    """A file that is no program is reported, not waited for."""
    with pytest.raises(ServerFailed, match=r"exit code 127: cannot execute .*: Permission denied"):
        await EmbeddedServer(folder, binary=tmp_path).start()


async def test_silent_server_is_not_waited_for_for_ever(folder: Path, tmp_path: Path) -> None:
    """A server that never answers is ended after the time allowed, and the folder is free."""
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexec sleep 60\n")
    silent.chmod(0o700)

    with pytest.raises(ServerFailed, match=r"did not answer within 0.3 s"):
        await EmbeddedServer(folder, binary=silent, ready_within=0.3).start()
    async with EmbeddedServer(folder, folder_within=0.0) as server:
        assert server.pid is not None


async def test_server_that_ignores_the_request_to_stop_is_killed(folder: Path) -> None:
    """A hung server does not keep the service from stopping."""
    async with EmbeddedServer(folder, stop_within=0.2) as server:
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)

    assert not _alive(pid)
