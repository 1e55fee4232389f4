"""A real service for the programs and commands of the documentation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_PATIENCE = 30.0


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run `advisor serve` as `make run` does, on free ports; give its address."""
    log = folder / "service.log"
    environment = {
        **os.environ,
        "ADVISOR_LISTEN": "127.0.0.1:0",
        "ADVISOR_METRICS_LISTEN": "127.0.0.1:0",
        "ADVISOR_RULES": str(ROOT / "rules"),
        "ADVISOR_DATA": str(folder / "data"),
        "ADVISOR_CLOCK_START": "2026-01-12T15:00:00Z",
        "ADVISOR_LOG_FORMAT": "json",
    }
    command = [sys.executable, "-c", "from advisor.cli.main import main; main()", "serve"]
    with (
        log.open("wb") as stream,
        subprocess.Popen(command, env=environment, stderr=stream, cwd=folder) as process,
    ):
        try:
            yield _address(process, log)
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        for line in log.read_text("utf-8").splitlines(keepends=True):
            if '"advisor.started"' in line and line.endswith("\n"):
                fields: dict[str, Any] = json.loads(line)
                return str(fields["address"])
        time.sleep(0.05)
    raise AssertionError(f"the service did not start:\n{log.read_text('utf-8')}")
