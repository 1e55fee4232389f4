"""What an event of a call teaches of the customer, and what becomes of it in the next one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from advisor.engagement.basis import Basis
from advisor.engagement.calendars import Calendar, Window
from advisor.engagement.card import Card, TrustTier
from advisor.engagement.limits import Span, SpanUnit
from advisor.engagement.places import Place
from advisor.facts.memory import LearnedFact, Memory, Reliability
from advisor.facts.situation import Profile, Seen, Situation, Suppressed
from advisor.facts.values import Value
from advisor.facts.vocabulary import Decision, ReasonCode, Suppression
from advisor.guidance.advise import advise
from advisor.guidance.decision import Reason
from advisor.guidance.guide import Guide
from advisor.guidance.learning import LONGEST, lessons, taught
from advisor.guidance.situations import situation_of
from advisor.rules.pack import Item, Remember, Rule, Section
from tests.guidance import packs
from tests.guidance.packs import ALL_DAY, item, rule, when

_EVENT = "mealtime_cue"
_EVENING = datetime(2026, 1, 12, 19, tzinfo=UTC)
_OFFICE = Calendar(id="office", open=dict.fromkeys(range(7), (Window(540, 1080),)), basis=Basis.LAW)


def _remember(what: str = "quiet_time", at: str = "event.window", **more: Any) -> Remember:  # noqa: ANN401
    return Remember(name="it", what=what, at=at, source=more.pop("source", "learned"), **more)


_MEAL = _remember(
    around=Span(30, SpanUnit.MINUTES), confidence=0.5, expires_in=Span(90, SpanUnit.DAYS)
)
_STATED = _remember(source="stated")


def _on(*remembers: Remember, id_: str = "on", items: tuple[Item, ...] = (), **more: Any) -> Rule:  # noqa: ANN401
    return rule(
        id_,
        *items,
        section=Section.REACTIONS,
        events=frozenset({_EVENT}),
        remembers=remembers,
        **more,
    )


def _guide(*rules: Rule, calendar: Calendar = ALL_DAY) -> Guide:
    return packs.guide(packs.pack(*rules, calendars=(calendar,), default_calendar=calendar.id))


def _facts(guide: Guide, situation: Situation | None = None, **given: Value) -> list[LearnedFact]:
    stated = {name.replace("__", "."): value for name, value in given.items()}
    situation = situation or packs.situation(guide.pack, now=_EVENING)
    return [lesson.fact for lesson in lessons(guide, situation, _EVENT, stated, "c/e")]


def test_a_meal_is_learned_gently() -> None:
    """004-20: a meal at seven is a quiet hour around seven, noticed, unsure, and not for ever."""
    (fact,) = _facts(_guide(_on(_MEAL)))
    assert fact == LearnedFact(
        name="quiet_times",
        value=frozenset({"18:30-19:30 Europe/London"}),
        learned_at=_EVENING,
        source="learned",
        confidence=0.5,
        expires_at=_EVENING + timedelta(days=90),
        cause="c/e",
    )


@pytest.mark.parametrize(
    ("rule_is", "reporter_is", "kept"),
    [(0.5, None, 0.5), (None, 0.3, 0.3), (0.5, 0.3, 0.3), (0.5, 0.9, 0.5), (None, None, None)],
)
def test_nothing_is_surer_than_its_report(
    rule_is: float | None, reporter_is: float | None, kept: float | None
) -> None:
    """A transcript that may have misheard teaches no more than it heard."""
    guide = _guide(_on(replace(_MEAL, confidence=rule_is)))
    situation = packs.situation(guide.pack, now=_EVENING)
    (lesson,) = lessons(guide, situation, _EVENT, {}, "c/e", confidence=reporter_is)
    assert lesson.fact.confidence == kept


def test_hours_that_were_named_outrank_the_moment() -> None:
    """Whoever names hours means those, on the clock of their own wall."""
    (fact,) = _facts(_guide(_on(_MEAL)), event__window="18 to 20")
    assert fact.value == frozenset({"18:00-20:00"})


@pytest.mark.parametrize("window", ["", "when we eat"])
def test_without_hours_that_can_be_read_nothing_is_made_up(window: str) -> None:
    """Where a rule keeps only hours that were named, and none can be read, nothing is kept."""
    assert _facts(_guide(_on(_STATED)), event__window=window) == []


def test_a_moment_is_the_same_on_every_clock() -> None:
    """Where several zones are possible, any of their clocks tells the moment; with none, none."""
    guide = _guide(_on(_MEAL))
    places = [Place(ZoneInfo("America/New_York"), "US"), Place(ZoneInfo("America/Chicago"), "US")]
    (fact,) = _facts(guide, packs.situation(guide.pack, now=_EVENING, places=places))
    assert fact.value == frozenset({"13:30-14:30 America/New_York"})
    assert _facts(guide, packs.situation(guide.pack, now=_EVENING, places=[])) == []


@pytest.mark.parametrize(
    ("said", "kept"),
    [("KURK-bee", ["KURK-bee"]), ("", []), ("x" * (LONGEST + 1), [])],
)
def test_a_text_becomes_a_field(said: str, kept: list[str]) -> None:
    """004-02: how a name is said is kept as it was told; a story is no name."""
    guide = _guide(_on(_remember("name_hint", "event.text", source="stated")))
    assert [fact.value for fact in _facts(guide, event__text=said)] == kept


def test_nothing_is_learned_where_no_rule_remembers() -> None:
    """An event that no reaction remembers anything from teaches nothing, and costs nothing."""
    assert _facts(_guide(_on(items=(item("bye", stage=None),)))) == []


def test_of_a_group_only_the_strongest_remembers() -> None:
    """What a stronger rule of the group keeps silent is not remembered either."""
    weak = _on(_MEAL, group="g")
    strong = _on(id_="strong", group="g", basis=Basis.CUSTOMER, when=when(bank__pin_used=True))
    guide = _guide(weak, strong)
    assert len(_facts(guide)) == 1
    told = packs.situation(guide.pack, now=_EVENING, stated={"bank.pin_used": True})
    assert _facts(guide, told) == []


def test_a_rule_may_ask_for_what_a_call_will_earn() -> None:
    """A forecast that only a reaction asks for is worked out for it."""
    guide = _guide(_on(_MEAL, when=when(card__forecast=0.0)))
    assert guide.forecasts
    assert _facts(guide) == []


def _taught(
    facts: list[LearnedFact],
    profile: Profile | None = None,
    **more: Any,  # noqa: ANN401
) -> tuple[LearnedFact, ...]:
    return taught(_guide(), Memory(), profile or Profile(), facts, packs.NOW, **more).memory.facts


def _fact(source: str = "learned", **more: Any) -> LearnedFact:  # noqa: ANN401
    hours = frozenset({"15:00-16:00"})
    fact = LearnedFact(name="quiet_times", value=hours, learned_at=packs.NOW, source=source)
    return replace(fact, **more)


def test_what_was_only_noticed_gives_way_to_what_was_told_since() -> None:
    """001-21: a report that comes late undoes no edit, but loses no word of the customer's."""
    told = Profile(seen={"quiet_times": Seen(observed_at=packs.NOW)})
    older = Profile(seen={"quiet_times": Seen(observed_at=packs.NOW - timedelta(days=1))})
    assert _taught([_fact("learned"), _fact("stated")], told) == (_fact("stated"),)
    assert len(_taught([_fact("learned"), _fact("stated")], older)) == 2


