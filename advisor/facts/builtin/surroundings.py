"""Facts of what surrounds the call: the weather, the company's capacity, our own state."""

from __future__ import annotations

from typing import Final

from advisor.engagement.signals import Weather, WeatherKind
from advisor.facts.catalogue import Fact, Reader
from advisor.facts.situation import Situation
from advisor.facts.values import UNKNOWN, FactType, Tell, Value

#: Kinds of engagement weather, and what each is.
WEATHER: Final = {
    WeatherKind.OUTAGE: "an outage",
    WeatherKind.BREACH: "a data breach",
    WeatherKind.PRICE_RISE: "a price rise",
    WeatherKind.SCAM_WAVE: "a wave of scam calls",
    WeatherKind.COMPETITOR: "a competitor's trouble",
    WeatherKind.BAD_PRESS: "bad press",
}


def _now(situation: Situation, kind: WeatherKind) -> list[Weather]:
    """List what of a kind makes itself felt now to customers of the call's brand."""
    return [
        each
        for each in situation.weather
        if each.kind is kind
        and each.brand in (None, situation.brand.id)
        and each.begins_at <= situation.now < each.ends_at
    ]


def _active(kind: WeatherKind) -> Reader:
    return lambda situation: True if _now(situation, kind) else UNKNOWN


def _ends(kind: WeatherKind) -> Reader:
    def read(situation: Situation) -> Value:
        found = _now(situation, kind)
        return max(each.ends_at for each in found) if found else UNKNOWN

    return read


FACTS: Final = (
    *(
        fact
        for kind, what in WEATHER.items()
        for fact in (
            Fact(
                name=f"weather.{kind.value}.active",
                type=FactType.YES_NO,
                about=f"Does {what} make itself felt now?",
                sent_by="operations",
                absent_means=False,
                read=_active(kind),
            ),
            Fact(
                name=f"weather.{kind.value}.ends_at",
                type=FactType.INSTANT,
                about=f"When {what} is expected to have passed.",
                tell=Tell.ANYONE,
                sent_by="operations",
                read=_ends(kind),
            ),
        )
    ),
    Fact(
        name="capacity.callback",
        type=FactType.WHOLE_NUMBER,
        about="How many times can be offered at which a call-back can be kept; 0 for none.",
        unit="times",
        costly=True,
        read=lambda s: UNKNOWN if s.offers is None else len(s.offers),
    ),
    Fact(
        name="capacity.purpose",
        type=FactType.WHOLE_NUMBER,
        about="For how many more customers the company can do what this purpose leads to.",
        sent_by="operations",
        unit="customers",
    ),
    Fact(
        name="state.available",
        type=FactType.YES_NO,
        about="Could the customer's stored state be read?",
        absent_means=True,
        read=lambda s: s.state_missing is None,
    ),
    Fact(
        name="state.age",
        type=FactType.DURATION,
        about="How old the stored state is that was read.",
    ),
)
