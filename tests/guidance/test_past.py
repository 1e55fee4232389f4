"""What past contacts add to a memory, when they are told long after they happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.contacts import Contact, Disposition
from advisor.facts.memory import Memory
from advisor.facts.situation import Suppressed
from advisor.facts.vocabulary import PurposeKind, Suppression
from advisor.guidance.past import with_past
from advisor.guidance.settling import CONTACTS, CONTACTS_FOR

NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)


def _contact(id_: int, days: float, disposition: Disposition = Disposition.NO_ANSWER) -> Contact:
    return Contact(id=f"c-{id_}", at=NOW - timedelta(days=days), disposition=disposition)


_CONTACTS = st.lists(
    st.builds(_contact, st.integers(0, 9), st.integers(0, 500), st.sampled_from(Disposition)),
    max_size=12,
)


@given(_CONTACTS, _CONTACTS)
def test_twice_adds_nothing(before: list[Contact], told: list[Contact]) -> None:
    """Whatever was remembered, the same told again changes nothing and asks for the same."""
    memory = with_past(Memory(), before, NOW).memory
    once = with_past(memory, told, NOW)
    twice = with_past(once.memory, told, NOW)
    assert (twice.memory, twice.added) == (once.memory, 0)
    assert set(twice.suppressed) <= set(once.suppressed)


def test_what_is_remembered_counts() -> None:
    """A call that is known is not told anew, and neither is one that has no outcome yet."""
    known = _contact(1, 3, Disposition.COMPLETED_SERVICE)
    held = replace(_contact(2, 0), disposition=None)
    memory = Memory(contacts=(known,), holds=(held,), first_at=known.at)
    past = with_past(memory, [_contact(1, 3, Disposition.DNC_ALL), _contact(2, 0)], NOW)
    assert (past.memory, past.added, past.suppressed) == (memory, 0, ())


def test_newest_first_and_the_first_is_known() -> None:
    """Contacts stand newest first, however old the one that is told last."""
    memory = with_past(Memory(), [_contact(2, 2)], NOW).memory
    past = with_past(memory, [_contact(1, 1), _contact(3, 3)], NOW)
    assert [each.id for each in past.memory.contacts] == ["c-1", "c-2", "c-3"]
    assert (past.memory.first_at, past.added) == (NOW - timedelta(days=3), 2)


def test_what_is_too_old_or_too_many_is_no_contact_but_was_the_first() -> None:
    """A memory stays bounded, and still knows since when the customer is known."""
    many = [_contact(each, each / 100) for each in range(CONTACTS + 5)]
    old = Contact(id="old", at=NOW - CONTACTS_FOR, disposition=Disposition.DNC_ALL)
    past = with_past(Memory(), [*many, old], NOW)
    assert (len(past.memory.contacts), past.added) == (CONTACTS, CONTACTS)
    assert past.memory.first_at == old.at
    assert past.suppressed == (Suppressed(source=Suppression.INTERNAL, captured_at=old.at),)


def test_a_request_to_stop_holds_on() -> None:
    """A customer who asked to be left in peace about something is, though nobody wrote it down.

    So it is for a call under way of which nobody else has told how it ended.
    """
    asked = replace(
        _contact(1, 9, Disposition.DNC_THIS_PURPOSE), kind=PurposeKind.PAYMENT_REMINDER.value
    )
    memory = Memory(holds=(replace(asked, disposition=None),))
    (suppressed,) = with_past(memory, [asked], NOW).suppressed
    assert suppressed == Suppressed(
        source=Suppression.PURPOSE_OPT_OUT,
        purpose_kinds=frozenset({PurposeKind.PAYMENT_REMINDER}),
        captured_at=asked.at,
    )


def test_nothing_told_is_nothing_known() -> None:
    """Nobody is first known because nothing was told of them."""
    assert with_past(Memory(), [], NOW).memory == Memory()
