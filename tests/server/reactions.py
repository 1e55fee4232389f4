"""Reactions that teach something of the customer, for the pack of `running`."""

from __future__ import annotations

from typing import Final

from advisor.facts.events import EVENTS

_TEACH: Final = ("mealtime_cue", "time_designated_inconvenient", "name_corrected")
REACTIONS: Final = (
    f"""
reactions:
  - id: anything-else
    on: [{", ".join(event for event in EVENTS if event not in _TEACH)}]
    because: There is always a way out.
    then:
      - close: {{name: bye, force: could, text: "Goodbye."}}
"""
    """
  - id: meal
    on: mealtime_cue
    because: Nobody's meal gets cold for us.
    then:
      - remember: {name: hour, what: quiet_time, at: event.window, around: 30 minutes,
                   source: learned, confidence: 0.5, expires_in: 90 days}
      - close: {name: bye, force: must, text: "Enjoy your meal. Goodbye."}
  - id: never-then
    on: time_designated_inconvenient
    because: It is the customer's day.
    then:
      - remember: {name: hours, what: quiet_time, at: event.window, source: stated}
      - close: {name: bye, force: must, text: "We won't ring then. Goodbye."}
  - id: name
    on: name_corrected
    because: Being told once has to be enough.
    then:
      - remember: {name: hint, what: name_hint, at: event.text, source: stated}
      - close: {name: bye, force: must, text: "Thank you. Goodbye."}
guidance:
  - id: brief
    because: A name said well opens a call well.
    then:
      - know: {name: hint, stage: pre_call, force: should, text: "Said {customer.name_hint}."}
"""
)
