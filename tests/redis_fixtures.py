"""A real Redis for the tests, wherever one can be had.

In this order: ADVISOR_TEST_REDIS_URL, a container where a Docker daemon answers, a server on the
PATH, the embedded one. Every test has a namespace of its own and nothing is ever flushed; a test
that stops or starves its server starts one of its own.
"""

# ruff: noqa: PLC0415 -- the container libraries are slow to import and mostly not needed

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import socket
import threading
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from advisor.store.embedded.server import EmbeddedServer

_DOCKER_SOCKET = "/var/run/docker.sock"
_PATIENCE = 60.0


@pytest.fixture(scope="session", name="redis_url")
def _redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the URL of a Redis that all tests share."""
    given = os.environ.get("ADVISOR_TEST_REDIS_URL")
    if given:
        yield given
    elif _docker_answers():
        with _container() as url:
            yield url
    else:
        on_path = shutil.which("redis-server") or shutil.which("valkey-server")
        binary = None if on_path is None else Path(on_path)
        with _process(tmp_path_factory.mktemp("redis"), binary) as url:
            yield url


@pytest.fixture(name="namespace")
def _namespace() -> str:
    """Give the first part of every key of one test."""
    return f"test-{uuid.uuid4().hex}"


@pytest.fixture(name="own_redis")
async def _own_redis(tmp_path: Path) -> AsyncIterator[EmbeddedServer]:
    """Give a server that the test may stop, starve or kill."""
    async with EmbeddedServer(tmp_path / "own-redis") as server:
        yield server


def _docker_answers() -> bool:
    """Tell whether a daemon answers; its library is asked only where one seems to listen."""
    if "DOCKER_HOST" not in os.environ and not _listens(_DOCKER_SOCKET):
        return False
    with warnings.catch_warnings():
        # The library forgets to close a socket that nobody answers.
        warnings.simplefilter("ignore", ResourceWarning)
        answers = _daemon_pings()
        gc.collect()
    return answers


def _daemon_pings() -> bool:
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=2)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except DockerException:
        return False


def _listens(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


@contextmanager
def _container() -> Iterator[str]:
    from testcontainers.community.redis import RedisContainer

    with RedisContainer("redis:7-alpine") as container:
        host = container.get_container_host_ip()
        port = container.get_exposed_port(6379)
        yield f"redis://{host}:{port}"


@contextmanager
def _process(folder: Path, binary: Path | None) -> Iterator[str]:
    """Run a server from a loop in a thread of its own, as every test has a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="test-redis")
    thread.start()
    server = EmbeddedServer(folder, binary=binary)
    try:
        yield asyncio.run_coroutine_threadsafe(server.start(), loop).result(_PATIENCE)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(_PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_PATIENCE)
        loop.close()
