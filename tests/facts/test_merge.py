"""Joining two accounts of a customer: newest wins, what protects them accumulates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.calendars import QuietSource, QuietTime, Window
from advisor.facts.merge import ACCUMULATING, REPLACEABLE, Lift, lifted, merged
from advisor.facts.situation import Consent, Profile, Seen, Suppressed
from advisor.facts.vocabulary import ConsentState, ConsentType, PurposeKind, Suppression

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_EARLIER = _NOW - timedelta(days=1)
_LATER = _NOW + timedelta(days=1)


def _goal(goal: str | None, at: datetime) -> Profile:
    return Profile(goal=goal, seen={"goal": Seen(observed_at=at, source="crm")})


def test_newest_wins_field_by_field() -> None:
    """The newer goal replaces the older; what is only known from before stays."""
    known = merged(Profile(), Profile(goal="a house", language="fr"), observed_at=_EARLIER)
    joined = merged(known, Profile(goal="a boat"), observed_at=_NOW)

    assert (joined.goal, joined.language) == ("a boat", "fr")
    assert joined.seen == {
        "goal": Seen(observed_at=_NOW),
        "language": Seen(observed_at=_EARLIER),
    }


def test_older_observation_changes_nothing() -> None:
    """What arrives now and was observed before what is known is not news."""
    joined = merged(_goal("a boat", _NOW), _goal("a house", _EARLIER), observed_at=_LATER)

    assert joined == _goal("a boat", _NOW)


def test_value_of_unknown_age_gives_way() -> None:
    """A known value that nobody dated is older than any other."""
    assert merged(Profile(goal="a house"), _goal("a boat", _EARLIER), observed_at=_NOW).goal == (
        "a boat"
    )


def test_named_and_absent_becomes_unknown() -> None:
    """A field that is named and not given is forgotten; an older value does not bring it back."""
    known = _goal("a house", _EARLIER)
    forgotten = merged(known, Profile(), observed_at=_NOW, named=frozenset({"goal"}))
    again = merged(forgotten, known, observed_at=_LATER)

    assert forgotten.goal is None
    assert again.goal is None


def test_present_and_not_named_is_left_alone() -> None:
    """With fields named, no other field changes."""
    told = Profile(goal="a boat", language="fr")
    joined = merged(Profile(), told, observed_at=_NOW, named=frozenset({"language"}))

    assert (joined.goal, joined.language) == (None, "fr")


def test_no_and_none_are_knowledge() -> None:
    """False, zero and an empty set are values and replace what was known."""
    known = Profile(safe_contact=True, complaints_open=2, registers=frozenset({"tps"}))
    told = Profile(safe_contact=False, complaints_open=0, registers=frozenset())
    joined = merged(known, told, observed_at=_NOW)

    assert (joined.safe_contact, joined.complaints_open, joined.registers) == (
        False,
        0,
        frozenset(),
    )


def test_attributes_are_joined_one_by_one() -> None:
    """The company's own facts behave as fields do, each by itself."""
    known = merged(
        Profile(), Profile(attributes={"bank.a": 1, "bank.b": 1, "bank.c": 1}), observed_at=_NOW
    )
    told = Profile(
        attributes={"bank.a": 2, "bank.b": 2}, seen={"bank.b": Seen(observed_at=_EARLIER)}
    )
    joined = merged(known, told, observed_at=_LATER)
    without = merged(joined, Profile(), observed_at=_LATER, named=frozenset({"bank.c"}))

    assert joined.attributes == {"bank.a": 2, "bank.b": 1, "bank.c": 1}
    assert without.attributes == {"bank.a": 2, "bank.b": 1}


