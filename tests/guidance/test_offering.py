"""Only what can be kept is offered: law, quiet times, hours, room, limits, on the day itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from advisor.engagement.basis import Basis
from advisor.engagement.calendars import Calendar, QuietSource, QuietTime, Window
from advisor.engagement.contacts import Contact, Direction
from advisor.engagement.limits import Counts, Limit, Span, SpanUnit
from advisor.engagement.places import Place
from advisor.engagement.promises import Promise, PromiseState
from advisor.engagement.slots import Capacity
from advisor.facts.situation import History, Profile, Situation, Suppressed
from advisor.facts.values import UNKNOWN
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Decision, ReasonCode, Suppression
from advisor.guidance import eligibility, offering
from advisor.guidance.advise import advise
from advisor.guidance.context import Grounds
from advisor.guidance.offering import Offers, offered, with_offers
from advisor.rules.pack import Pack, Rule
from tests.guidance import packs

NOW = packs.NOW
HOUR = timedelta(hours=1)
_DAYTIME = dict.fromkeys(range(7), (Window(9 * 60, 18 * 60),))
LAW = Calendar(id="law", open=_DAYTIME, basis=Basis.LAW)
COMPANY = Calendar(id="company", open=dict.fromkeys(range(7), (Window(10 * 60, 17 * 60),)))
NEW_YORK = Place(ZoneInfo("America/New_York"), "US-NY")
LOS_ANGELES = Place(ZoneInfo("America/Los_Angeles"), "US-CA")


def _pack(*calendars: Calendar, **more: Any) -> Pack:  # noqa: ANN401
    return packs.pack(calendars=calendars or (packs.ALL_DAY,), default_calendar="always", **more)


def _offered(pack: Pack, situation: Situation, **more: Any) -> Offers:  # noqa: ANN401
    return offered(packs.guide(pack), situation, **more)


def _walls(offers: Offers) -> list[str]:
    return [slot.start.astimezone(slot.zone).strftime("%d %H:%M") for slot in offers.slots]


def test_law_and_company_hours_are_kept_together() -> None:
    """001-11: a time is offered only where every calendar is open for all of its window."""
    offers = _offered(_pack(LAW, COMPANY), packs.situation(_pack(LAW, COMPANY)))
    assert _walls(offers) == ["12 15:30", "13 10:00", "13 12:00"]


def test_every_place_where_the_customer_may_be_counts() -> None:
    """A number that may be in New York or in California is promised noon to six, New York time."""
    pack = _pack(LAW)
    places = (NEW_YORK, LOS_ANGELES)
    offers = _offered(pack, packs.situation(pack, places=places), most=9)
    starts = [slot.start.astimezone(NEW_YORK.zone).hour for slot in offers.slots]
    assert min(starts) == 12
    assert max(starts) <= 17


def test_without_a_place_nothing_can_be_promised() -> None:
    """Whose clock nobody knows is promised nothing, and the reason is said."""
    pack = _pack()
    offers = _offered(pack, packs.situation(pack, places=()))
    assert offers.slots == ()
    assert [each.code for each in offers.refused] == [ReasonCode.ZONE_AMBIGUOUS]


@pytest.mark.parametrize(
    ("now", "zone", "closed"),
    [
        # The clock is put forward at one: the law's nine o'clock comes an hour sooner.
        (datetime(2026, 3, 28, 18, tzinfo=UTC), "Europe/London", "2026-03-29T08:00:00+00:00"),
        # And back: an hour later.
        (datetime(2026, 10, 24, 18, tzinfo=UTC), "Europe/London", "2026-10-25T09:00:00+00:00"),
        (datetime(2028, 2, 28, 18, tzinfo=UTC), "Europe/London", "2028-02-29T09:00:00+00:00"),
        (datetime(2026, 12, 31, 18, tzinfo=UTC), "Europe/London", "2027-01-01T09:00:00+00:00"),
        (datetime(2026, 1, 12, 18, tzinfo=UTC), "Asia/Kathmandu", "2026-01-13T03:15:00+00:00"),
    ],
)
def test_the_law_of_the_day_itself_counts(now: datetime, zone: str, closed: str) -> None:
    """Nights when clocks change, leap days, a year's end, half-hour zones: nine is nine."""
    pack = _pack(LAW)
    place = Place(ZoneInfo(zone))
    offers = _offered(pack, packs.situation(pack, now=now, places=(place,)), most=1)
    assert offers.slots[0].start.isoformat() == closed


def test_holidays_are_not_promised() -> None:
    """A calendar that keeps public holidays keeps them on the day that is promised."""
    christmas = Calendar(
        id="law",
        open=_DAYTIME,
        basis=Basis.LAW,
        quiet_dates=frozenset({date(2026, 12, 25), date(2026, 12, 26)}),
    )
    pack = _pack(christmas)
    now = datetime(2026, 12, 24, 18, tzinfo=UTC)
    assert _walls(_offered(pack, packs.situation(pack, now=now), most=1)) == ["27 09:00"]


