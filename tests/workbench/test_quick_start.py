"""A few lines are enough to begin."""

from __future__ import annotations

from datetime import UTC, datetime

from advisor.facts.situation import Call
from advisor.facts.vocabulary import Decision
from advisor.guidance.advise import advise
from advisor.guidance.situations import situation_of
from advisor.workbench.preparing import prepare

_PACK = b"""\
pack: {name: corner-shop, version: "1", default_locale: en-GB, default_calendar: polite}
calendars:
  - {id: polite, open: {mon-fri: ["09:00-18:00"]}}
openings:
  standard: [greeting, headline, close]
purposes:
  ready: {kind: service_information, sensitivity: open, least_verification: none,
    say: {topic: "your repair", headline: "Your bicycle is mended and can be fetched."},
    benefit: "You can ride again."}
guidance:
  - id: say-it
    because: They wait for it.
    then: [say: {name: it, stage: headline, force: must, text: "{purpose.headline}"}]
"""


def test_a_small_company_begins_with_few_lines() -> None:
    """002-13: fourteen lines of YAML decide and guide a call; nothing else is needed."""
    guide = prepare({"pack.yaml": _PACK}).guide
    assert guide is not None
    call = Call(id="c", brand="", regions=("GB",), time_zones=("Europe/London",))
    day, night = (datetime(2026, 1, 12, hour, tzinfo=UTC) for hour in (15, 22))
    made = advise(guide, situation_of(guide.pack, call, "ready", day))
    held = advise(guide, situation_of(guide.pack, call, "ready", night))
    assert (made.verdict.decision, held.verdict.decision) == (Decision.ALLOW, Decision.DEFER)
    assert [item.text for item in made.items] == ["Your bicycle is mended and can be fetched."]