def test_stated_quiet_times_accumulate_until_an_update_names_them() -> None:
    """A dialer's newer list cannot take back what the customer said; an update can (000-07)."""
    dinner = QuietTime(window=Window(18 * 60, 20 * 60))
    learned = QuietTime(window=Window(12 * 60, 13 * 60), source=QuietSource.LEARNED)
    morning = QuietTime(window=Window(8 * 60, 10 * 60))
    known = merged(Profile(), Profile(quiet_times=(dinner, learned)), observed_at=_EARLIER)
    told = Profile(quiet_times=(morning,))
    inline = merged(known, told, observed_at=_NOW)
    updated = merged(known, told, observed_at=_NOW, named=frozenset({"quiet_times"}))

    assert inline.quiet_times == (morning, dinner)
    assert merged(inline, told, observed_at=_NOW) == inline
    assert updated.quiet_times == (morning,)


def test_suppressions_accumulate_whatever_their_age() -> None:
    """An older suppression is added to a newer one, and none is taken away."""
    dnc = Suppressed(source=Suppression.INTERNAL, captured_at=_NOW)
    deceased = Suppressed(source=Suppression.DECEASED, captured_at=_EARLIER)
    joined = merged(
        Profile(suppressions=(dnc,)),
        Profile(suppressions=(deceased,)),
        observed_at=_EARLIER,
        named=frozenset({"suppressions"}),
    )

    assert joined.suppressions == (deceased, dnc)
    assert merged(joined, Profile(), observed_at=_LATER).suppressions == (deceased, dnc)


def test_same_suppression_is_said_once() -> None:
    """Of two suppressions of one source and coverage the longer one and the later capture count."""
    known = Suppressed(source=Suppression.MORATORIUM, ends_at=_LATER, captured_at=_EARLIER)
    told = Suppressed(source=Suppression.MORATORIUM, ends_at=_NOW)
    for_ever = Suppressed(source=Suppression.MORATORIUM, captured_at=_EARLIER)
    joined = merged(Profile(suppressions=(known,)), Profile(suppressions=(told,)), observed_at=_NOW)
    endless = merged(joined, Profile(suppressions=(for_ever,)), observed_at=_NOW)

    assert joined.suppressions == (
        Suppressed(source=Suppression.MORATORIUM, ends_at=_LATER, captured_at=_NOW),
    )
    assert endless.suppressions[0].ends_at is None


def test_suppressions_of_other_coverage_stand_side_by_side() -> None:
    """An opt-out of surveys does not become, or replace, an opt-out of everything."""
    one = Suppressed(
        source=Suppression.PURPOSE_OPT_OUT,
        purpose_kinds=frozenset({PurposeKind.SURVEY_FEEDBACK}),
        captured_at=_NOW,
    )
    all_of_them = Suppressed(source=Suppression.PURPOSE_OPT_OUT, captured_at=_NOW)
    joined = merged(
        Profile(suppressions=(one,)), Profile(suppressions=(all_of_them,)), observed_at=_NOW
    )

    assert joined.suppressions == (all_of_them, one)


def _consent(state: ConsentState, at: datetime | None) -> Consent:
    return Consent(type=ConsentType.MARKETING_CALL, state=state, captured_at=at)


@pytest.mark.parametrize(
    ("known", "told", "counts"),
    [
        (("given", _EARLIER), ("withdrawn", _NOW), "withdrawn"),
        (("withdrawn", _EARLIER), ("given", _NOW), "given"),
        (("withdrawn", _NOW), ("given", _EARLIER), "withdrawn"),
        (("withdrawn", _NOW), ("given", None), "withdrawn"),
        (("given", _EARLIER), ("withdrawn", None), "withdrawn"),
        (("given", _NOW), ("withdrawn", _NOW), "withdrawn"),
        (("given", _NOW), ("never_asked", None), "given"),
    ],
)
def test_latest_consent_counts(
    known: tuple[str, datetime | None], told: tuple[str, datetime | None], counts: str
) -> None:
    """Of one type the latest consent counts; where that is open, the one that allows less."""
    joined = merged(
        Profile(consents=(_consent(ConsentState(known[0]), known[1]),)),
        Profile(consents=(_consent(ConsentState(told[0]), told[1]),)),
        observed_at=_NOW,
    )

    assert [consent.state for consent in joined.consents or ()] == [counts]


