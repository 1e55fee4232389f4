"""Filling a pack's texts for one listener: what may be told, in words, or why it may not.

A text is as sensitive as the most sensitive thing in it. Values go in as plain text: never
evaluated, never nested beyond the purpose's ladder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from advisor.facts.catalogue import Fact
from advisor.facts.shown import cleaned, shown
from advisor.facts.values import NEVER, UNKNOWN, Possible, Tell
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Disclosure, Verification
from advisor.guidance import tables
from advisor.guidance.decision import UsedFact, Withheld
from advisor.rules.pack import Purpose
from advisor.rules.texts import RUNGS, Text

#: Characters of one filled text; what is longer ends in an ellipsis.
MAX_LENGTH: Final = 2_000

#: The fact that gives the subject away where the brand is sensitive.
BRAND_NAME: Final = "brand.name"


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears a text now.

    Attributes:
        ceiling: The most that may be said to them.
        verification: What they have shown; nothing counts for a machine or a third party.
    """

    ceiling: Disclosure
    verification: Verification

    def may_hear(self, words: Words) -> bool:
        """Tell whether both the table and the facts' own `tell` allow these words."""
        return words.level <= self.ceiling and words.needs <= self.verification


@dataclass(frozen=True, slots=True)
class Words:
    """A filled text.

    Attributes:
        level: How much it gives away.
        needs: What a listener must have shown to hear the facts in it.
        facts: Names of the facts in it.
        rung: The rung of the purpose's ladder that it says; NAME where it says none.
    """

    text: str
    level: Disclosure = Disclosure.NAME
    needs: Verification = Verification.NONE
    facts: tuple[str, ...] = ()
    rung: Disclosure = Disclosure.NAME


def listener(
    purpose: Purpose, verification: Verification, answered_by: str | None = None
) -> Listener:
    """Say what whoever is on the line may hear about a purpose.

    Args:
        purpose: Why we ring; it may lower what machines and third parties hear, and one that says
            nothing about them lets them hear nothing but a name.
        verification: What the customer has shown.
        answered_by: Who is listening, as `call.answered_by` has it.
    """
    most = tables.highest(purpose.sensitivity, verification, answered_by)
    if answered_by == tables.MACHINE:
        return Listener(min(most, purpose.voicemail or Disclosure.NAME), Verification.NONE)
    if answered_by == tables.THIRD_PARTY:
        return Listener(min(most, purpose.third_party or Disclosure.NAME), Verification.NONE)
    return Listener(most, verification)


def rungs(purpose: Purpose, name: str) -> Iterator[tuple[Disclosure, Text]]:
    """Iterate over the rungs that a placeholder of the ladder may mean, the most specific first."""
    if name == "purpose.topic":
        yield Disclosure.TOPIC, purpose.topic
        return
    ladder = [(Disclosure.HEADLINE, purpose.headline), (Disclosure.BOUND, purpose.bound)]
    if name == "purpose.say":
        ladder = [
            (Disclosure.SENSITIVE, purpose.sensitive),
            (Disclosure.ACCOUNT, purpose.account),
            (Disclosure.STATEMENT, purpose.statement),
            *ladder,
            (Disclosure.TOPIC, purpose.topic),
        ]
    for level, text in ladder:
        if text is not None:
            yield level, text


