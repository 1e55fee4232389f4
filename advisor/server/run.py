"""The service as a process: its log, its signals, its end."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import uuid
from collections.abc import Callable

from prometheus_client import CollectorRegistry
from uvloop import new_event_loop

from advisor.server.app import Running, Surroundings, serve
from advisor.server.clocks import clock_from
from advisor.server.logs import logger
from advisor.server.settings import Settings


def run(settings: Settings, on_running: Callable[[Running], None] = lambda _running: None) -> None:
    """Run the service until SIGTERM or SIGINT, then drain.

    A second signal, or one before the service answers, ends it without waiting for calls in
    progress.

    Args:
        settings: The settings.
        on_running: Called once the service answers.

    Raises:
        AddressRefused, PackUnreadable, PackRefused, StoreError, OSError: It could not begin; the
            message says what to do.
    """
    given = Surroundings(
        clock=clock_from(settings.clock_start),
        log=logger(sys.stderr, settings.log_format),
        registry=CollectorRegistry(),
        new_id=lambda: uuid.uuid4().hex,
    )
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_until_signalled(settings, given, on_running))


async def _until_signalled(
    settings: Settings, given: Surroundings, on_running: Callable[[Running], None]
) -> None:
    stop = asyncio.Event()
    answers = asyncio.Event()

    def running(what: Running) -> None:
        # What lives as long as the process is looked at no more by the collector of garbage: a
        # look at all of a pack's objects takes longer than a call.
        gc.collect()
        gc.freeze()
        answers.set()
        on_running(what)

    task = asyncio.create_task(serve(settings, given, stop, running))

    def signalled() -> None:
        if stop.is_set() or not answers.is_set():
            task.cancel()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signalled)
    try:
        await task
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
