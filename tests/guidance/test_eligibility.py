"""May we call? All reasons, the strictest decision, until when."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from advisor.engagement.basis import Basis
from advisor.engagement.calendars import Calendar, QuietSource, QuietTime, Window
from advisor.engagement.contacts import Contact, Direction, Disposition
from advisor.engagement.limits import Counts, Limit, Per, Span, SpanUnit
from advisor.engagement.places import Place
from advisor.engagement.promises import Promise, PromiseState
from advisor.facts.situation import Consent, History, Profile, Suppressed
from advisor.facts.values import Possible
from advisor.facts.vocabulary import (
    ConsentState,
    ConsentType,
    Decision,
    PurposeKind,
    ReasonCode,
    Suppression,
)
from advisor.guidance.advise import advise
from advisor.guidance.decision import Advice, Verdict
from advisor.rules.pack import Pack
from tests.guidance import packs
from tests.guidance.packs import LONDON, NOW, ruling

SALE = packs.purpose("sale", kind=PurposeKind.MARKETING_NEW)
DEBT = packs.purpose("debt", kind=PurposeKind.COLLECTIONS_EARLY)
EMERGENCY = packs.purpose("emergency", kind=PurposeKind.EMERGENCY_SAFETY)
LEGAL = packs.purpose("legal", kind=PurposeKind.LEGAL_NOTICE)
FRAUD = packs.purpose("fraud", kind=PurposeKind.FRAUD_ALERT)
CALLBACK = packs.purpose("callback", kind=PurposeKind.CALLBACK_PROMISED)
PURPOSES = (SALE, DEBT, EMERGENCY, LEGAL, FRAUD, CALLBACK)

NEW_YORK = Place(ZoneInfo("America/New_York"), "US-NY")
LOS_ANGELES = Place(ZoneInfo("America/Los_Angeles"), "US-CA")
MONDAY_LATE = datetime(2026, 1, 12, 20, 30, tzinfo=UTC)
US_SALES = Calendar(
    id="us-sales",
    region="US",
    applies_to=frozenset({"marketing"}),
    open=dict.fromkeys(range(7), (Window(480, 1260),)),
    basis=Basis.LAW,
)
EVENINGS = QuietTime(window=Window(18 * 60, 22 * 60))


def pack_of(*rules: Any, **more: Any) -> Pack:  # noqa: ANN401
    """Make a pack with all purposes."""
    return packs.pack(*rules, purposes=PURPOSES, **more)


def advised(pack: Pack, purpose_id: str = "pin-migration", **more: Any) -> Advice:  # noqa: ANN401
    """Advise on a call."""
    return advise(packs.guide(pack), packs.situation(pack, purpose_id, **more))


def judged(pack: Pack, purpose_id: str = "pin-migration", **more: Any) -> Verdict:  # noqa: ANN401
    """Judge a call."""
    return advised(pack, purpose_id, **more).verdict


def codes(verdict: Verdict) -> list[str]:
    """List the codes of the reasons."""
    return [reason.code.value for reason in verdict.reasons]


def test_without_a_reason_a_call_is_allowed() -> None:
    """No reason, no restriction."""
    assert judged(pack_of()) == Verdict(decision=Decision.ALLOW)


def test_the_strictest_verdict_wins_and_every_reason_is_kept() -> None:
    """Whatever the order of the rules, all reasons are there, strictest first."""
    rules = [
        ruling("conditions", Decision.ALLOW_WITH_CONDITIONS, ReasonCode.VULNERABILITY_CARE),
        ruling("defer", Decision.DEFER, ReasonCode.OPEN_COMPLAINT),
        ruling("block", Decision.BLOCK, ReasonCode.SAFE_CONTACT_RESTRICTION),
        ruling("review", Decision.HUMAN_REVIEW, ReasonCode.VULNERABILITY_CARE),
        ruling("channel", Decision.USE_OTHER_CHANNEL, ReasonCode.PREFERS_OTHER_CHANNEL),
    ]
    verdicts = [judged(pack_of(*order)) for order in itertools.permutations(rules)]
    assert [reason.rule for reason in verdicts[0].reasons] == [
        "block",
        "review",
        "defer",
        "channel",
        "conditions",
    ]
    assert verdicts[0].decision is Decision.BLOCK
    assert verdicts[0].not_before is None
    assert all(verdict == verdicts[0] for verdict in verdicts)


def test_of_one_decision_the_stronger_basis_comes_first() -> None:
    """Law stands before policy, policy before a campaign's wish."""
    rules = [ruling(basis.word, basis=basis) for basis in (Basis.CAMPAIGN, Basis.LAW, Basis.POLICY)]
    assert [each.rule for each in judged(pack_of(*rules)).reasons] == ["law", "policy", "campaign"]