def test_undated_withdrawal_is_ended_by_a_later_consent() -> None:
    """A withdrawal without a date counts from when it was told, and not for ever."""
    withdrawn = Profile(consents=(_consent(ConsentState.WITHDRAWN, None),))
    known = merged(Profile(), withdrawn, observed_at=_NOW)
    given_again = Profile(consents=(_consent(ConsentState.GIVEN, _LATER),))

    assert merged(known, given_again, observed_at=_LATER).consents == given_again.consents


def test_consents_of_other_types_accumulate() -> None:
    """A consent that the newer account leaves out is not forgotten."""
    recording = Consent(type=ConsentType.RECORDING, state=ConsentState.GIVEN, captured_at=_NOW)
    marketing = _consent(ConsentState.GIVEN, _NOW)
    known = Profile(consents=(recording,))

    joined = merged(known, Profile(consents=(marketing,)), observed_at=_LATER)
    assert joined.consents == (marketing, recording)
    assert merged(known, Profile(), observed_at=_LATER).consents == (recording,)
    assert merged(Profile(), Profile(), observed_at=_NOW).consents is None


def test_lifting_spares_what_came_later() -> None:
    """A lift takes away what its source captured until then; undated ones stay."""
    lift = Lift(source=Suppression.INTERNAL, basis="asked to be called", lifted_at=_NOW)
    before, after = (
        Suppressed(source=Suppression.INTERNAL, captured_at=at) for at in (_NOW, _LATER)
    )
    undated = Suppressed(source=Suppression.INTERNAL)
    other = Suppressed(source=Suppression.DECEASED, captured_at=_EARLIER)

    assert lifted((before, after, undated, other), (lift,)) == (after, undated, other)


def test_every_field_is_joined_one_way() -> None:
    """No field of a profile is forgotten when two are joined."""
    assert set(REPLACEABLE) | set(ACCUMULATING) | {"attributes", "seen"} == set(
        Profile.__dataclass_fields__
    )


_TIMES = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 -- the zone is added by the strategy
    max_value=datetime(2026, 12, 31),  # noqa: DTZ001 -- as above
    timezones=st.just(UTC),
)
_PROFILES = st.builds(
    Profile,
    goal=st.none() | st.sampled_from(["a house", "a boat"]),
    complaints_open=st.none() | st.integers(0, 3),
    suppressions=st.lists(
        st.builds(
            Suppressed,
            source=st.sampled_from(Suppression),
            purpose_kinds=st.frozensets(st.sampled_from(PurposeKind), max_size=2),
            ends_at=st.none() | _TIMES,
            captured_at=st.none() | _TIMES,
        ),
        max_size=3,
    ).map(tuple),
    consents=st.none()
    | st.lists(
        st.builds(
            Consent,
            type=st.sampled_from(ConsentType),
            state=st.sampled_from(ConsentState),
            captured_at=st.none() | _TIMES,
        ),
        max_size=3,
    ).map(tuple),
    attributes=st.dictionaries(st.sampled_from(["bank.a", "bank.b"]), st.integers()),
    seen=st.dictionaries(st.sampled_from(["goal", "bank.a"]), st.builds(Seen, observed_at=_TIMES)),
)


@given(_PROFILES, _PROFILES, _TIMES)
def test_joining_twice_changes_nothing_more(known: Profile, told: Profile, at: datetime) -> None:
    """The same account told again has no further effect."""
    once = merged(known, told, observed_at=at)

    assert merged(once, told, observed_at=at) == once


@given(_PROFILES, _PROFILES, _TIMES)
def test_no_suppression_is_ever_lost(known: Profile, told: Profile, at: datetime) -> None:
    """Whatever is joined covers every source and purpose that either covered, and as long."""
    joined = {
        (each.source, each.purpose_kinds): each.ends_at
        for each in merged(known, told, observed_at=at).suppressions
    }
    for each in (*known.suppressions, *told.suppressions):
        ends_at = joined[each.source, each.purpose_kinds]
        assert ends_at is None or (each.ends_at is not None and ends_at >= each.ends_at)
