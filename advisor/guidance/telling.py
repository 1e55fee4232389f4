"""What anybody who asks afterwards may be told of a call: what it was about, and what for."""

from __future__ import annotations

from typing import Final

from advisor.facts.situation import Situation
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Sensitivity, Verification
from advisor.guidance.guide import Guide
from advisor.guidance.rendering import Renderer, Words, listener
from advisor.rules.texts import Text, split

_SAY: Final = split("{purpose.say}")


def about(guide: Guide, situation: Situation, shown: Verification) -> str | None:
    """Say what a call was about, as far as somebody may hear who has shown so much.

    Args:
        guide: The pack that has the purpose's words.
        situation: The call; what is unknown of its occasion makes the words less specific.
        shown: What the asker has shown.

    Returns:
        The most specific words allowed; None where the purpose has none that may be said.
    """
    return _words(guide, situation, shown, _SAY)


def for_customer(guide: Guide, situation: Situation) -> str:
    """Answer "why did you call me?" in plain words, about what anybody may hear (002-12)."""
    brand = situation.brand
    who = "We" if brand.sensitive else (brand.name or "We")
    reason = about(guide, situation, Verification.NONE)
    purpose = guide.pack.purposes[situation.occasion.id]
    # What a confidential call is good for tells what it is about.
    benefit = None
    if purpose.sensitivity is not Sensitivity.CONFIDENTIAL:
        benefit = _words(guide, situation, Verification.NONE, purpose.benefit)
    said = [f"{who} rang you, and this is why: {reason}" if reason else f"{who} rang you."]
    if benefit:
        said.append(f"What it is for: {benefit}")
    if brand.number:
        said.append(f"You can ring us on {brand.number}.")
    return " ".join(said)


def _words(guide: Guide, situation: Situation, shown: Verification, text: Text) -> str | None:
    purpose = guide.pack.purposes[situation.occasion.id]
    locale = situation.call.locale or guide.pack.settings.default_locale
    facts = Facts(guide.pack.catalogue, situation)
    words = Renderer(facts, purpose, locale).spoken(text, listener(purpose, shown))
    return words.text if isinstance(words, Words) else None
