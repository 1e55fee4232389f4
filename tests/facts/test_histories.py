"""Joining what happened before, as two sources tell it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.contacts import Contact, Disposition
from advisor.engagement.promises import Promise, PromiseState
from advisor.facts.histories import merged_history
from advisor.facts.situation import History

NOW = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_nobody_knowing_stays_unknown_and_knowing_nothing_is_knowledge() -> None:
    """Two sources that say nothing know nothing; one that knows of no contact is believed."""
    assert merged_history(History(), History()).contacts is None
    assert merged_history(History(contacts=()), History()).contacts == ()


def test_a_contact_that_both_tell_counts_once() -> None:
    """The dialer's attempt and our own record of it are one attempt (004-17)."""
    ours = Contact(at=NOW, number="+442079460000", kind="survey_feedback")
    theirs = Contact(at=NOW, disposition=Disposition.NO_ANSWER, campaign="winter")
    joined = replace(ours, disposition=Disposition.NO_ANSWER, campaign="winter")
    assert merged_history(
        History(contacts=(ours,)), History(contacts=(theirs, Contact(at=NOW - HOUR)))
    ).contacts == (joined, Contact(at=NOW - HOUR))


def test_contacts_of_one_instant_on_two_numbers_are_two() -> None:
    """Two numbers rung at one instant are two attempts."""
    one, other = Contact(at=NOW, number="+442079460000"), Contact(at=NOW, number="+442079460001")
    assert merged_history(History(contacts=(one,)), History(contacts=(other,))).contacts == (
        one,
        other,
    )


def test_a_promise_is_told_once_as_it_stands_now() -> None:
    """What is told now of a promise outweighs what was known."""
    made = Promise(id="p1", state=PromiseState.MADE, due_at=NOW)
    due = replace(made, state=PromiseState.DUE)
    other = Promise(state=PromiseState.MADE, due_at=NOW + HOUR, subject="s1")
    assert merged_history(
        History(promises=(made, other)), History(promises=(due, replace(other)))
    ).promises == (other, due)


_CONTACTS = st.lists(
    st.builds(
        Contact,
        at=st.integers(0, 5).map(lambda hours: NOW - hours * HOUR),
        number=st.sampled_from(["+442079460000", "+442079460001"]),
        disposition=st.sampled_from([None, *Disposition]),
    ),
    max_size=8,
).map(lambda contacts: History(contacts=tuple(contacts)))


@given(known=_CONTACTS, told=_CONTACTS)
def test_joining_twice_changes_nothing(known: History, told: History) -> None:
    """The same history told again adds no contact, and the newest stands first."""
    once = merged_history(known, told)
    contacts = once.contacts or ()
    assert merged_history(once, told) == once
    assert [c.at for c in contacts] == sorted((c.at for c in contacts), reverse=True)
    assert {(c.at, c.number) for c in contacts} == {
        (c.at, c.number) for history in (known, told) for c in history.contacts or ()
    }
