"""Generation marks: what they take for lost, and what for new."""

from __future__ import annotations

import pytest

from advisor.store.errors import Reason, StoreLost
from advisor.store.marks import Mark, Marks, new_epoch, read_mark


def seen(marks: Marks, stored: object) -> Mark:
    """Judge a mark that a command sent now finds."""
    return marks.check(3, marks.expected(3), stored)


def test_rising_mark_is_taken() -> None:
    """Writes raise the mark; a mark that stands still is no loss."""
    marks = Marks()

    assert seen(marks, b"new-1:4") == Mark("new-1", 4)
    assert seen(marks, "new-1:4") == Mark("new-1", 4)
    assert seen(marks, b"new-1:9") == marks.expected(3) == Mark("new-1", 9)


@pytest.mark.parametrize("stored", [None, b"", b"new-1", b"new-1:x", b"new-1:3", b"new-2:9", 7])
def test_mark_that_is_gone_older_or_another_is_loss(stored: object) -> None:
    """Fault 14: gone, lower or of another beginning, the shard is lost and stays so."""
    marks = Marks()
    seen(marks, b"new-1:4")

    with pytest.raises(StoreLost) as caught:
        seen(marks, stored)
    assert caught.value.reason is Reason.LOST
    with pytest.raises(StoreLost):
        seen(marks, b"new-1:400")


def test_restored_data_is_taken_again() -> None:
    """What an operator has restored is known again, wherever its count begins."""
    marks = Marks()
    seen(marks, b"new-1:4")
    with pytest.raises(StoreLost):
        seen(marks, None)

    assert seen(marks, b"restored-1:3") == Mark("restored-1", 3)
    assert seen(marks, b"restored-1:4") == marks.expected(3)
    with pytest.raises(StoreLost):
        seen(marks, b"new-2:99")


def test_answers_may_overtake_each_other() -> None:
    """An answer that arrives after a later one is no loss."""
    marks = Marks()
    expected = marks.expected(3)
    seen(marks, b"new-1:9")

    assert marks.check(3, expected, b"new-1:8") == Mark("new-1", 8)
    assert marks.expected(3) == Mark("new-1", 9)


def test_first_look_at_nothing_is_loss() -> None:
    """A shard without a mark is lost even for a process that has seen none."""
    marks = Marks()
    with pytest.raises(StoreLost):
        seen(marks, None)
    with pytest.raises(StoreLost):
        seen(marks, b"new-2:1")


def test_journal_says_how_far_it_must_be() -> None:
    """What a journal has seen counts as seen."""
    marks = Marks()
    marks.expect({3: Mark("new-1", 5)})
    with pytest.raises(StoreLost):
        seen(marks, b"new-1:4")


def test_what_no_replica_confirmed_may_be_missing() -> None:
    """Where a write must be on a replica, the next primary may lack what was only seen."""
    marks = Marks(kept_only=True)
    seen(marks, b"new-1:9")
    assert seen(marks, b"new-1:7") == Mark("new-1", 7)

    marks.kept(3, Mark("new-1", 7))
    assert seen(marks, b"new-1:8") == Mark("new-1", 8)
    with pytest.raises(StoreLost):
        seen(marks, b"new-1:6")


@pytest.mark.parametrize("stored", [None, b"new-2:99"])
def test_emptied_redis_is_noticed_before_any_write(stored: object) -> None:
    """Where only confirmed marks count, an emptied Redis is lost all the same."""
    marks = Marks(kept_only=True)
    seen(marks, b"new-1:9")
    with pytest.raises(StoreLost):
        seen(marks, stored)


def test_restored_data_is_taken_again_where_replicas_confirm() -> None:
    """What an operator has restored is known again, and is lost again by its own marks."""
    marks = Marks(kept_only=True)
    seen(marks, b"new-1:9")
    seen(marks, b"restored-1:3")
    marks.kept(3, Mark("restored-1", 4))

    with pytest.raises(StoreLost):
        seen(marks, b"restored-1:3")


def test_epochs_differ() -> None:
    """No two beginnings have the same name, and a restored one says that it is."""
    assert new_epoch() != new_epoch()
    assert Mark(new_epoch(restored=True), 0).restored
    assert not Mark(new_epoch(), 0).restored
    assert read_mark(str(Mark("a:b", 7))) == Mark("a:b", 7)