class Renderer:
    """Fills texts from the facts of one situation."""

    __slots__ = ("_facts", "_locale", "_purpose", "_today", "_zone", "missing")

    def __init__(self, facts: Facts, purpose: Purpose, locale: str) -> None:
        """Speak about a purpose in a locale (BCP 47), from these facts."""
        self._facts = facts
        self._purpose = purpose
        self._locale = locale
        #: Facts that some text speaks of and nobody sent, or sources disagree about.
        self.missing: set[str] = set()
        worlds = facts.worlds
        # With several candidate zones no wall clock is surely the customer's.
        self._zone = worlds[0].place.zone if len(worlds) == 1 else None
        self._today = worlds[0].local.date() if worlds else facts.situation.now.date()

    def spoken(
        self,
        text: Text,
        to: Listener,
        level: Disclosure = Disclosure.NAME,
        claims: Disclosure = Disclosure.NAME,
    ) -> Words | Withheld:
        """Fill a text that a customer hears.

        Args:
            text: What to say.
            to: Who hears it.
            level: What the words give away beside the facts in them.
            claims: The rung that the author says these words are; a rung of the ladder in the
                text outweighs it, because a headline may have to give way to the bound.

        Returns:
            The words; or why they may not or cannot be said.
        """
        words = self._filled(text, to, level, claims=claims)
        if isinstance(words, Withheld):
            return words
        return words if to.may_hear(words) else Withheld.DISCLOSURE

    def read(self, text: Text, to: Listener) -> Words | Withheld:
        """Fill a text for the agent's eyes; rungs in it go no higher than may be said now."""
        return self._filled(text, to, Disclosure.NAME, eyes=True)

    def used(self, name: str) -> UsedFact:
        """Show a fact that a decision rests on, to the agent."""
        fact = self._facts.catalogue[name]
        value = self._facts.value(name)
        unsure = value is UNKNOWN or isinstance(value, Possible)
        if fact.tell is Tell.NOBODY_AT_ALL:
            return UsedFact(name=name, shown=None, unsure=unsure)
        return UsedFact(name=name, shown=self._in_words(fact), unsure=unsure)

    def _filled(
        self,
        text: Text,
        to: Listener,
        level: Disclosure,
        *,
        claims: Disclosure = Disclosure.NAME,
        ladder: bool = True,
        eyes: bool = False,
    ) -> Words | Withheld:
        needs = Verification.NONE
        rung = Disclosure.NAME
        facts: list[str] = []
        pieces: list[str] = []
        refusal: Withheld | None = None
        for part in text.parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            piece = (
                (self._rung(part.fact, to) if ladder else Withheld.FACT_UNKNOWN)
                if part.fact in RUNGS
                else self._fact(part.fact, eyes=eyes)
            )
            if isinstance(piece, Withheld):
                # What may not be said is never excused by something else being unknown.
                refusal = piece if refusal is not Withheld.DISCLOSURE else refusal
                continue
            pieces.append(piece.text)
            facts.extend(piece.facts)
            level, needs = max(level, piece.level), max(needs, piece.needs)
            rung = max(rung, piece.rung)
        if refusal is not None:
            return refusal
        if rung is Disclosure.NAME:
            level, rung = max(level, claims), claims
        whole = cleaned("".join(pieces), MAX_LENGTH)
        return Words(whole, level, needs, tuple(dict.fromkeys(facts)), rung)

    def _rung(self, name: str, to: Listener) -> Words | Withheld:
        refusal = Withheld.DISCLOSURE
        for level, text in rungs(self._purpose, name):
            if level > to.ceiling:
                continue
            words = self._filled(text, to, level, ladder=False)
            if isinstance(words, Withheld):
                refusal = words
            elif to.may_hear(words):
                return Words(words.text, words.level, words.needs, words.facts, level)
        return refusal

    def _fact(self, name: str, *, eyes: bool) -> Words | Withheld:
        fact = self._facts.catalogue[name]
        level, needs = Disclosure.NAME, Verification.NONE
        if eyes:
            if fact.tell is Tell.NOBODY_AT_ALL:
                return Withheld.DISCLOSURE
        elif fact.tell not in tables.TELLING:
            return Withheld.DISCLOSURE
        elif name == BRAND_NAME and self._facts.situation.brand.sensitive:
            level, needs = tables.SENSITIVE_BRAND
        else:
            level, needs = tables.TELLING[fact.tell]
        value = self._facts.value(name)
        if value is UNKNOWN or isinstance(value, Possible):
            self.missing.add(name)
            return Withheld.FACT_UNKNOWN
        if value is NEVER and not eyes:
            # "Since never" is known, and nothing that can be said.
            return Withheld.FACT_UNKNOWN
        return Words(self._in_words(fact), level, needs, (name,))

    def _in_words(self, fact: Fact) -> str:
        value = self._facts.value(fact.name)
        return shown(value, fact, self._locale, zone=self._zone, today=self._today)