def test_their_own_words_bind_and_what_was_learned_gives_way_to_the_time_they_name() -> None:
    """000-07: a stated quiet time is refused though they name it; a learned one gives way."""
    lunch = QuietTime(window=Window(12 * 60, 13 * 60), source=QuietSource.LEARNED)
    night = QuietTime(window=Window(16 * 60, 17 * 60), source=QuietSource.STATED)
    pack = _pack(LAW)
    profile = Profile(quiet_times=(lunch, night))
    situation = packs.situation(pack, profile=profile)
    noon, four = NOW + 21 * HOUR, NOW + 25 * HOUR

    assert "13 12:00" not in _walls(_offered(pack, situation, most=9))
    assert _walls(_offered(pack, situation, named=noon)) == ["13 12:00"]
    refused = _offered(pack, situation, named=four)
    assert [reason.code for reason in refused.refused] == [ReasonCode.CUSTOMER_QUIET_TIME]
    assert _walls(refused) == ["13 15:00", "13 15:30", "13 17:00"]


def test_a_named_time_that_cannot_be_kept_is_answered_with_the_reason_and_the_nearest() -> None:
    """004-21: at half past nine in the evening the law is closed; the nearest times are offered."""
    pack = _pack(LAW)
    offers = _offered(pack, packs.situation(pack), named=NOW + 6.5 * HOUR)
    assert [(each.rule, each.basis) for each in offers.refused] == [("law", Basis.LAW)]
    assert _walls(offers) == ["12 16:30", "12 17:00", "12 17:30"]


def test_the_whole_window_must_be_open() -> None:
    """A time that begins in the hours and would end after them is refused."""
    pack = _pack(LAW)
    offers = _offered(pack, packs.situation(pack), named=NOW + timedelta(hours=2, minutes=45))
    assert [each.rule for each in offers.refused] == ["law"]


@pytest.mark.parametrize(
    ("named", "words", "slots"),
    [
        (NOW - timedelta(days=9), "has passed", ["12 15:30"]),
        (NOW + timedelta(days=20), "further ahead", []),
    ],
)
def test_neither_the_past_nor_the_far_future_is_promised(
    named: datetime, words: str, slots: list[str]
) -> None:
    """A time that has passed, or that nobody plans for yet, is refused in words."""
    pack = _pack()
    offers = _offered(pack, packs.situation(pack), named=named, most=1)
    assert words in offers.refused[0].text
    assert _walls(offers) == slots


def test_no_more_than_there_is_room_for() -> None:
    """001-11: a full slot is neither offered nor promised; a promise that moves has its own."""
    four = NOW + HOUR
    pack = _pack(LAW)
    promise = Promise(state=PromiseState.MADE, due_at=four, id="p")
    situation = replace(
        packs.situation(pack),
        capacity=Capacity(frozenset({("callbacks", four), ("callbacks", four - HOUR / 2)})),
        history=History(contacts=(), promises=(promise,)),
    )
    assert _walls(_offered(pack, situation, most=1)) == ["12 16:30"]
    assert [each.code for each in _offered(pack, situation, named=four).refused] == [
        ReasonCode.CAPACITY_NONE
    ]
    assert _walls(_offered(pack, situation, named=four, moving="p")) == ["12 16:00"]


def test_limits_of_law_count_then_and_those_of_policy_give_way_to_their_wish() -> None:
    """A legal limit reached on that day keeps it free; one of ours is not in the way."""
    contacts = tuple(
        Contact(at=NOW - n * HOUR, id=f"c-{n}", direction=Direction.OUTBOUND) for n in range(2)
    )
    span = Span(2, SpanUnit.DAYS)
    law = Limit(id="law-limit", count=Counts.ATTEMPTS, span=span, at_most=2, basis=Basis.LAW)
    policy = replace(law, id="policy-limit", basis=Basis.POLICY)
    history = History(contacts=contacts)
    for limit, first in ((law, "14 00:00"), (policy, "12 15:30")):
        pack = _pack(limits=(limit,))
        situation = replace(packs.situation(pack), history=history)
        assert _walls(_offered(pack, situation, most=1)) == [first]


