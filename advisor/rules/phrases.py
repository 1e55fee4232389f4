"""Phrases that tell a customer nothing, or press them; in English, the language of the packs."""

from __future__ import annotations

import re
from typing import Final

#: Labels that stand where a purpose should (004-05).
VAGUE: Final = (
    "customer information call",
    "information call",
    "courtesy call",
    "service call",
    "customer service call",
    "routine call",
    "quick call",
    "important call",
    "business call",
    "account review",
    "about your account",
    "regarding your account",
    "with your account",
    "about your policy",
    "about your contract",
    "about your card",
    "about your services",
    "about our services",
    "about something important",
    "an important matter",
    "important information",
    "some information for you",
    "a quick question",
    "a few questions",
    "a matter of importance",
)

#: Wording that presses, frightens, shames or flatters (000-01, 004-15).
PRESSURE: Final = (
    "act now",
    "before it is too late",
    "before it's too late",
    "don't hang up",
    "do not hang up",
    "don't miss out",
    "final chance",
    "for your own good",
    "hurry up",
    "it will only take a second",
    "last chance",
    "limited time",
    "once in a lifetime",
    "only today",
    "only for you",
    "surely you",
    "today only",
    "valued customer",
    "we are disappointed",
    "you don't want to lose",
    "you have been chosen",
    "you have been selected",
    "you must decide",
    "you owe it to",
    "you'll regret",
    "you will regret",
)

_FILLER: Final = frozenset(
    "a about all am an and are at calling call for from good hello here hi i i'd i'm is it it's "  # noqa: SIM905
    "its just like matter me my of on our ours please quick ringing simply some something speak "
    "talk that the this to us want we we're with would you your".split()
)
_WORDS = re.compile(r"\{[^}]*\}|[^\W_]+(?:'[^\W_]+)?")


def is_vague(text: str) -> bool:
    """Tell whether nothing is left of a text but labels and filling words."""
    flat = _flat(text)
    for phrase in sorted(VAGUE, key=len, reverse=True):
        flat = re.sub(rf"\b{re.escape(phrase)}\b", " ", flat)
    return all(word in _FILLER for word in flat.split())


def pressure(text: str) -> str | None:
    """Return the first phrase in a text that presses, or None."""
    flat = _flat(text)
    found = [(flat.find(f" {phrase} "), phrase) for phrase in PRESSURE]
    return min((pair for pair in found if pair[0] >= 0), default=(0, None))[1]


def _flat(text: str) -> str:
    """Return the words of a text in lower case, each between spaces."""
    plain = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return f" {' '.join(_WORDS.findall(plain))} "
