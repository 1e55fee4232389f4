"""The data folder of the embedded server: its name, its socket, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from redis.asyncio import Redis

from advisor.store.embedded.server import EmbeddedServer
from advisor.store.errors import DataFolderUnusable


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def test_long_path_gets_a_socket_elsewhere(tmp_path: Path) -> None:
    """A folder whose path is too long for a socket gets a private one, removed at the end."""
    folder = tmp_path / ("long " * 20)
    async with EmbeddedServer(folder) as server, Redis.from_url(server.url) as client:
        socket = Path(str((await client.config_get("unixsocket"))["unixsocket"]))
        await client.set("kept", "yes")

        assert len(os.fsencode(socket)) <= 103
        assert socket.parent.stat().st_mode & 0o077 == 0
    assert not socket.parent.exists()
    assert (folder / "appendonlydir").is_dir()


async def test_strange_characters_in_the_path(tmp_path: Path) -> None:
    """No character of a folder's name can end its line of the configuration."""
    folder = tmp_path / 'dätä "x" # y\nport 7777'
    async with EmbeddedServer(folder) as server, Redis.from_url(server.url) as client:
        assert await client.config_get("port", "dir") == {"port": "0", "dir": str(folder)}


async def test_snapshot_without_append_only_file_is_refused(folder: Path) -> None:
    """A folder with an RDB snapshot alone would come up empty, so it is refused."""
    folder.mkdir()
    (folder / "dump.rdb").write_bytes(b"REDIS0011")

    with pytest.raises(DataFolderUnusable, match=r"holds a snapshot \(dump.rdb\)"):
        await EmbeddedServer(folder).start()


async def test_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """A data folder below a file is refused with the reason."""
    (tmp_path / "file").write_text("")

    with pytest.raises(DataFolderUnusable, match="cannot be created: Not a directory"):
        await EmbeddedServer(tmp_path / "file" / "data").start()


async def test_folder_that_cannot_be_locked_is_refused(folder: Path) -> None:
    """A data folder whose lock file cannot be written is refused with the reason."""
    (folder / "lock").mkdir(parents=True)

    with pytest.raises(DataFolderUnusable, match="cannot be written: Is a directory"):
        await EmbeddedServer(folder).start()


async def test_large_log_is_put_aside(folder: Path) -> None:
    """The server's log does not grow for ever: above a megabyte it is put aside at a start."""
    folder.mkdir()
    (folder / "server.log").write_bytes(b"x" * 1_000_001)
    async with EmbeddedServer(folder) as server:
        assert server.log.stat().st_size < 100_000
        assert (folder / "server.log.1").stat().st_size == 1_000_001