def test_a_reason_names_its_rule_and_facts() -> None:
    """Every reason can be explained, and shows what was unsure."""
    pack = pack_of(ruling("care", when=packs.when(complaints__open=2)))
    reason = judged(pack).reasons[0]
    assert (reason.rule, reason.text, reason.unsure) == ("care", "Because of care.", True)
    assert [fact.name for fact in reason.facts] == ["complaints.open"]
    bare = advise(packs.guide(pack), packs.situation(pack), explain=False).verdict.reasons[0]
    assert bare.facts == ()


def test_a_rule_without_a_ruling_gives_no_reason() -> None:
    """A rule that decides nothing is no reason."""
    assert judged(pack_of(replace(ruling("empty"), ruling=None))).decision is Decision.ALLOW


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NOW + timedelta(days=2), NOW + timedelta(days=2)),
        (Possible((NOW + timedelta(days=2), NOW + timedelta(days=3))), NOW + timedelta(days=3)),
        (NOW - timedelta(days=2), None),
        (None, None),
        (Possible((NOW + timedelta(days=2), "soon")), None),
    ],
)
def test_until_when_a_rule_defers(value: Any, expected: datetime | None) -> None:  # noqa: ANN401
    """`not_before` is the latest instant the named fact may be; absent where no end is known."""
    pack = pack_of(ruling("hold", until="weather.outage.ends_at"))
    stated = {} if value is None else {"weather.outage.ends_at": value}
    verdict = judged(pack, stated=stated)
    assert (verdict.reasons[0].until, verdict.not_before) == (expected, expected)


def test_not_before_waits_for_every_reason_and_an_open_window() -> None:
    """`not_before` is the first instant at which all reasons have passed and a window is open."""
    ends = datetime(2026, 1, 16, 21, 0, tzinfo=UTC)
    pack = pack_of(
        ruling("hold", until="weather.outage.ends_at"),
        calendars=[packs.OFFICE],
        default_calendar="office",
    )
    verdict = judged(pack, stated={"weather.outage.ends_at": ends})
    assert verdict.not_before == datetime(2026, 1, 19, 9, 0, tzinfo=UTC)
    # A window before that would invite a call that is not allowed.
    assert verdict.windows[0].start == verdict.not_before


def test_only_deferring_reasons_delay() -> None:
    """A condition without an end says nothing about when to call."""
    pack = pack_of(
        ruling("hold", until="weather.outage.ends_at"),
        ruling("care", Decision.ALLOW_WITH_CONDITIONS, ReasonCode.VULNERABILITY_CARE),
    )
    ends = NOW + timedelta(hours=3)
    assert judged(pack, stated={"weather.outage.ends_at": ends}).not_before == ends


def test_the_default_calendar_closes_where_no_other_speaks() -> None:
    """No match never means open."""
    pack = pack_of(calendars=[packs.OFFICE, US_SALES], default_calendar="office")
    verdict = judged(pack, now=MONDAY_LATE)
    assert (verdict.decision, codes(verdict)) == (Decision.DEFER, ["outside_company_window"])
    assert verdict.not_before == datetime(2026, 1, 13, 9, 0, tzinfo=UTC)
    assert verdict.reasons[0].until == verdict.not_before


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(7, ["outside_legal_window"]), (8, []), (20, []), (21, ["outside_legal_window"])],
)
def test_a_legal_window(hour: int, expected: list[str]) -> None:
    """K4: a sales call keeps to the hours of the law at the customer's place."""
    pack = pack_of(calendars=[packs.OFFICE, US_SALES], default_calendar="office")
    now = datetime(2026, 1, 12, hour, 0, tzinfo=NEW_YORK.zone).astimezone(UTC)
    assert codes(judged(pack, "sale", now=now, places=[NEW_YORK])) == expected


