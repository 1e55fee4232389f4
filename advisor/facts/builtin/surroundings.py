"""Facts of what surrounds the call: the weather, the company's capacity, our own state."""

from __future__ import annotations

from typing import Final

from advisor.facts.catalogue import Fact
from advisor.facts.values import FactType, Tell

#: Kinds of engagement weather, and what each is.
WEATHER: Final = {
    "outage": "an outage",
    "breach": "a data breach",
    "price_rise": "a price rise",
    "scam_wave": "a wave of scam calls",
    "competitor": "a competitor's trouble",
    "bad_press": "bad press",
}

FACTS: Final = (
    *(
        fact
        for kind, what in WEATHER.items()
        for fact in (
            Fact(
                name=f"weather.{kind}.active",
                type=FactType.YES_NO,
                about=f"Does {what} make itself felt now?",
                sent_by="operations",
                absent_means=False,
            ),
            Fact(
                name=f"weather.{kind}.ends_at",
                type=FactType.INSTANT,
                about=f"When {what} is expected to have passed.",
                tell=Tell.ANYONE,
                sent_by="operations",
            ),
        )
    ),
    Fact(
        name="capacity.callback",
        type=FactType.WHOLE_NUMBER,
        about="How many more call-backs can be kept in the next days.",
        unit="call-backs",
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
