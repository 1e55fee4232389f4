"""Texts of a pack: plain words with `{fact.name}` in them, never evaluated.

A text is split once, when the pack is read. Filling it in joins strings: a customer's name that
looks like a placeholder stays a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A placeholder; braces around anything else are an error of the pack.
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)\}")

#: The rungs of a purpose's ladder that a text may name, beside facts.
RUNGS = ("purpose.topic", "purpose.headline", "purpose.say")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a text where a fact's value, or a rung of the ladder, goes."""

    fact: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text split at its placeholders."""

    parts: tuple[str | Slot, ...]

    @property
    def facts(self) -> tuple[str, ...]:
        """Names in its placeholders, each once, in order."""
        return tuple(dict.fromkeys(part.fact for part in self.parts if isinstance(part, Slot)))

    def __str__(self) -> str:
        """Return the text as it was written."""
        return "".join(
            f"{{{part.fact}}}" if isinstance(part, Slot) else part for part in self.parts
        )


def split(written: str) -> Text:
    """Split a text at its placeholders; anything else is words.

    Names are checked against the catalogue by the compiler, and stray braces refused there
    (`stray_brace`), where the position is known.
    """
    parts: list[str | Slot] = []
    at = 0
    for found in PLACEHOLDER.finditer(written):
        if found.start() > at:
            parts.append(written[at : found.start()])
        parts.append(Slot(found.group(1)))
        at = found.end()
    if at < len(written):
        parts.append(written[at:])
    return Text(tuple(parts))


def stray_brace(written: str) -> int | None:
    """Return the offset of the first brace that belongs to no placeholder, or None."""
    rest = PLACEHOLDER.sub(lambda found: " " * len(found.group()), written)
    places = [place for place in (rest.find("{"), rest.find("}")) if place >= 0]
    return min(places, default=None)
