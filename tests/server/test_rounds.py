"""Work that comes round again: whatever goes wrong in one round is said, and ends no other."""

from __future__ import annotations

import asyncio
import io
import json

from advisor.server.logs import logger
from advisor.server.rounds import Round, Rounds
from advisor.server.settings import LogFormat


async def test_a_fault_in_one_round_ends_no_other() -> None:
    """A round with a fault of its own is tried again, said once without its text, and others go on.

    Were it to end them, promises would be missed by nobody and nobody would hear of it.
    """
    log, done = io.StringIO(), asyncio.Event()
    counted = {"bad": 0, "good": 0}

    async def bad() -> None:
        counted["bad"] += 1
        raise ZeroDivisionError("of Mrs Smith")

    async def good() -> None:
        counted["good"] += 1
        if min(counted.values()) >= 3:
            done.set()

    rounds = Rounds(logger(log, LogFormat.JSON))
    work = asyncio.create_task(rounds.run((Round(0, "bad", bad), Round(0, "good", good))))
    async with asyncio.timeout(20):
        await done.wait()
    work.cancel()
    await asyncio.wait([work])

    [line] = map(json.loads, log.getvalue().splitlines())
    assert (line["event"], line["task"]) == ("advisor.steward_failing", "bad")
    assert line["why"] == "ZeroDivisionError"
    assert [frame.rpartition(" ")[2] for frame in line["frames"]] == ["tried", "bad"]
    assert "Smith" not in log.getvalue()
