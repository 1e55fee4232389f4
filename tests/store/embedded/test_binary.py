"""Which server is embedded: the package's, then valkey-server, then redis-server on the PATH."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from advisor.store.embedded.binary import PACKAGE, find_server
from advisor.store.errors import ServerNotFound

_NO_PACKAGE = "a_package_that_is_not_installed"


def _program(folder: Path, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_package_comes_first(tmp_path: Path) -> None:
    """The package's own binary is taken before any on the PATH, and without importing it."""
    _program(tmp_path, "valkey-server")
    found = find_server(search_path=str(tmp_path))

    assert found.source == PACKAGE
    assert found.path.name == "valkey-server"
    assert tmp_path not in found.path.parents
    assert PACKAGE not in sys.modules


def test_valkey_comes_before_redis(tmp_path: Path) -> None:
    """Without the package valkey-server is taken, though redis-server comes earlier in PATH."""
    _program(tmp_path / "a", "redis-server")
    valkey = _program(tmp_path / "b", "valkey-server")
    found = find_server(search_path=f"{tmp_path}/a:{tmp_path}/b", package=_NO_PACKAGE)

    assert (found.path, found.source) == (valkey, "valkey-server")


def test_redis_comes_last(tmp_path: Path) -> None:
    """A redis-server serves where there is nothing else."""
    redis = _program(tmp_path, "redis-server")
    found = find_server(search_path=str(tmp_path), package=_NO_PACKAGE)

    assert (found.path, found.source) == (redis, "redis-server")


def test_link_keeps_its_name(tmp_path: Path) -> None:
    """Debian's redis-server is a link to redis-check-rdb, which acts by the name it is called."""
    link = tmp_path / "redis-server"
    link.symlink_to(_program(tmp_path, "redis-check-rdb"))
    found = find_server(search_path=str(tmp_path), package=_NO_PACKAGE)

    assert found.path == link


def test_package_without_a_binary_for_this_machine(tmp_path: Path) -> None:
    """A package that is installed and holds no binary for this machine is passed over."""
    redis = _program(tmp_path, "redis-server")
    found = find_server(search_path=str(tmp_path), package="redis")

    assert found.path == redis


def test_nothing_found(tmp_path: Path) -> None:
    """Without any server the error says what to install, and how to use a running one."""
    with pytest.raises(ServerNotFound) as caught:
        find_server(search_path=str(tmp_path), package=_NO_PACKAGE)

    assert "apt install redis-server" in str(caught.value)
    assert "ADVISOR_REDIS_URL" in str(caught.value)
