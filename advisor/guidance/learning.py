"""What an event of a call teaches of the customer: what the pack's reactions remember from it.

It is worked out for the moment at which the event happened, so that a report that comes late
teaches the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from advisor.engagement.card import card_of
from advisor.engagement.quiet_words import in_words, quiet_time_around, quiet_time_in
from advisor.facts.memory import QUIET_TIMES, LearnedFact, Memory
from advisor.facts.situation import Profile, Situation, Suppressed
from advisor.facts.values import Value
from advisor.facts.view import Facts
from advisor.guidance.forecast import foreseen
from advisor.guidance.guide import Guide
from advisor.guidance.heeding import reliability
from advisor.guidance.settling import Settlement, bounded, with_facts
from advisor.guidance.situations import stated_after
from advisor.guidance.urgency import by_urgency, strongest
from advisor.rules.compile.items import QUIET_TIME
from advisor.rules.pack import Remember

#: A text that is longer is a story, and no name or goal.
LONGEST: Final = 200

#: What the customer said; everything else was noticed about them.
_STATED: Final = "stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One thing that an event taught.

    Attributes:
        id: What remembered it, as ``rule/name``.
        fact: What is to be kept.
    """

    id: str
    fact: LearnedFact


def lessons(
    guide: Guide,
    situation: Situation,
    event: str,
    given: Mapping[str, Value],
    cause: str,
    *,
    confidence: float | None = None,
) -> tuple[Lesson, ...]:
    """Work out what an event teaches.

    Args:
        guide: The pack, ready to be matched.
        situation: As it is after the event, at the moment when it happened.
        event: Its word in `EVENTS`.
        given: Facts of the event by full name (``event.window``).
        cause: Id of the event.
        confidence: How sure its reporter is, from 0 to 1; nothing that it teaches is surer.

    Returns:
        What every reaction that speaks remembers; of a group only the strongest does. Nothing
        comes of a fact that is unknown or cannot be read.
    """
    if event not in guide.teaching:
        return ()
    if guide.forecasts:
        situation = foreseen(guide, situation)
    stated = stated_after(situation.stated, given, event)
    facts = Facts(guide.pack.catalogue, replace(situation, stated=stated))
    match = guide.matcher.match(facts, guide.matcher.events[event])
    found: list[Lesson] = []
    for rule in strongest(by_urgency(match.rules(), facts)):
        for remember in rule.remembers:
            fact = _fact(remember, facts, cause)
            if fact is not None:
                surest = (each for each in (confidence, fact.confidence) if each is not None)
                fact = replace(fact, confidence=min(surest, default=None))
                found.append(Lesson(id=f"{rule.id}/{remember.name}", fact=fact))
    return tuple(found)


def taught(
    guide: Guide,
    memory: Memory,
    profile: Profile,
    facts: Iterable[LearnedFact],
    now: datetime,
    *,
    suppressed: tuple[Suppressed, ...] = (),
) -> Settlement:
    """Work out what is to be stored for what an event taught.

    Args:
        guide: The pack whose scale says how far this customer is believed (004-33).
        memory: What is remembered.
        profile: What is kept of the customer beside it.
        facts: What the event taught.
        now: When it is told, aware, UTC.
        suppressed: What the customer asked for that must never be lost.

    Returns:
        What is to be stored. What was only noticed, before somebody told better, is left out.
    """
    card = card_of(memory.account, now, guide.pack.settings.card) or profile.card
    new = [
        fact if card is None else replace(fact, reliability=reliability(card.tier))
        for fact in facts
        if fact.source == _STATED or not _told_since(fact, profile)
    ]
    if not new:
        return Settlement(memory=memory, suppressed=suppressed)
    after = with_facts(memory, new)
    after = replace(after, facts=tuple(_said_once(after.facts)))
    return Settlement(memory=bounded(after, now), suppressed=suppressed)


def _said_once(facts: Iterable[LearnedFact]) -> Iterator[LearnedFact]:
    """Iterate over facts, newest first; of the same hours, said again, only over the newest."""
    hours: set[tuple[Value, str, bool]] = set()
    for fact in facts:
        key = (fact.value, fact.source, fact.expires_at is None)
        if fact.name != QUIET_TIMES or key not in hours:
            yield fact
        if fact.name == QUIET_TIMES:
            hours.add(key)


def _told_since(fact: LearnedFact, profile: Profile) -> bool:
    seen = profile.seen.get(fact.name)
    return seen is not None and seen.observed_at >= fact.learned_at


def _fact(remember: Remember, facts: Facts, cause: str) -> LearnedFact | None:
    text = facts.value(remember.at)
    said = text if isinstance(text, str) else ""
    value: Value | None = said if 0 < len(said) <= LONGEST else None
    if remember.what == QUIET_TIME:
        value = _hours(remember, said, facts.situation)
    if value is None:
        return None
    now = facts.situation.now
    expires_in = remember.expires_in
    return LearnedFact(
        name=QUIET_TIMES if remember.what == QUIET_TIME else remember.what,
        value=value,
        learned_at=now,
        source=remember.source,
        confidence=remember.confidence,
        expires_at=None if expires_in is None else now + expires_in.elapsed,
        cause=cause,
    )


def _hours(remember: Remember, said: str, situation: Situation) -> frozenset[str] | None:
    """Return the hours that were named; otherwise those around the moment, where it is known.

    Hours that were named are those of the clock on the customer's wall, wherever they are. A
    moment is the same wherever they are, so that the clock of any place where they may be tells it.
    """
    quiet = quiet_time_in(said)
    if quiet is None and remember.around is not None and situation.places:
        zone = situation.places[0].zone
        quiet = quiet_time_around(situation.now, zone, remember.around.elapsed)
    return None if quiet is None else frozenset({in_words(quiet)})
