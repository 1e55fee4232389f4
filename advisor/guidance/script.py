"""The script: items of matched rules in the order of the opening, judged at their places.

One moment (a stage, or a reaction) shows no more items than the pack's budget; the strongest
first, and nothing that a MUST needs the room for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from advisor.facts.vocabulary import (
    CompanyProof,
    Establishes,
    Force,
    ItemKind,
    Stage,
    Verification,
    VerificationMethod,
)
from advisor.guidance import guards, tables
from advisor.guidance.context import Grounds
from advisor.guidance.decision import Guidance, Suppressed, Withheld
from advisor.guidance.guards import Progress, Refusal, Setting
from advisor.guidance.rendering import Words
from advisor.guidance.state import CallState
from advisor.rules.pack import Item, Opening, Rule

#: Stages before anybody speaks.
_BEFORE: Final = (Stage.PRE_CALL, Stage.RINGING, Stage.ANSWERED)

#: Stages that follow every opening, whether or not it names them.
_BEHIND: Final = (Stage.BODY, Stage.COMMITMENT, Stage.RECAP, Stage.CLOSE, Stage.WRAP_UP)

#: What may be said twice in one call, where the customer brings it up again.
SAID_AGAIN: Final = frozenset({ItemKind.SAY, ItemKind.LISTEN, ItemKind.CLOSE})

_METHOD_ORDER: Final = {method: place for place, method in enumerate(VerificationMethod)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that a matched rule asks for."""

    rule: Rule
    item: Item

    @property
    def id(self) -> str:
        """The item's id, ``rule/item``."""
        return f"{self.rule.id}/{self.item.name}"


_GROUP: Final = Refusal(Withheld.GROUP, "A stronger rule of its group speaks.")
_SAID: Final = Refusal(Withheld.SAID, "It has been said in this call.")
_PASSED: Final = Refusal(Withheld.STAGE, "Its moment has passed.")
_NOT_IN_OPENING: Final = Refusal(Withheld.STAGE, "Its moment is no part of this opening.")
_BUDGET: Final = Refusal(Withheld.BUDGET, "This moment has stronger things to show.")
_NO_CALL: Final = Refusal(Withheld.NO_CALL, "The call is not made now.")


def order_of(opening: Opening) -> tuple[Stage, ...]:
    """Return all moments of a call that begins in this order."""
    return (
        *(stage for stage in _BEFORE if stage not in opening.stages),
        *opening.stages,
        *(stage for stage in _BEHIND if stage not in opening.stages),
    )


