"""What a call is expected to earn, before it is made: by the rules that will judge it afterwards.

Shares of outcomes come from the pack, by class of law, and from how this customer's own calls of
that class came out. Points come from the pack's engagement rules, asked about each outcome as if
it had happened. All of it is an estimate of ours, and to be calibrated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from advisor.engagement.contacts import Contact, Disposition
from advisor.facts.situation import Situation
from advisor.guidance.earning import Happening, earned, outcome_facts
from advisor.guidance.guide import FORECAST, Guide

#: How many calls of the customer's own weigh as much as what the pack expects of everybody.
_EVIDENCE: Final = 5


def foreseen(guide: Guide, situation: Situation) -> Situation:
    """Return the situation with the points that its call is expected to earn.

    Nothing is expected of a class of law of which the pack says nothing, nor where somebody states
    the forecast; what was foreseen stands.
    """
    expects = guide.pack.settings.expects.get(situation.occasion.legal_class)
    if not expects or FORECAST in situation.stated or situation.forecast is not None:
        return situation
    points = sum(
        share * _points(guide, situation, disposition)
        for disposition, share in _shares(situation, expects).items()
        if share
    )
    return replace(situation, forecast=round(points, 2))


def _shares(situation: Situation, expects: Mapping[Disposition, float]) -> dict[Disposition, float]:
    """Blend what the pack expects with what happened; the rest of one is: nothing comes of it."""
    legal = situation.occasion.legal_class.value
    past = Counter(
        contact.disposition
        for contact in situation.history.contacts or ()
        if contact.disposition is not None and contact.legal_class == legal
    )
    weight = _EVIDENCE + sum(past.values())
    return {
        disposition: (_EVIDENCE * expects.get(disposition, 0.0) + past[disposition]) / weight
        for disposition in {*expects, *past}
    }


def _points(guide: Guide, situation: Situation, disposition: Disposition) -> float:
    contact = Contact(at=situation.now, disposition=disposition)
    happening = Happening(
        at=situation.now,
        cause=FORECAST,
        known=situation,
        stated={**situation.stated, **outcome_facts(contact)},
    )
    return sum(entry.points for entry in earned(guide, happening))