def test_what_forbids_a_call_until_a_day_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of law that holds for days is no work for each slot of them."""
    judged: list[datetime] = []

    def judge(
        pack: Pack, rules: Iterable[Rule], facts: Facts, grounds: Grounds
    ) -> eligibility.Judged:
        judged.append(facts.situation.now)
        return eligibility.verdict_of(pack, rules, facts, grounds)

    monkeypatch.setattr(offering, "verdict_of", judge)
    contacts = tuple(
        Contact(at=NOW - n * HOUR, id=f"c-{n}", direction=Direction.OUTBOUND) for n in range(2)
    )
    span = Span(9, SpanUnit.DAYS)
    law = Limit(id="law-limit", count=Counts.ATTEMPTS, span=span, at_most=2, basis=Basis.LAW)
    pack = _pack(limits=(law,))
    situation = replace(packs.situation(pack), history=History(contacts=contacts))

    assert _walls(_offered(pack, situation, most=1)) == ["21 00:00"]
    assert len(judged) == 2


def test_what_bars_all_that_could_be_promised_is_said() -> None:
    """Whom nobody may ring before the last day that can be promised is offered none, and why."""
    pack = _pack()
    for days, slots in ((13, True), (15, False)):
        ends_at = NOW + timedelta(days=days)
        held = Suppressed(source=Suppression.LITIGATION_HOLD, ends_at=ends_at)
        offers = _offered(pack, packs.situation(pack, profile=Profile(suppressions=(held,))))
        assert bool(offers.slots) is slots
        assert [each.until for each in offers.refused] == ([] if slots else [ends_at])


def test_a_rule_of_law_that_would_hold_then_holds_now() -> None:
    """What the law defers on that day is not promised for it; policy gives way to their wish."""
    for basis, any_slots in ((Basis.LAW, False), (Basis.POLICY, True)):
        pack = packs.pack(
            packs.ruling("held", basis=basis, when=packs.when(customer__safe_contact=True))
        )
        profile = Profile(safe_contact=True)
        offers = _offered(pack, packs.situation(pack, profile=profile))
        assert bool(offers.slots) is any_slots


def test_whom_nobody_may_ring_is_promised_nothing() -> None:
    """A customer who asked for no more calls is offered none, and the reason is said."""
    pack = _pack()
    profile = Profile(suppressions=(Suppressed(source=Suppression.INTERNAL),))
    offers = _offered(pack, packs.situation(pack, profile=profile))
    assert offers.slots == ()
    assert [(each.code, each.decision) for each in offers.refused] == [
        (ReasonCode.DNC_INTERNAL, Decision.BLOCK)
    ]


def test_a_rule_that_speaks_of_slots_has_them_in_words() -> None:
    """004-21: times that can be kept are worked out where a text speaks of them, and only there."""
    speaks = packs.pack(packs.rule("offer", packs.item("when", "Shall I ring {slot.1}?")))
    silent = packs.pack(packs.rule("hello", packs.item("hi", "Hello.")))
    advice = advise(packs.guide(speaks), packs.situation(speaks))
    assert [each.text for each in advice.items] == ["Shall I ring today at half past three?"]
    assert [each.spoken for each in advice.offers][:1] == ["today at half past three"]
    assert advise(packs.guide(silent), packs.situation(silent)).offers == ()


def test_times_are_worked_out_once_and_only_when_asked_for() -> None:
    """A costly fact is worked out at the first question about any of its kind, and not again."""
    asked: list[Situation] = []

    def later(situation: Situation) -> Situation:
        asked.append(situation)
        return replace(situation, offers=())

    facts = Facts(packs.pack().catalogue, packs.situation(packs.pack()), later)
    assert facts.value("call.stage") == "pre_call"
    assert asked == []
    assert facts.value("capacity.callback") == 0
    assert facts.value("slot.1") is UNKNOWN
    assert len(asked) == 1


def test_that_there_is_no_time_is_only_known_where_the_past_is() -> None:
    """A law that counts earlier calls offers nothing where nobody knows them, and says nothing."""
    law = Limit(
        id="law-limit",
        count=Counts.ATTEMPTS,
        span=Span(2, SpanUnit.DAYS),
        at_most=1,
        basis=Basis.LAW,
    )
    pack = _pack(limits=(law,))
    unknown = packs.situation(pack)
    busy = Contact(at=NOW + timedelta(days=20), direction=Direction.OUTBOUND)
    known = replace(unknown, history=History(contacts=(busy,)))
    assert with_offers(packs.guide(pack), unknown).offers is None
    assert with_offers(packs.guide(pack), known).offers == ()


def test_where_the_clock_is_in_doubt_no_time_is_put_into_words() -> None:
    """With several zones a time has no words that are surely right, so other words are said."""
    pack = packs.pack(
        packs.rule("offer", packs.item("when", "At {slot.1}?", or_say="When shall I ring?"))
    )
    places = (NEW_YORK, LOS_ANGELES)
    advice = advise(packs.guide(pack), packs.situation(pack, places=places))
    assert [each.text for each in advice.items] == ["When shall I ring?"]


def test_a_time_that_they_name_may_be_sooner_than_what_is_offered() -> None:
    """Notice is what the company takes for itself; who wants to be rung in ten minutes can be."""
    pack = _pack(LAW)
    situation = packs.situation(pack)
    soon = NOW + timedelta(minutes=10)
    assert [slot.start for slot in _offered(pack, situation, named=soon).slots] == [soon]
    assert all(slot.start > soon for slot in _offered(pack, situation).slots)
