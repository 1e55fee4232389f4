"""The script: items of matched rules in the order of the opening, judged at their places.

One moment (a stage, or a reaction) shows no more items than the pack's budget; the strongest
first, and nothing that a MUST needs the room for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from advisor.facts.vocabulary import Ask, Force, ItemKind, Stage
from advisor.guidance import guards, tables
from advisor.guidance.decision import Guidance, Suppressed, UsedFact, Withheld
from advisor.guidance.guards import Progress, Refusal, Setting
from advisor.guidance.rendering import Words
from advisor.rules.pack import Item, Opening, Rule

#: Stages before anybody speaks.
_BEFORE: Final = (Stage.PRE_CALL, Stage.RINGING, Stage.ANSWERED)

#: Stages that follow every opening, whether or not it names them.
_BEHIND: Final = (Stage.BODY, Stage.COMMITMENT, Stage.RECAP, Stage.CLOSE, Stage.WRAP_UP)

_METHOD_ORDER: Final = {method: place for place, method in enumerate(tables.METHODS)}

#: Facts that a rule's match rests on, as they may be shown, and whether it was unsure.
Grounds = Callable[[Rule], tuple[tuple[UsedFact, ...], bool]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that a matched rule asks for."""

    rule: Rule
    item: Item
    #: Place of the item in its rule.
    place: int

    @property
    def id(self) -> str:
        """The item's id, ``rule/item``."""
        return f"{self.rule.id}/{self.item.name}"


@dataclass(slots=True)
class Script:
    """What is shown and what is not, as it grows."""

    items: list[Guidance]
    suppressed: list[Suppressed]

    def withhold(self, candidate: Candidate, refusal: Refusal) -> None:
        """Say why an item is not shown."""
        self.suppressed.append(
            Suppressed(
                id=candidate.id, rule=candidate.rule.id, why=refusal.why, text=refusal.text
            )
        )


_GROUP: Final = Refusal(Withheld.GROUP, "A stronger rule of its group speaks.")
_SAID: Final = Refusal(Withheld.SAID, "It has been said in this call.")
_PASSED: Final = Refusal(Withheld.STAGE, "Its moment has passed.")
_NOT_IN_OPENING: Final = Refusal(Withheld.STAGE, "Its moment is no part of this opening.")
_BUDGET: Final = Refusal(Withheld.BUDGET, "This moment has stronger things to show.")
_NO_CALL: Final = Refusal(Withheld.NO_CALL, "The call is not made now.")


def candidates(rules: Iterable[Rule], script: Script) -> list[Candidate]:
    """List the items of matched rules, strongest rule first; of a group only the strongest's."""
    found: list[Candidate] = []
    spoken: set[str] = set()
    for rule in rules:
        own = [Candidate(rule, item, place) for place, item in enumerate(rule.items)]
        if rule.group is not None and rule.group in spoken:
            for candidate in own:
                script.withhold(candidate, _GROUP)
            continue
        if rule.group is not None:
            spoken.add(rule.group)
        found.extend(own)
    return found


def order_of(opening: Opening) -> tuple[Stage, ...]:
    """Return all moments of a call that begins in this order."""
    return (
        *(stage for stage in _BEFORE if stage not in opening.stages),
        *opening.stages,
        *(stage for stage in _BEHIND if stage not in opening.stages),
    )


def no_call(found: Iterable[Candidate], script: Script) -> None:
    """Withhold everything: the call is not made."""
    for candidate in found:
        script.withhold(candidate, _NO_CALL)


def brief(
    found: Iterable[Candidate], at: Progress, setting: Setting, grounds: Grounds, script: Script
) -> tuple[Guidance, ...]:
    """Take the things to know before the call: at most three, MUST first, then by rule."""
    known = Script([], script.suppressed)
    moment(
        [each for each in found if _for_brief(each)],
        Stage.PRE_CALL,
        tables.BRIEF,
        at,
        setting,
        grounds,
        known,
    )
    return tuple(known.items)


