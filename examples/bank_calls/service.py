"""A service of one's own for a while: its data in a folder that goes away, its clock set."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import Process, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import grpc

#: How long the service may take to answer, and to stop, in seconds.
_PATIENCE: Final = 30.0


class ServiceFailed(Exception):
    """The service did not come up; the message holds what it said."""


@asynccontextmanager
async def own_service(rules: Path, clock_start: datetime) -> AsyncIterator[str]:
    """Run a service with an embedded server and yield its address.

    It listens on a socket file in its own folder, so that no port can be taken by another program
    between choosing and using it.

    Args:
        rules: The folder of the pack that decides.
        clock_start: Where its clock starts.

    Raises:
        ServiceFailed: It ended, or did not answer in time.
    """
    with tempfile.TemporaryDirectory(prefix="advisor-") as name:
        folder = Path(name)
        address = f"unix:{folder / 'advisor.sock'}"
        settings = {
            "ADVISOR_LISTEN": address,
            "ADVISOR_METRICS_LISTEN": "",
            "ADVISOR_RULES": str(rules),
            "ADVISOR_DATA": str(folder / "data"),
            "ADVISOR_CLOCK_START": clock_start.isoformat(),
            "ADVISOR_LOG_FORMAT": "json",
            # Nobody waits on the line: a busy machine may take its time to read the store.
            "ADVISOR_STORE_BUDGET_MS": "2000",
        }
        # What is set for another service must not reach this one.
        others = {key: value for key, value in os.environ.items() if not key.startswith("ADVISOR_")}
        log = folder / "log"
        with log.open("wb") as stderr:
            command = Path(sys.executable).with_name("advisor")
            process = await create_subprocess_exec(
                command, "serve", env=others | settings, stderr=stderr
            )
        try:
            await _until_it_answers(process, address, log)
            yield address
        finally:
            await _stopped(process)


async def _until_it_answers(process: Process, address: str, log: Path) -> None:
    """Wait until the service answers, or has ended.

    Raises:
        ServiceFailed: It ended, or did not answer in time.
    """
    async with grpc.aio.insecure_channel(address) as channel:
        ready = asyncio.ensure_future(channel.channel_ready())
        ended = asyncio.ensure_future(process.wait())
        await asyncio.wait({ready, ended}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        answers = ready.done()
        for task in (ready, ended):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    if not answers:
        raise ServiceFailed(f"the service does not answer; it said:\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


async def _stopped(process: Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()
