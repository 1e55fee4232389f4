"""A contact is judged in two stages: was somebody reached, and what did they want?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.contacts import Contact, Direction, Disposition, EndedBy, Retry

AT = datetime(2026, 1, 12, 12, tzinfo=UTC)


def contact(disposition: Disposition | None = None) -> Contact:
    """Make a call of ours that turned out like this."""
    return Contact(at=AT, disposition=disposition)


@pytest.mark.parametrize("disposition", [each for each in Disposition if not each.human])
def test_nobody_refuses_by_not_answering(disposition: Disposition) -> None:
    """A call that reached nobody is an attempt, and never a refusal or an opt-out (004-13)."""
    tried = contact(disposition)

    assert tried.attempt is True
    assert tried.conversation is False
    assert tried.refusal is False
    assert tried.opt_out is False


@pytest.mark.parametrize(
    "disposition", [Disposition.HUNG_UP_BEFORE_HEADLINE, Disposition.HUNG_UP_AFTER_HEADLINE]
)
def test_hanging_up_is_no_opt_out(disposition: Disposition) -> None:
    """Who hung up, and where, is kept; it may have been a refusal, and is no opt-out (004-13)."""
    ended = Contact(
        at=AT, disposition=disposition, ended_by=EndedBy.CUSTOMER, ended_at_stage="headline"
    )

    assert (ended.ended_by, ended.ended_at_stage) == (EndedBy.CUSTOMER, "headline")
    assert ended.refusal is None
    assert ended.opt_out is False
    assert ended.conversation is None


def test_only_words_opt_out() -> None:
    """Only what the customer said in so many words is an opt-out, and that is a refusal too."""
    opted = {each for each in Disposition if contact(each).opt_out}
    refused = {each for each in Disposition if contact(each).refusal}

    assert opted == {Disposition.DNC_ALL, Disposition.DNC_THIS_PURPOSE}
    assert refused == {*opted, Disposition.NOT_INTERESTED}


def test_flags_of_the_table() -> None:
    """Dispositions carry the industry's flags: human, right party, and whether to try again."""
    promised = Disposition.CALLBACK_SCHEDULED_ANY
    abandoned = Disposition.ABANDONED_NO_AGENT

    assert (promised.human, promised.right_party, promised.retry) == (True, True, Retry.PROMISE)
    assert (abandoned.human, abandoned.right_party, abandoned.retry) == (
        True,
        False,
        Retry.RESTRICTED,
    )
    assert Disposition.NOT_INTERESTED.retry is Retry.COOL_OFF
    assert Disposition.DECLINED_IDENTITY.right_party is None
    assert Disposition.INVALID_NUMBER.retry is Retry.NO


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (contact(Disposition.COMPLETED_SERVICE), True),
        (contact(Disposition.THIRD_PARTY), False),
        (contact(Disposition.DECLINED_IDENTITY), None),
        (contact(), None),
        (Contact(at=AT, reached_human=True), None),
        (Contact(at=AT, reached_human=False), False),
        (Contact(at=AT, reached_human=True, right_party=True), True),
        (Contact(at=AT, reached_human=True, right_party=False), False),
        (Contact(at=AT, disposition=Disposition.NO_ANSWER, spoke=True), True),
        (Contact(at=AT, disposition=Disposition.SALE, spoke=False), False),
        (Contact(at=AT, channel="voice_inbound", disposition=Disposition.COMMITMENT), True),
        (Contact(at=AT, channel="letter", spoke=True), False),
    ],
)
def test_conversation(made: Contact, expected: bool | None) -> None:  # noqa: FBT001 - a row of a table
    """The customer was spoken with, whoever rang; not a third party, and not by letter."""
    assert made.conversation is expected


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (Contact(at=AT), True),
        (Contact(at=AT, channel="voice_outbound"), True),
        (Contact(at=AT, channel="voice_inbound"), False),
        (Contact(at=AT, direction=Direction.INBOUND), False),
        (Contact(at=AT, direction=Direction.OUTBOUND, channel="sms"), False),
    ],
)
def test_attempt(made: Contact, expected: bool) -> None:  # noqa: FBT001 - a row of a table
    """Any call of ours is an attempt; the customer's own calls and messages are none."""
    assert made.attempt is expected


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (Contact(at=AT, kind="co_creation_invitation"), True),
        (Contact(at=AT, kind="co_creation_invitation", channel="email"), True),
        (Contact(at=AT, kind="co_creation_invitation", reached_human=False), False),
        (Contact(at=AT, kind="renewal"), False),
        (Contact(at=AT), None),
        (Contact(at=AT, channel="voice_inbound"), False),
    ],
)
def test_invitation(made: Contact, expected: bool | None) -> None:  # noqa: FBT001 - a row of a table
    """An invitation is one that reached the customer, by whatever channel."""
    assert made.invitation is expected


@given(
    st.builds(
        Contact,
        at=st.just(AT),
        disposition=st.none() | st.sampled_from(Disposition),
        reached_human=st.none() | st.booleans(),
        right_party=st.none() | st.booleans(),
        ended_by=st.none() | st.sampled_from(EndedBy),
    )
)
def test_second_stage_needs_the_first(made: Contact) -> None:
    """Only where a person may have been reached can there be a refusal or a conversation."""
    if made.human is False:
        assert made.refusal is False
        assert made.conversation is False
    if made.disposition is None:
        assert made.refusal is not True
        assert made.opt_out is False


def test_a_message_is_no_refusal_and_no_invitation() -> None:
    """A letter or the customer's own contact, of which no more is told, starts no rest (004-14)."""
    letter = Contact(at=AT, direction=Direction.OUTBOUND, channel="letter")
    theirs = Contact(at=AT, direction=Direction.INBOUND, channel="voice_inbound")
    for made in (letter, theirs):
        assert (made.refusal, made.ended_badly, made.invitation) == (False, False, False)
    call = Contact(at=AT, direction=Direction.OUTBOUND)
    assert (call.refusal, call.ended_badly, call.invitation) == (None, None, None)