def test_every_candidate_zone_must_be_open() -> None:
    """K4: out of hours in one of the candidate zones is out of hours; the windows intersect."""
    pack = pack_of(calendars=[packs.OFFICE, US_SALES], default_calendar="office")
    now = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)
    verdict = judged(pack, "sale", now=now, places=[NEW_YORK, LOS_ANGELES])
    assert codes(verdict) == ["outside_legal_window"]
    assert verdict.reasons[0].unsure
    assert verdict.not_before == datetime(2026, 1, 12, 16, 0, tzinfo=UTC)
    assert [(each.start.hour, each.end.hour) for each in verdict.windows[:2]] == [(16, 2), (16, 2)]


def test_places_under_different_calendars_are_all_kept() -> None:
    """One candidate place under a law and one under the default: both must be open."""
    pack = pack_of(calendars=[packs.OFFICE, US_SALES], default_calendar="office")
    now = datetime(2026, 1, 12, 8, 0, tzinfo=UTC)
    verdict = judged(pack, "sale", now=now, places=[NEW_YORK, LONDON])
    assert codes(verdict) == ["outside_legal_window", "outside_company_window"]
    assert verdict.not_before == datetime(2026, 1, 12, 13, 0, tzinfo=UTC)
    first = verdict.windows[0]
    assert (first.start.hour, first.end.hour) == (13, 20)


def test_a_window_that_may_apply_is_kept() -> None:
    """Where the region is not known, a law that may hold there holds beside the default."""
    florida = replace(US_SALES, id="us-fl-sales", region="US-FL", open={})
    pack = pack_of(calendars=[packs.OFFICE, florida], default_calendar="office")
    place = Place(ZoneInfo("America/New_York"), "US")
    verdict = judged(pack, "sale", now=datetime(2026, 1, 12, 16, 0, tzinfo=UTC), places=[place])
    assert codes(verdict) == ["outside_legal_window"]
    assert verdict.reasons[0].unsure
    assert verdict.not_before is None


def test_places_that_never_agree_have_no_not_before() -> None:
    """Where no instant suits all candidate places, none is named."""
    auckland = Place(ZoneInfo("Pacific/Auckland"), "NZ")
    narrow = Calendar(id="noon", open=dict.fromkeys(range(7), (Window(720, 780),)))
    pack = pack_of(calendars=[narrow], default_calendar="noon")
    verdict = judged(pack, places=[LONDON, auckland])
    assert (verdict.not_before, verdict.windows) == (None, ())


def test_a_public_holiday_is_named() -> None:
    """A calendar that keeps public holidays says which one it is."""
    pack = pack_of(
        calendars=[replace(packs.OFFICE, public_holidays=True)], default_calendar="office"
    )
    now = datetime(2026, 12, 25, 11, 0, tzinfo=UTC)
    verdict = judged(pack, now=now)
    assert codes(verdict) == ["public_holiday"]
    assert "Christmas Day" in verdict.reasons[0].text


def test_a_calendar_gives_its_own_reason() -> None:
    """Words that an author gave are used."""
    pack = pack_of(
        calendars=[replace(packs.OFFICE, because="We are closed.")], default_calendar="office"
    )
    assert judged(pack, now=MONDAY_LATE).reasons[0].text == "We are closed."


def test_without_a_place_nobody_knows_the_time() -> None:
    """A customer who may be anywhere is not called."""
    verdict = judged(pack_of(), places=[])
    assert (codes(verdict), verdict.not_before, verdict.windows) == (["zone_ambiguous"], None, ())