def compose(
    found: Iterable[Candidate],
    opening: Opening,
    stage: Stage,
    said: frozenset[str],
    budget: int,
    at: Progress,
    setting: Setting,
    grounds: Grounds,
    script: Script,
) -> None:
    """Write the script of the rest of a call.

    Args:
        found: Items of matched rules, in precedence.
        opening: The order chosen.
        stage: Where the call stands; earlier moments have passed.
        said: Ids of items already said.
        budget: How many items one moment may show.
        at: What holds where the script begins; it moves on with every item.
        setting: What the guards must know.
        grounds: Names the facts that a rule rests on.
        script: Grows by what is shown and what is not.
    """
    order = order_of(opening)
    begun = order.index(stage) if stage in order else 0
    moments: dict[Stage, list[Candidate]] = {each: [] for each in order[begun:]}
    for candidate in found:
        if _for_brief(candidate):
            continue
        when = candidate.item.stage or Stage.BODY
        if candidate.id in said:
            script.withhold(candidate, _SAID)
        elif when in moments:
            moments[when].append(candidate)
        else:
            script.withhold(candidate, _PASSED if when in order else _NOT_IN_OPENING)
    headline = order.index(Stage.HEADLINE) if Stage.HEADLINE in order else order.index(Stage.BODY)
    for place, (when, there) in enumerate(moments.items(), start=begun):
        at.past_headline = place > headline
        moment(there, when, budget, at, setting, grounds, script)


def moment(
    found: list[Candidate],
    stage: Stage,
    budget: int,
    at: Progress,
    setting: Setting,
    grounds: Grounds,
    script: Script,
) -> None:
    """Show what one moment may: MUST first, then by rule; of asks the least sensitive first."""
    found = _in_order(found)
    room = budget
    musts = sum(candidate.item.force is Force.MUST for candidate in found)
    for candidate in found:
        item = candidate.item
        musts -= item.force is Force.MUST
        refusal = guards.refusal(item, at, setting)
        if refusal is not None:
            script.withhold(candidate, refusal)
            continue
        words = guards.words_of(item, at, setting)
        if isinstance(words, Refusal):
            script.withhold(candidate, words)
        elif room == 0 or (item.force is not Force.MUST and room <= musts):
            script.withhold(candidate, _BUDGET)
        else:
            room -= 1
            script.items.append(_guidance(candidate, stage, words, at, setting, grounds))
            at.take(item, words)


def _for_brief(candidate: Candidate) -> bool:
    item = candidate.item
    return item.kind is ItemKind.KNOW and item.stage is Stage.PRE_CALL


def _in_order(found: list[Candidate]) -> list[Candidate]:
    """Sort a moment's items; guarded asks keep their places but take them by sensitivity."""
    ordered = sorted(found, key=lambda each: (-each.item.force, each.rule.number, each.place))
    places = [n for n, each in enumerate(ordered) if guards.cost(each.item)]
    if len(places) > 1:
        asks = sorted((ordered[n] for n in places), key=_sensitivity)
        for n, ask in zip(places, asks, strict=True):
            ordered[n] = ask
    return ordered


def _sensitivity(candidate: Candidate) -> tuple[int, int]:
    item = candidate.item
    method = _METHOD_ORDER.get(item.what or "", 0) if item.ask is Ask.IDENTITY else 0
    return guards.cost(item), method


def _guidance(
    candidate: Candidate,
    stage: Stage,
    words: Words,
    at: Progress,
    setting: Setting,
    grounds: Grounds,
) -> Guidance:
    item, rule = candidate.item, candidate.rule
    facts, unsure = grounds(rule)
    named = {fact.name for fact in facts}
    return Guidance(
        id=candidate.id,
        kind=item.kind,
        force=item.force,
        text=words.text,
        because=rule.because,
        rule=rule.id,
        stage=stage,
        short_text=guards.short_text(item, at, setting),
        benefit=item.benefit,
        establishes=item.establishes,
        ask=guards.asked(item),
        what=item.what,
        cites=item.cites,
        facts=facts
        + tuple(setting.renderer.used(name) for name in words.facts if name not in named),
        unsure=unsure,
    )
