"""The processes of a bench: a Redis, the service as it is shipped, and what it costs them."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from advisor.store.embedded.binary import find_server

#: Seconds that a process may take to begin, or to end.
PATIENCE: Final = 60.0
#: Seconds between two looks whether it has begun.
_LOOK: Final = 0.005
#: The instant at which the service's clock starts: a Monday afternoon, when it may call.
CLOCK: Final = "2026-01-12T15:00:00Z"
_TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True, slots=True)
class Running:
    """A process that answers.

    Attributes:
        pid: Its id.
        port: Where it answers, on loopback.
    """

    pid: int
    port: int

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Run a Redis or Valkey of its own on a socket file, and give its URL."""
    path = folder / "r.sock"
    arguments = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
    # As the embedded server of the service is set up.
    arguments += ["--appendonly", "yes", "--appendfsync", "always"]
    with _process([str(find_server().path), *arguments], os.environ, folder / "redis.log") as own:
        _wait(path.exists, own, folder / "redis.log")
        yield f"unix://{path}"


@contextlib.contextmanager
def advisor(pack: Path, redis_url: str | None = None) -> Iterator[Running]:
    """Run the service as it is shipped: its log, as JSON, goes to a file.

    Args:
        pack: The folder of the pack that decides.
        redis_url: The Redis to use; without it the embedded server.
    """
    with tempfile.TemporaryDirectory(prefix="advisor-bench-") as scratch:
        port = free_port()
        own = {
            "ADVISOR_LISTEN": f"127.0.0.1:{port}",
            "ADVISOR_METRICS_LISTEN": "127.0.0.1:0",
            "ADVISOR_RULES": str(pack),
            "ADVISOR_DATA": str(Path(scratch) / "data"),
            "ADVISOR_LOG_FORMAT": "json",
            "ADVISOR_CLOCK_START": CLOCK,
        }
        if redis_url is not None:
            own |= {"ADVISOR_REDIS_URL": redis_url, "ADVISOR_HMAC_KEY": "of the bench alone"}
        command = [str(Path(sys.executable).with_name("advisor")), "serve"]
        log = Path(scratch) / "log"
        with _process(command, _environment(own), log) as process:
            _wait(lambda: _serves(port), process, log)
            yield Running(process.pid, port)


@contextlib.contextmanager
def script(module: str, arguments: list[str], port: int) -> Iterator[Running]:
    """Run a module of the bench that listens on a port."""
    with tempfile.TemporaryDirectory(prefix="advisor-bench-") as scratch:
        log = Path(scratch) / "log"
        command = [sys.executable, "-m", module, *arguments]
        with _process(command, os.environ, log) as process:
            _wait(lambda: _listens(port), process, log)
            yield Running(process.pid, port)


def free_port() -> int:
    """Find a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used, all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory(pid: int | None = None, *, peak: bool = False) -> float:
    """Return the resident memory of a process in megabytes, now or at most; our own if not given.

    The highest mark comes from the same place as the present one: what `getrusage` says is
    inherited from whoever started the process.
    """
    name = "VmHWM:" if peak else "VmRSS:"
    status = Path(f"/proc/{pid or os.getpid()}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1000


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    rest = {name: value for name, value in os.environ.items() if not name.startswith("ADVISOR_")}
    return rest | dict(own)


@contextlib.contextmanager
def _process(
    command: list[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - programs of this project, and a Redis
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            sys.exit(f"{process.args!r} does not answer:\n{log.read_text('utf-8')[-2000:]}")
        time.sleep(_LOOK)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _serves(port: int) -> bool:
    if not _listens(port):
        return False
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        with contextlib.suppress(grpc.RpcError):
            answer = stub.Check(  # type: ignore[attr-defined]  # unknown to the stubs
                health_pb2.HealthCheckRequest(service="advisor.v1.AdvisorService"), timeout=1
            )
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
    return False