def test_quiet_times_are_kept() -> None:
    """000-07: the customer's own hours defer a call, and say until when."""
    profile = Profile(quiet_times=(EVENINGS,))
    verdict = judged(pack_of(), now=MONDAY_LATE, profile=profile)
    assert codes(verdict) == ["customer_quiet_time"]
    assert verdict.reasons[0].basis is Basis.CUSTOMER
    assert verdict.not_before == datetime(2026, 1, 12, 22, 0, tzinfo=UTC)


def test_stated_and_learned_quiet_times_are_two_reasons() -> None:
    """What the customer said and what was noticed are told apart, each once."""
    learned = QuietTime(window=Window(17 * 60, 23 * 60), source=QuietSource.LEARNED)
    profile = Profile(quiet_times=(EVENINGS, learned, EVENINGS))
    verdict = judged(pack_of(), now=MONDAY_LATE, profile=profile)
    assert [(each.basis, each.until) for each in verdict.reasons] == [
        (Basis.CUSTOMER, datetime(2026, 1, 12, 22, 0, tzinfo=UTC)),
        (Basis.LEARNED, datetime(2026, 1, 12, 23, 0, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    ("stated", "expected", "until"),
    [
        ({"now.quiet_time": True}, ["customer_quiet_time"], None),
        (
            {"now.quiet_time": True, "now.quiet_time_ends": NOW + timedelta(hours=1)},
            ["customer_quiet_time"],
            NOW + timedelta(hours=1),
        ),
        ({"now.quiet_time": False}, [], None),
    ],
)
def test_a_quiet_time_may_be_stated(
    stated: dict[str, Any], expected: list[str], until: datetime | None
) -> None:
    """A stated fact outranks what is read from the profile."""
    profile = Profile(quiet_times=(QuietTime(window=Window(0, 0)),))
    verdict = judged(pack_of(), profile=profile, stated=stated)
    assert (codes(verdict), verdict.not_before) == (expected, until)


def attempt(at: datetime, **more: Any) -> Contact:  # noqa: ANN401
    """Make an attempt of ours."""
    return Contact(at=at, direction=Direction.OUTBOUND, **more)


TWO_A_DAY = Limit(id="two-a-day", count=Counts.ATTEMPTS, at_most=2, span=Span(24, SpanUnit.HOURS))
REST = Limit(
    id="rest", count=Counts.CONVERSATIONS, span=Span(3, SpanUnit.DAYS), wait=True, basis=Basis.LAW
)


@pytest.mark.parametrize(
    ("basis", "contacts", "expected"),
    [
        (Basis.LAW, None, ["context_stale"]),
        (Basis.LAW, (), []),
        (Basis.POLICY, None, []),
    ],
)
def test_where_the_law_counts_calls_an_unknown_history_is_not_an_empty_one(
    basis: Basis, contacts: tuple[Contact, ...] | None, expected: list[str]
) -> None:
    """003-09: nobody told us of earlier calls, so a call that the law counts waits."""
    own = pack_of(limits=[replace(REST, basis=basis)])
    verdict = judged(own, history=History(contacts=contacts))
    assert codes(verdict) == expected
    assert verdict.not_before is None


def test_a_limit_of_other_calls_asks_nothing_about_them() -> None:
    """A limit that does not speak of such a call does not care whether its history is known."""
    own = pack_of(limits=[replace(REST, applies_to=frozenset({"marketing"}))])
    assert judged(own, history=History(contacts=None)).decision is Decision.ALLOW


def test_zones_that_part_later_count_apart() -> None:
    """Two zones with one wall clock today close at different instants after the clocks change."""
    before_the_change = datetime(2026, 3, 8, 3, 30, tzinfo=UTC)  # half past eight in the evening
    evening = Calendar(
        id="always", open=dict.fromkeys(range(7), (Window(8 * 60, 20 * 60),)), basis=Basis.POLICY
    )
    phoenix, denver = (
        Place(ZoneInfo(zone), "US-AZ") for zone in ("America/Phoenix", "America/Denver")
    )
    verdict = judged(pack_of(calendars=[evening]), now=before_the_change, places=(denver, phoenix))
    assert verdict.not_before == datetime(2026, 3, 8, 15, tzinfo=UTC)  # eight in Phoenix


def test_a_limit_defers_until_there_is_room() -> None:
    """004-17: calls of any campaign count for the person; `until` is worked out."""
    contacts = (
        attempt(NOW - timedelta(hours=1), campaign="a"),
        attempt(NOW - timedelta(hours=5), campaign="b"),
    )
    verdict = judged(pack_of(limits=[TWO_A_DAY]), history=History(contacts=contacts))
    assert codes(verdict) == ["frequency_cap"]
    assert verdict.not_before == NOW + timedelta(hours=19)
    assert verdict.reasons[0].text == "2 attempts in 24 hours leave no room for one more."


def test_a_wait_after_a_conversation() -> None:
    """A waiting time has a code of its own, and its own words."""
    contacts = (attempt(NOW - timedelta(hours=5), disposition=Disposition.COMPLETED_SERVICE),)
    limit = replace(REST, because="They were spoken with.")
    reason = judged(pack_of(limits=[limit]), history=History(contacts=contacts)).reasons[0]
    assert (reason.code, reason.text) == (
        ReasonCode.POST_CONVERSATION_WAIT,
        "They were spoken with.",
    )


def test_limits_and_windows_are_waited_for_together() -> None:
    """`not_before` suits the limit and the window at once."""
    contacts = (attempt(NOW - timedelta(hours=1)), attempt(NOW - timedelta(hours=2)))
    pack = pack_of(
        limits=[replace(TWO_A_DAY, span=Span(32, SpanUnit.HOURS))],
        calendars=[packs.OFFICE],
        default_calendar="office",
    )
    verdict = judged(pack, history=History(contacts=contacts))
    assert verdict.not_before == datetime(2026, 1, 14, 9, 0, tzinfo=UTC)


def test_a_shared_number_rests_whoever_was_rung() -> None:
    """Calls to somebody else on the dialled number count per number, and never per person."""
    theirs = tuple(
        replace(attempt(NOW - timedelta(hours=n)), id=f"call-{n}", number="+442079460123")
        for n in (1, 2)
    )
    history = History(contacts=theirs[:1], number=theirs)
    call = {"number": "+442079460123"}
    per_number = replace(TWO_A_DAY, per=Per.NUMBER)
    verdict = judged(pack_of(limits=[per_number]), history=history, call=call)
    assert codes(verdict) == ["frequency_cap"]
    assert judged(pack_of(limits=[TWO_A_DAY]), history=history, call=call).reasons == ()


def test_a_bad_end_cools_off() -> None:
    """004-14: after a call that left the customer annoyed, sales wait, and say until when."""
    quarrel = attempt(NOW - timedelta(days=2), disposition=Disposition.DECLINED_IDENTITY)
    contacts = (replace(quarrel, legal_class="marketing", kind="marketing_new"),)
    limit = Limit(
        id="cooling-off",
        count=Counts.BAD_ENDINGS,
        span=Span(14, SpanUnit.DAYS),
        wait=True,
        applies_to=frozenset({"marketing"}),
    )
    pack = pack_of(limits=[limit])
    verdict = judged(pack, "sale", history=History(contacts=contacts))
    assert "cooling_off" in codes(verdict)
    assert codes(judged(pack, history=History(contacts=contacts))) == []


def test_an_unknown_history_is_missing() -> None:
    """003-09: limits without a history count nothing, and the report says that it was missing."""
    advice = advised(pack_of(limits=[TWO_A_DAY]))
    assert advice.verdict.decision is Decision.ALLOW
    assert advice.context.missing == ("history.last_attempt.at",)


BLOCKED = [
    (Suppression.INTERNAL, "dnc_internal", {"pin-migration", "sale", "debt", "fraud"}),
    (Suppression.PURPOSE_OPT_OUT, "opted_out_purpose", {"pin-migration", "sale", "debt", "fraud"}),
    (Suppression.NATIONAL_REGISTRY, "dnc_national", {"sale"}),
    (Suppression.STATE_REGISTRY, "dnc_national", {"sale"}),
    (Suppression.LITIGATION_HOLD, "litigation_hold", {"pin-migration", "sale", "debt", "fraud"}),
    (
        Suppression.DECEASED,
        "deceased",
        {"pin-migration", "sale", "debt", "fraud", "emergency", "legal"},
    ),
    (Suppression.MORATORIUM, "moratorium", {"debt"}),
    (Suppression.REPRESENTED, "represented", {"pin-migration", "sale", "debt", "fraud"}),
    (
        Suppression.REASSIGNED_NUMBER,
        "reassigned_number",
        {"pin-migration", "sale", "debt", "fraud", "emergency", "legal"},
    ),
]


@pytest.mark.parametrize(
    "purpose_id", ["pin-migration", "sale", "debt", "fraud", "emergency", "legal"]
)
@pytest.mark.parametrize(("source", "code", "blocked"), BLOCKED)
def test_suppressions_block(
    source: Suppression, code: str, blocked: set[str], purpose_id: str
) -> None:
    """K4: a suppression blocks what it covers, whatever the rules say, and shows nothing."""
    pack = pack_of(packs.rule("r", packs.item("hello")))
    profile = Profile(suppressions=(Suppressed(source=source),))
    advice = advised(pack, purpose_id, profile=profile)
    assert codes(advice.verdict) == ([code] if purpose_id in blocked else [])
    assert (advice.items == ()) is (purpose_id in blocked)


def test_every_suppression_is_covered() -> None:
    """No source of suppressions is forgotten."""
    assert {source for source, _, _ in BLOCKED} == set(Suppression)


@pytest.mark.parametrize(
    ("consent", "expected"),
    [
        (ConsentType.MARKETING_CALL, []),
        (ConsentType.PRIOR_EXPRESS_WRITTEN, []),
        (ConsentType.CALLBACK_REQUEST, []),
        (ConsentType.RECORDING, ["dnc_national"]),
    ],
)
def test_a_register_yields_to_consent(consent: ConsentType, expected: list[str]) -> None:
    """Somebody on a register who asked for the call may have it."""
    profile = Profile(
        suppressions=(Suppressed(source=Suppression.NATIONAL_REGISTRY),),
        consents=(Consent(type=consent, state=ConsentState.GIVEN),),
    )
    assert codes(judged(pack_of(), "sale", profile=profile)) == expected


def test_an_opt_out_covers_its_kinds_only() -> None:
    """An opt-out from one kind of matter leaves the others."""
    suppressed = Suppressed(
        source=Suppression.PURPOSE_OPT_OUT,
        purpose_kinds=frozenset({PurposeKind.MARKETING_NEW}),
        ends_at=NOW + timedelta(days=1),
    )
    profile = Profile(suppressions=(suppressed,))
    assert codes(judged(pack_of(), "debt", profile=profile)) == []
    verdict = judged(pack_of(), "sale", profile=profile)
    assert verdict.reasons[0].until == NOW + timedelta(days=1)
    assert codes(judged(pack_of(), "sale", profile=profile, now=NOW + timedelta(days=1))) == []


@pytest.mark.parametrize(
    ("purpose_id", "dialled", "decision", "expected"),
    [
        ("pin-migration", False, Decision.DEFER, ["context_stale"]),
        ("pin-migration", True, Decision.ALLOW, []),
        ("emergency", False, Decision.ALLOW, []),
        ("legal", False, Decision.ALLOW, []),
        ("fraud", False, Decision.ALLOW, []),
    ],
)
def test_a_state_that_cannot_be_read(
    purpose_id: str, *, dialled: bool, decision: Decision, expected: list[str]
) -> None:
    """K4: a call not yet dialled waits, one connected goes on degraded, emergencies are made."""
    pack = pack_of(packs.rule("r", packs.item("hello")))
    advice = advised(pack, purpose_id, state_missing="store unavailable", call={"dialled": dialled})
    assert (advice.verdict.decision, codes(advice.verdict)) == (decision, expected)
    assert advice.verdict.not_before is None
    assert advice.context.degraded == "store unavailable"
    assert bool(advice.items) is (decision is Decision.ALLOW)


PROMISED = [
    {"stated": {"promise.state": "due"}},
    {"stated": {"promise.state": "made"}},
    {"stated": {"promise.state": "made", "promise.due_at": MONDAY_LATE + timedelta(minutes=15)}},
    {
        "history": History(
            promises=(Promise(state=PromiseState.DUE, due_at=MONDAY_LATE - timedelta(minutes=5)),)
        )
    },
    {
        "profile": Profile(
            consents=(Consent(type=ConsentType.CALLBACK_REQUEST, state=ConsentState.GIVEN),)
        )
    },
]


@pytest.mark.parametrize("wish", PROMISED)
def test_the_customers_own_request_lifts_policy(wish: dict[str, Any]) -> None:
    """A call that the customer asked for is made outside the company's hours and rules."""
    pack = pack_of(
        ruling("policy", basis=Basis.POLICY),
        ruling("campaign", basis=Basis.CAMPAIGN),
        calendars=[packs.OFFICE],
        default_calendar="office",
    )
    assert codes(judged(pack, "callback", now=MONDAY_LATE, **wish)) == []


@pytest.mark.parametrize("wish", PROMISED)
def test_the_customers_own_request_lifts_no_law(wish: dict[str, Any]) -> None:
    """Law, safety and the customer's own word stand, whatever was asked for."""
    pack = pack_of(
        ruling("law", basis=Basis.LAW),
        ruling("safety", basis=Basis.SAFETY),
        ruling("customer", basis=Basis.CUSTOMER),
        calendars=[replace(packs.OFFICE, basis=Basis.LAW)],
        default_calendar="office",
    )
    assert [each.rule for each in judged(pack, "callback", now=MONDAY_LATE, **wish).reasons] == [
        "law",
        "office",
        "safety",
        "customer",
    ]


@pytest.mark.parametrize(
    "stated",
    [
        {"promise.state": "made", "promise.due_at": MONDAY_LATE + timedelta(minutes=16)},
        {"promise.state": "kept"},
        {},
    ],
)
def test_a_promise_for_another_time_lifts_nothing(stated: dict[str, Any]) -> None:
    """A promise for tomorrow is no wish for a call tonight."""
    pack = pack_of(calendars=[packs.OFFICE], default_calendar="office")
    verdict = judged(pack, "callback", now=MONDAY_LATE, stated=stated)
    assert codes(verdict) == ["outside_company_window"]


def test_a_request_lifts_a_learned_quiet_time_only() -> None:
    """What was noticed gives way to what the customer asks; what they said does not."""
    learned = QuietTime(window=Window(17 * 60, 23 * 60), source=QuietSource.LEARNED)
    profile = Profile(quiet_times=(learned,))
    stated = {"promise.state": "due"}
    more: dict[str, Any] = {"now": MONDAY_LATE, "stated": stated}
    assert codes(judged(pack_of(), "callback", profile=profile, **more)) == []
    both = Profile(quiet_times=(learned, EVENINGS))
    assert codes(judged(pack_of(), "callback", profile=both, **more)) == ["customer_quiet_time"]


def test_an_emergency_waits_for_law_and_safety_only() -> None:
    """Somebody's safety comes before hours, limits and quiet times of any weaker basis."""
    pack = pack_of(limits=[TWO_A_DAY], calendars=[packs.OFFICE], default_calendar="office")
    more: dict[str, Any] = {
        "now": MONDAY_LATE,
        "profile": Profile(quiet_times=(EVENINGS,)),
        "history": History(contacts=tuple(attempt(MONDAY_LATE) for _ in range(3))),
    }
    assert codes(judged(pack, "emergency", **more)) == []
    quiet = judged(pack, "emergency", **{**more, "stated": {"now.quiet_time": True}})
    assert codes(quiet) == []
    legal = pack_of(calendars=[replace(packs.OFFICE, basis=Basis.LAW)], default_calendar="office")
    assert codes(judged(legal, "emergency", **more)) == ["outside_legal_window"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (time(15, 0), time(15, 5)),
        (time(19, 57), time(20, 0)),
        (time(19, 55), time(20, 0)),
    ],
)
def test_advice_is_valid_until_something_changes(at: time, expected: time) -> None:
    """Advice is asked for again after five minutes, or when a window closes before that."""
    pack = pack_of(calendars=[packs.OFFICE], default_calendar="office")
    now = datetime.combine(NOW.date(), at, tzinfo=UTC)
    assert advised(pack, now=now).valid_until.time() == expected


def test_advice_is_valid_until_a_reason_passes() -> None:
    """A reason that ends soon ends the advice."""
    pack = pack_of(ruling("hold", until="weather.outage.ends_at"))
    ends = NOW + timedelta(minutes=2)
    assert advised(pack, stated={"weather.outage.ends_at": ends}).valid_until == ends


def test_calendars_that_never_agree_have_no_not_before() -> None:
    """Where the calendars of two candidate places never open together, no instant is named."""
    early = (Window(480, 540),)
    default = Calendar(id="office", open=dict.fromkeys(range(7), early))
    sales = replace(US_SALES, open=dict.fromkeys(range(7), early))
    pack = pack_of(calendars=[default, sales], default_calendar="office")
    verdict = judged(pack, "sale", places=[NEW_YORK, LONDON])
    assert all(reason.until is not None for reason in verdict.reasons)
    assert (verdict.not_before, verdict.windows) == (None, ())


def test_a_window_that_never_opens_again_has_no_not_before() -> None:
    """A limit that ends behind the last window there will ever be leaves no instant."""
    tomorrow = NOW.date() + timedelta(days=1)
    shut = replace(packs.ALL_DAY, id="shut", open={}, from_=tomorrow)
    contacts = (attempt(NOW), attempt(NOW))
    pack = pack_of(
        calendars=[packs.ALL_DAY, replace(shut, basis=Basis.LAW)],
        limits=[replace(TWO_A_DAY, span=Span(12, SpanUnit.HOURS))],
    )
    verdict = judged(pack, history=History(contacts=contacts))
    assert codes(verdict) == ["frequency_cap"]
    assert verdict.not_before is None


@pytest.mark.parametrize(("dialled", "decision"), [(False, Decision.DEFER), (True, Decision.ALLOW)])
def test_a_promise_that_somebody_else_has_claimed_is_left_to_them(
    dialled: bool,  # noqa: FBT001
    decision: Decision,
) -> None:
    """A call to keep a promise that another worker has is not made; one that rings goes on."""
    pack = packs.pack()
    call = {"promise_id": "p", "promise_elsewhere": True, "dialled": dialled}
    advice = advised(pack, call=call)
    assert advice.verdict.decision is decision
    codes = [reason.code for reason in advice.verdict.reasons]
    assert codes == ([] if dialled else [ReasonCode.PROMISE_DUE_ELSEWHERE])


@pytest.mark.parametrize(
    ("zone", "decision"),
    [(None, Decision.ALLOW), ("Europe/London", Decision.ALLOW), ("Asia/Tokyo", Decision.DEFER)],
)
def test_their_wish_was_for_an_hour_of_their_day(zone: str | None, decision: Decision) -> None:
    """A promise lifts the company's hours only where a clock shows the time that was agreed."""
    closed = Calendar(id="closed", open={}, basis=Basis.POLICY)
    pack = packs.pack(calendars=[closed], default_calendar="closed")
    promise = Promise(state=PromiseState.DUE, due_at=packs.NOW, id="p", zone=zone)
    advice = advised(
        pack, call={"promise_id": "p"}, history=History(contacts=(), promises=(promise,))
    )
    assert advice.verdict.decision is decision
