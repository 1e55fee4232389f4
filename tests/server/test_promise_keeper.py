"""What is done while nobody waits: what is due is read once, and shown when it is due again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from advisor.engagement.promises import PromiseState
from advisor.server.packs import LoadedPack
from advisor.server.promise_keeper import Shown
from advisor.store.keys import Keys
from advisor.store.memories import Remembered, Remembering
from advisor.store.pack_files import read_pack_files
from advisor.store.queue import MISSED_FOR
from advisor.store.suitability import check
from advisor.workbench.preparing import prepare
from tests.server.lives import Life, living
from tests.server.running import Hands, settings_for
from tests.store.promises import NOW, Desk, later

_PATIENCE = timedelta(seconds=5)


@pytest.fixture(name="hands")
def _hands() -> Hands:
    return Hands(now=NOW)


@pytest.fixture(name="life")
async def _life(
    tmp_path: Path, redis_url: str, namespace: str, hands: Hands
) -> AsyncIterator[Life]:
    prepared = prepare(read_pack_files(settings_for(tmp_path).rules))
    assert prepared.guide is not None
    keys = Keys(b"a secret of the tests", namespace=namespace)
    async with living(redis_url, keys, LoadedPack(prepared.guide, NOW), hands) as life:
        await check(life.client, keys)
        yield life


async def _reads(life: Life) -> int:
    """Count what was read of customers until now."""
    stats = await life.client.write(lambda redis: redis.info("commandstats"))
    return int(stats["cmdstat_mget"]["calls"])


async def test_what_was_due_a_moment_ago_is_not_read_again(life: Life) -> None:
    """However many promises wait, a look at them every second reads only those that are new."""
    desk = Desk(life.vault)
    for number in range(20):
        await desk.make("r", f"K-{number}")
    before = await _reads(life)
    await life.keeper.look()
    first = await _reads(life)
    shown = await life.keeper.after(Shown(), _PATIENCE)
    await desk.make("r", "K-20")
    made = await _reads(life)
    await life.keeper.look()
    await life.keeper.look()
    new = (await life.keeper.after(shown, _PATIENCE)).since(shown)

    assert first - before == 20
    assert await _reads(life) - made == 1
    assert [each.customer_id for each in new] == ["K-20"]


async def test_nothing_new_is_waited_for(life: Life) -> None:
    """A watcher that has seen all that is due is not woken by a look that finds the same."""
    await Desk(life.vault).make("r")
    await life.keeper.look()
    shown = await life.keeper.after(Shown(), _PATIENCE)
    await life.keeper.look()

    assert await life.keeper.after(shown, timedelta(0)) is shown


async def test_of_very_many_that_were_missed_the_last_are_listed(life: Life) -> None:
    """Whoever must see to what was missed sees what was missed last, however much there is."""
    desk = Desk(life.vault)
    for number in range(5):
        await desk.make("r", f"K-{number}", due_at=later(number))
        place = desk.queue.place(f"K-{number}", "r")
        await desk.settle(place, PromiseState.MISSED, "x")

    found = await life.store.queue.missed(NOW + MISSED_FOR, 2)

    assert [each.place for each in found] == [desk.queue.place(f"K-{n}", "r") for n in (3, 4)]


async def test_a_fault_of_one_promise_keeps_no_other_from_being_settled(
    life: Life, hands: Hands
) -> None:
    """What is wrong with one promise is said, when all others that are overdue are settled."""
    desk = Desk(life.vault)
    for number in range(5):
        await desk.make("r", f"K-{number}")
    owner = desk.queue.owner(desk.queue.place("K-2", "r"))

    def break_it(before: Remembered) -> Remembering:
        [promise] = before.memory.promises
        broken = replace(promise, kind="of no pack")
        return Remembering(memory=replace(before.memory, promises=(broken,)))

    await desk.memories.settle_of(owner, None, break_it)
    hands.now = later(90)
    with pytest.raises(ValueError, match="of no pack"):
        await life.keeper.settle()

    assert len(await life.store.queue.missed(hands.now, 10)) == 4
    assert len(await desk.in_queue("overdue")) == 1


async def test_how_long_the_oldest_has_waited_is_measured(life: Life, hands: Hands) -> None:
    """The metrics say how many promises are due and unclaimed, and how long the oldest has been."""
    desk = Desk(life.vault)
    await desk.make("r", "K-1")
    await desk.make("r", "K-2", due_at=later(7))
    hands.now = later(5)
    await life.keeper.measure()

    registry = life.metrics.registry
    assert registry.get_sample_value("advisor_promises_due") == 1
    assert registry.get_sample_value("advisor_promise_oldest_due_seconds") == 300
