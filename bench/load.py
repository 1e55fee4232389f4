"""Load from h2load: raw gRPC frames, so that the client is not what is measured."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.processes import Running, processor_seconds

#: Connections, and calls under way on each.
CONNECTIONS: Final = 4
STREAMS: Final = 4

_MISSING: Final = (
    "bench: h2load is not on the PATH. It makes the load, because a Python client is slower than"
    " the service it would measure. Install it: `apt install nghttp2-client`, `apk add nghttp2`,"
    " `brew install nghttp2`."
)
_RATE: Final = re.compile(r"finished in [^,]*, ([0-9.]+) req/s")
_COUNTS: Final = re.compile(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout")
_DATA: Final = re.compile(r"headers \(space savings [^)]*\), \S+ \((\d+)\) data")


@dataclass(frozen=True, slots=True)
class Sample:
    """One round against one service.

    Attributes:
        rate: Calls a second.
        processor: Microseconds of the service's processor a call, all its threads.
    """

    rate: float
    processor: float


def require_h2load() -> str:
    """Return where h2load is, or end the program saying how to get it."""
    found = shutil.which("h2load")
    if found is None:
        print(_MISSING, file=sys.stderr)
        raise SystemExit(2)
    return found


def frame(message: bytes) -> bytes:
    """Return a message as gRPC sends it: not compressed, its length before it."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def load(service: Running, method: str, body: Path, calls: int, reply_bytes: int) -> Sample:
    """Send the same call so many times; every one must be answered in full.

    Args:
        service: What answers.
        method: Path of the method (``advisor.v1.AdvisorService/Advise``).
        body: File with the frame to send.
        calls: How many.
        reply_bytes: Size of one answer; a refused call is OK for HTTP and has none.
    """
    arguments = ["-t", "1", "-c", str(CONNECTIONS), "-m", str(STREAMS), "-n", str(calls)]
    headers = ("content-type: application/grpc", "te: trailers", "grpc-timeout: 5S")
    arguments += [part for header in headers for part in ("-H", header)]
    command = [require_h2load(), *arguments, "-d", str(body), f"http://{service.address}/{method}"]
    before = processor_seconds(service.pid)
    done = subprocess.run(  # noqa: S603 - h2load, against our own services
        command, check=True, capture_output=True, text=True
    )
    used = processor_seconds(service.pid) - before
    rate, answered, data = read(done.stdout)
    if answered != calls or data < 0.9 * calls * reply_bytes:
        sys.exit(f"{method}: not every call was answered:\n{done.stdout}")
    return Sample(rate, used / calls * 1e6)


def read(report: str) -> tuple[float, int, int]:
    """Read what h2load prints: calls a second, calls answered, bytes of their answers."""
    rate, counts, data = (wanted.search(report) for wanted in (_RATE, _COUNTS, _DATA))
    if rate is None or counts is None or data is None:
        sys.exit(f"h2load says what is not understood:\n{report}")
    return float(rate[1]), int(counts[1]), int(data[1])