def test_hours_that_are_noticed_again_are_noticed_once() -> None:
    """A meal on three evenings is one quiet hour, which ends when the last of them says."""
    facts = [
        _fact(cause=f"c{day}", learned_at=packs.NOW + timedelta(days=day), expires_at=_EVENING)
        for day in (0, 2, 1)
    ]
    goal = replace(_fact(), name="goal", value="to save")
    kept = _taught([*facts, goal, replace(goal, cause="again")])
    assert [(fact.name, fact.cause) for fact in kept] == [
        ("quiet_times", "c2"),
        ("goal", None),
        ("goal", "again"),
    ]


def test_what_is_told_at_low_trust_is_relied_on_less() -> None:
    """004-33: who does not trust us may tell us anything; it is kept, and verifies nobody."""
    low = Profile(card=Card(tier=TrustTier.LOW))
    (fact,) = _taught([_fact("stated")], low)
    assert fact.reliability is Reliability.LOW_TRUST


def test_nothing_taught_changes_no_memory() -> None:
    """A request to stop alone leaves what is remembered as it was."""
    stop = Suppressed(source=Suppression.INTERNAL, captured_at=packs.NOW)
    memory = Memory()
    done = taught(_guide(), memory, Profile(), (), packs.NOW, suppressed=(stop,))
    assert done.memory is memory
    assert done.suppressed == (stop,)


def _reasons(
    fact: LearnedFact,
    now: datetime,
    guide: Guide | None = None,
    stated: dict[str, Value] | None = None,
) -> dict[ReasonCode, Reason]:
    guide = guide or _guide()
    call = packs.situation(guide.pack).call
    situation = situation_of(
        guide.pack,
        replace(call, time_zones=("Europe/London",)),
        "pin-migration",
        now,
        stated=stated or {},
        memory=Memory(facts=(fact,), first_at=now - timedelta(days=9)),
    )
    return {reason.code: reason for reason in advise(guide, situation).verdict.reasons}


@pytest.mark.parametrize(
    ("source", "basis"), [("learned", Basis.LEARNED), ("stated", Basis.CUSTOMER)]
)
def test_the_next_call_keeps_out_of_what_was_learned(source: str, basis: Basis) -> None:
    """004-20, 000-07: the hour is left in peace, other hours are not, and it ends when it ends."""
    fact = _fact(source, expires_at=packs.NOW + timedelta(days=90))
    reason = _reasons(fact, packs.NOW)[ReasonCode.CUSTOMER_QUIET_TIME]
    assert (reason.basis, reason.decision) == (basis, Decision.DEFER)
    assert reason.until == packs.NOW + timedelta(hours=1)
    assert _reasons(fact, packs.NOW + timedelta(hours=1)) == {}
    assert _reasons(fact, packs.NOW + timedelta(days=90)) == {}


def test_a_promise_lifts_what_was_noticed_and_never_what_was_said() -> None:
    """A call that the customer asked for is made at their meal, not in hours they forbade."""
    due: dict[str, Value] = {"promise.state": "due"}
    assert _reasons(_fact("learned"), packs.NOW, stated=due) == {}
    assert ReasonCode.CUSTOMER_QUIET_TIME in _reasons(_fact("stated"), packs.NOW, stated=due)


@pytest.mark.parametrize("source", ["learned", "stated"])
def test_no_quiet_time_lifts_the_law(source: str) -> None:
    """000-07: the customer's hours close more, and open nothing that the law has closed."""
    evening = packs.NOW + timedelta(hours=4)
    found = _reasons(_fact(source), evening, _guide(calendar=_OFFICE))
    assert set(found) == {ReasonCode.OUTSIDE_LEGAL_WINDOW}
