"""Rules of every shape over a small catalogue of every type, and situations to hold them against.

Values are few and close together, so that rules meet, contradict and repeat each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import combinations
from typing import Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from advisor.engagement.limits import Span, SpanUnit
from advisor.engagement.places import Place
from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.situation import Brand, Call, Occasion, Situation
from advisor.facts.values import NEVER, UNKNOWN, FactType, Possible, Scalar, Special, Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import LegalClass, PurposeKind
from advisor.facts.worlds import World
from advisor.rules.conditions import All, AnyOf, Condition, Leaf, NoneOf, Operator
from advisor.rules.operators import OPERATORS_OF, RELATIVE
from advisor.rules.pack import IfUnsure, Rule, Scope, Section
from advisor.rules.source import Mark

NOW: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
MARK: Final = Mark("rules.yaml", 1, 1)
_HOUR = timedelta(hours=1)
_TODAY = NOW.date()


def _of_world(name: str, world: World) -> Value:
    readings: dict[str, Value | None] = {
        "call.region": world.place.region,
        "now.local_time": world.local.time(),
        "now.weekday": world.local.weekday(),
        "now.date": world.local.date(),
        "now.is_holiday": world.is_holiday,
    }
    reading = readings[name]
    return UNKNOWN if reading is None else reading


def _moving(name: str, type_: FactType) -> Fact:
    return Fact(
        name=name, type=type_, about="", read_in_world=lambda _, world: _of_world(name, world)
    )


CATALOGUE: Final = Catalogue.of(
    [
        Fact(name="call.brand", type=FactType.TEXT, about="", read=lambda s: s.call.brand),
        Fact(name="call.campaign", type=FactType.TEXT, about="", read=lambda s: s.call.campaign),
        _moving("call.region", FactType.REGION),
        _moving("now.local_time", FactType.CLOCK_TIME),
        _moving("now.weekday", FactType.WEEKDAY),
        _moving("now.date", FactType.DATE),
        _moving("now.is_holiday", FactType.YES_NO),
        Fact(name="x.flag", type=FactType.YES_NO, about=""),
        Fact(name="x.count", type=FactType.WHOLE_NUMBER, about=""),
        Fact(name="x.rate", type=FactType.DECIMAL, about=""),
        Fact(name="x.name", type=FactType.TEXT, about=""),
        Fact(name="x.kind", type=FactType.CHOICE, about="", choices=("a", "b", "c")),
        Fact(name="x.tier", type=FactType.ORDERED_CHOICE, about="", choices=("low", "mid", "top")),
        Fact(name="x.tags", type=FactType.CHOICES, about=""),
        Fact(name="x.needs", type=FactType.CHOICES, about="", choices=("p", "q")),
        Fact(name="x.place", type=FactType.REGION, about=""),
        Fact(name="x.clock", type=FactType.CLOCK_TIME, about=""),
        Fact(name="x.day", type=FactType.WEEKDAY, about=""),
        Fact(name="x.on", type=FactType.DATE, about=""),
        Fact(name="x.at", type=FactType.INSTANT, about=""),
        Fact(name="x.length", type=FactType.DURATION, about=""),
    ]
)

_REGIONS = ("US", "US-FL", "US-NY", "CA", "CA-ON", "GB")
_DATES = [_TODAY + timedelta(days=days) for days in range(-2, 3)]
_INSTANTS = [NOW + hours * _HOUR for hours in (-49, -25, -24, -12, -1, 0, 1, 12, 24, 48)]
_DAY_MINUTES = [time(hour, minute) for hour in range(24) for minute in (0, 30)]

#: What a leaf may compare a fact of each type with.
OPERANDS: Final[dict[FactType, Sequence[Scalar]]] = {
    FactType.YES_NO: [True, False],
    FactType.WHOLE_NUMBER: [0, 1, 2, 3],
    FactType.DECIMAL: [0.0, 0.5, 1.0],
    FactType.TEXT: ["a", "b"],
    FactType.CHOICE: ["a", "b", "c"],
    FactType.ORDERED_CHOICE: ["low", "mid", "top"],
    FactType.CHOICES: ["p", "q"],
    FactType.REGION: _REGIONS,
    FactType.CLOCK_TIME: [time(0), time(9), time(12), time(20)],
    FactType.WEEKDAY: [0, 2, 3, 6],
    FactType.DATE: _DATES,
    FactType.INSTANT: _INSTANTS,
    FactType.DURATION: [timedelta(0), _HOUR, 2 * _HOUR],
}

#: Every value that leaves over `OPERANDS` can tell apart.
DOMAINS: Final[dict[FactType, Sequence[Scalar | Special]]] = {
    FactType.YES_NO: [True, False],
    FactType.WHOLE_NUMBER: range(-2, 7),
    FactType.DECIMAL: [quarter / 4 for quarter in range(-4, 9)],
    FactType.TEXT: ["a", "b", "z"],
    FactType.CHOICE: ["a", "b", "c"],
    FactType.ORDERED_CHOICE: ["low", "mid", "top"],
    FactType.REGION: [*_REGIONS, "US-TX", "CA-BC", "GB-ENG", "FR", "FR-75"],
    FactType.CLOCK_TIME: _DAY_MINUTES,
    FactType.WEEKDAY: range(7),
    FactType.DATE: [NEVER, *(_TODAY + timedelta(days=days) for days in range(-6, 7))],
    FactType.INSTANT: [NEVER, *(NOW + quarter * _HOUR / 4 for quarter in range(-480, 480))],
    FactType.DURATION: [half * _HOUR / 2 for half in range(-2, 7)],
}


def _subsets(words: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(some) for size in range(len(words) + 1) for some in combinations(words, size)]


def domain(name: str) -> Sequence[Scalar | Special]:
    """Return every value of a fact, as far as the generated rules can tell them apart."""
    fact = CATALOGUE[name]
    if fact.type is FactType.CHOICES:
        return _subsets(fact.choices or ("p", "q", "z"))
    return DOMAINS[fact.type]


_SPANS = [
    *(Span(amount, SpanUnit.DAYS) for amount in (1, 2, 3)),
    *(Span(amount, SpanUnit.HOURS) for amount in (1, 12, 24, 72)),
    Span(60, SpanUnit.MINUTES),
]


@st.composite
def leaf(draw: st.DrawFn, names: Sequence[str]) -> Leaf:
    """Any comparison that fits its fact."""
    name = draw(st.sampled_from(names))
    type_ = CATALOGUE[name].type
    operator = draw(st.sampled_from(sorted(OPERATORS_OF[type_])))
    dated = type_ in (FactType.DATE, FactType.INSTANT)
    values = st.sampled_from(OPERANDS[type_])
    if operator in (Operator.KNOWN, Operator.UNKNOWN):
        return Leaf(name, operator, draw(st.booleans()))
    if operator in RELATIVE:
        spans = _SPANS if type_ is FactType.INSTANT else _SPANS[:3]
        return Leaf(name, operator, draw(st.sampled_from(spans)))
    if operator is Operator.BETWEEN:
        return Leaf(name, operator, (draw(values), draw(values)))
    exact: st.SearchStrategy[Scalar | Special] = values | st.just(NEVER) if dated else values
    if operator is Operator.IS:
        return Leaf(name, operator, draw(exact))
    if operator in (Operator.IN, Operator.NOT_IN, Operator.CONTAINS_ANY):
        several = exact if operator is not Operator.CONTAINS_ANY else values
        return Leaf(name, operator, tuple(draw(st.lists(several, min_size=1, max_size=3))))
    return Leaf(name, operator, draw(values))


def condition(names: Sequence[str]) -> st.SearchStrategy[Condition]:
    """Any tree of comparisons of these facts."""
    return st.recursive(
        leaf(names),
        lambda inner: st.builds(
            lambda kind, parts: kind(tuple(parts)),
            st.sampled_from([All, AnyOf, NoneOf]),
            st.lists(inner, max_size=4),
        ),
        max_leaves=7,
    )


def scope() -> st.SearchStrategy[Scope]:
    """Everywhere, mostly; else by brand, campaign, region or dates."""
    dates = st.none() | st.sampled_from(_DATES)
    some = st.builds(
        Scope,
        brands=st.sampled_from([frozenset(), frozenset({"one"}), frozenset({"one", "two"})]),
        campaigns=st.sampled_from([frozenset(), frozenset({"spring"})]),
        regions=st.frozensets(st.sampled_from(_REGIONS), max_size=2),
        from_=dates,
        through=dates,
    )
    return st.just(Scope()) | some


@st.composite
def rules(draw: st.DrawFn, names: Sequence[str]) -> tuple[Rule, ...]:
    """Some rules, of which later ones may replace earlier ones."""
    made: list[Rule] = []
    for number in range(draw(st.integers(1, 5))):
        replaced = (
            draw(st.just([]) | st.lists(st.sampled_from(range(number)), max_size=2))
            if number
            else []
        )
        made.append(
            Rule(
                id=f"r{number}",
                section=draw(st.sampled_from(Section)),
                because="",
                mark=MARK,
                number=number,
                when=draw(condition(names)),
                unless=tuple(draw(st.lists(condition(names), max_size=2))),
                if_unsure=draw(st.sampled_from(IfUnsure)),
                scope=draw(scope()),
                replaces=tuple(f"r{target}" for target in dict.fromkeys(replaced)),
            )
        )
    return tuple(made)


def value(name: str) -> st.SearchStrategy[Value]:
    """Anything that a fact may be."""
    plain = st.sampled_from(domain(name))
    several = st.lists(plain, min_size=2, max_size=3, unique=True).map(lambda v: Possible(tuple(v)))
    return plain | plain | several | st.just(UNKNOWN)


_ZONES = ("America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland", "UTC")


@st.composite
def worlds(draw: st.DrawFn) -> tuple[World, ...]:
    """No world, one, or several."""
    return tuple(
        World(
            Place(zone=ZoneInfo(zone), region=region),
            NOW.astimezone(ZoneInfo(zone)),
            draw(st.sampled_from([True, False, None])),
        )
        for zone, region in draw(
            st.lists(
                st.tuples(
                    st.sampled_from(_ZONES), st.sampled_from([None, "US", "US-FL", "GB", "US-TX"])
                ),
                max_size=3,
                unique=True,
            )
        )
    )


def world(zone: str, region: str | None = None, now: datetime = NOW) -> World:
    """Make a candidate world of which nobody knows whether it has a holiday."""
    place = Place(zone=ZoneInfo(zone), region=region)
    return World(place, now.astimezone(place.zone), is_holiday=None)


def facts(
    stated: dict[str, Value] | None = None,
    worlds: Sequence[World] = (),
    *,
    brand: str = "one",
    campaign: str = "",
    now: datetime = NOW,
    catalogue: Catalogue = CATALOGUE,
) -> Facts:
    """One situation seen through a catalogue."""
    situation = Situation(
        now=now,
        call=Call(id="1", brand=brand, campaign=campaign),
        occasion=Occasion(
            id="p", kind=PurposeKind.SERVICE_INFORMATION, legal_class=LegalClass.SERVICE
        ),
        brand=Brand(id=brand, name=brand),
        worlds=tuple(worlds),
        stated=stated or {},
    )
    return Facts(catalogue, situation)


@st.composite
def situations(draw: st.DrawFn, names: Sequence[str]) -> Facts:
    """Any situation; facts that move with the zone are only sometimes stated."""
    stated: dict[str, Value] = {}
    for name in names:
        if not CATALOGUE[name].moves_with_zone or draw(st.integers(0, 4)) == 0:
            stated[name] = draw(value(name))
    return facts(
        stated,
        draw(worlds()),
        brand=draw(st.sampled_from(["one", "two", "three"])),
        campaign=draw(st.sampled_from(["", "spring"])),
    )


def some_names() -> st.SearchStrategy[list[str]]:
    """A few facts, so that rules meet over them."""
    names = [fact.name for fact in CATALOGUE if fact.name not in ("call.brand", "call.campaign")]
    return st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)