class Writer:
    """Writes what is shown at each moment of one call, and keeps what is not, and why."""

    __slots__ = ("_budget", "_grounds", "_setting", "items", "suppressed")

    def __init__(self, setting: Setting, grounds: Grounds, budget: int) -> None:
        """Begin with nothing.

        Args:
            setting: What the guards must know.
            grounds: Names the facts that a rule rests on.
            budget: How many items one moment may show.
        """
        self._setting = setting
        self._grounds = grounds
        self._budget = budget
        self.items: list[Guidance] = []
        self.suppressed: list[Suppressed] = []

    def candidates(self, rules: Iterable[Rule]) -> list[Candidate]:
        """List the items of matched rules, strongest first; of a group only the strongest's."""
        found: list[Candidate] = []
        spoken: set[str] = set()
        for rule in rules:
            own = [Candidate(rule, item) for item in rule.items]
            if rule.group is not None and rule.group in spoken:
                for candidate in own:
                    self._withhold(candidate, _GROUP)
                continue
            if rule.group is not None:
                spoken.add(rule.group)
            found.extend(own)
        return found

    def no_call(self, found: Iterable[Candidate]) -> None:
        """Withhold what is only for a call that is made."""
        for candidate in found:
            self._withhold(candidate, _NO_CALL)

    def brief(self, found: Iterable[Candidate], at: Progress) -> tuple[Guidance, ...]:
        """Take the things to know before the call: at most three, MUST first, then by rule."""
        known = self._moment(
            [each for each in found if _for_brief(each)], Stage.PRE_CALL, at, tables.BRIEF
        )
        return tuple(known)

    def compose(
        self, found: Iterable[Candidate], opening: Opening, state: CallState, at: Progress
    ) -> None:
        """Write the script of the rest of a call.

        Args:
            found: Items of matched rules, in precedence.
            opening: The order chosen.
            state: Where the call stands; earlier moments have passed.
            at: What holds where the script begins; it moves on with every item.
        """
        order = order_of(opening)
        begun = order.index(state.stage) if state.stage in order else 0
        moments: dict[Stage, list[Candidate]] = {each: [] for each in order[begun:]}
        for candidate in found:
            if _for_brief(candidate):
                continue
            stage = candidate.item.stage
            when = Stage.BODY if stage is None else stage
            if candidate.id in state.said or _is_known(candidate.item, state):
                self._withhold(candidate, _SAID)
            elif when in moments:
                moments[when].append(candidate)
            else:
                self._withhold(candidate, _PASSED if when in order else _NOT_IN_OPENING)
        headline = order.index(Stage.HEADLINE if Stage.HEADLINE in order else Stage.BODY)
        for place, (when, there) in enumerate(moments.items(), start=begun):
            if not there:
                continue
            at.past_headline = place > headline
            self.items += self._moment(there, when, at, self._budget)

    def answer(
        self, found: list[Candidate], stage: Stage, said: frozenset[str], at: Progress
    ) -> None:
        """Write what is shown at once, at the stage where the call stands.

        What has been said is said again only where nothing else is left to say, and it asks and
        offers nothing.
        """
        before = [each for each in found if each.id in said]
        shown = self._moment(
            [each for each in found if each.id not in said], stage, at, self._budget
        )
        if not any(item.kind in tables.SPOKEN for item in shown):
            again = [each for each in before if each.item.kind in SAID_AGAIN]
            shown += self._moment(again, stage, at, self._budget - len(shown))
            before = [each for each in before if each.item.kind not in SAID_AGAIN]
        for candidate in before:
            self._withhold(candidate, _SAID)
        self.items += shown

    def _withhold(self, candidate: Candidate, refusal: Refusal) -> None:
        self.suppressed.append(
            Suppressed(id=candidate.id, rule=candidate.rule.id, why=refusal.why, text=refusal.text)
        )

    def _moment(
        self, found: list[Candidate], stage: Stage, at: Progress, room: int
    ) -> list[Guidance]:
        """Show what one moment may: MUST first, then by rule; of asks the least sensitive first."""
        shown: list[Guidance] = []
        found = _in_order(found)
        musts = sum(candidate.item.force is Force.MUST for candidate in found)
        for candidate in found:
            item = candidate.item
            musts -= item.force is Force.MUST
            refusal = guards.refusal(item, at, self._setting)
            if refusal is not None:
                self._withhold(candidate, refusal)
                continue
            words = guards.words_of(item, at, self._setting)
            if isinstance(words, Refusal):
                self._withhold(candidate, words)
            elif room == 0 or (item.force is not Force.MUST and room <= musts):
                self._withhold(candidate, _BUDGET)
            else:
                room -= 1
                shown.append(self._guidance(candidate, stage, words, at))
                at.take(item, words)
        return shown

    def _guidance(self, candidate: Candidate, stage: Stage, words: Words, at: Progress) -> Guidance:
        item, rule = candidate.item, candidate.rule
        facts, unsure = self._grounds(rule)
        named = {fact.name for fact in facts}
        used = self._setting.renderer.used
        return Guidance(
            id=candidate.id,
            kind=item.kind,
            force=item.force,
            text=words.text,
            because=rule.because,
            rule=rule.id,
            stage=stage,
            short_text=guards.short_text(item, at, self._setting),
            benefit=item.benefit,
            establishes=item.establishes,
            ask=guards.asked(item),
            what=item.what,
            by=item.by,
            cites=item.cites,
            facts=facts + tuple(used(name) for name in words.facts if name not in named),
            unsure=unsure,
        )


def _is_known(item: Item, state: CallState) -> bool:
    """Tell whether what an item is there for has been achieved in other words."""
    match item.establishes:
        case Establishes.PERSON:
            return state.verification >= Verification.CLAIMED
        case Establishes.COMPANY_PROOF:
            return state.company_proof in {CompanyProof.OFFERED, CompanyProof.ACCEPTED}
        case Establishes.BOUND | Establishes.HEADLINE | Establishes.STATEMENT as said:
            return state.disclosure >= tables.ESTABLISHED[said]
        case _:
            return False


def _for_brief(candidate: Candidate) -> bool:
    item = candidate.item
    return item.kind is ItemKind.KNOW and item.stage is Stage.PRE_CALL


def _in_order(found: list[Candidate]) -> list[Candidate]:
    """Put the most needed first, else by precedence; of guarded asks, the least sensitive."""
    if len(found) == 1:
        return found
    ordered = sorted(found, key=lambda each: -each.item.force)
    places = [n for n, each in enumerate(ordered) if guards.cost(each.item)]
    if len(places) > 1:
        asks = sorted((ordered[n] for n in places), key=_sensitivity)
        for n, ask in zip(places, asks, strict=True):
            ordered[n] = ask
    return ordered


def _sensitivity(candidate: Candidate) -> tuple[int, int]:
    item = candidate.item
    return guards.cost(item), 0 if item.by is None else _METHOD_ORDER[item.by]
