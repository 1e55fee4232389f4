"""The proof that no text can reach someone who may not hear it.

A text weighs as much as the heaviest fact in it, or what its author says it discloses. For every
purpose for which its rule may speak, and everything a customer may have shown by then, the tables
of guidance must allow that weight. What the guards would remove is an error of the pack: the agent
would be left without words.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from advisor.facts.catalogue import Catalogue
from advisor.facts.values import Tell
from advisor.facts.vocabulary import Disclosure, Stage, Verification
from advisor.guidance import tables
from advisor.guidance.rendering import rungs
from advisor.guidance.script import order_of
from advisor.rules.pack import Item, Opening, Pack, Purpose, Rule
from advisor.rules.problems import Problems
from advisor.rules.source import Mark
from advisor.rules.texts import RUNGS, Text
from advisor.workbench.checks.reach import Reach


@dataclass(frozen=True, slots=True)
class Weight:
    """What a text gives away.

    Attributes:
        level: How much.
        needs: What a listener must have shown for the facts in it.
        fact: The fact that weighs most; None where the author's `discloses` does.
    """

    level: Disclosure
    needs: Verification
    fact: str | None = None

    @property
    def burden(self) -> tuple[Disclosure, Verification]:
        """What to compare by."""
        return self.level, self.needs


#: What an agent may see: all but what decides in silence.
_AGENT: Final = frozenset(Tell) - {Tell.NOBODY_AT_ALL}

_LIGHT: Final = Weight(Disclosure.NAME, Verification.NONE)


def check_disclosure(pack: Pack, problems: Problems) -> None:
    """Report every text of the pack that could be meant for someone who may not hear it."""
    for purpose in pack.purposes.values():
        _ladder(purpose, pack.catalogue, problems)
    reach = Reach(pack)
    for rule in pack.rules:
        for item in rule.items:
            hidden = _hidden(item, pack.catalogue)
            if hidden is not None:
                _untellable(item.mark, f"{rule.id}/{item.name}", hidden, problems)
                continue
            weight = _weight(item, pack.catalogue)
            if item.kind in tables.SPOKEN and weight != _LIGHT:
                _prove(rule, item, weight, reach, problems)


def _ladder(purpose: Purpose, catalogue: Catalogue, problems: Problems) -> None:
    """Each rung may speak of nothing that its own level does not give away."""
    for level, text in rungs(purpose, "purpose.say"):
        hidden = next(_never_told(text, catalogue, tables.TELLING), None)
        if hidden is not None:
            _untellable(purpose.mark, f"{purpose.id}: its {level.word}", hidden, problems)
        heaviest = _heaviest(text, catalogue)
        if heaviest.fact is not None and heaviest.level > level:
            problems.error(
                purpose.mark,
                "disclosure",
                f"{purpose.id}: its {level.word} speaks of {heaviest.fact}, which is told at "
                f"{heaviest.level.word}",
                f"the fact on the {heaviest.level.word} rung, or a lower tell",
            )


def _texts(item: Item) -> tuple[Text, ...]:
    return tuple(text for text in (item.text, item.short_text, item.or_say) if text is not None)


def _hidden(item: Item, catalogue: Catalogue) -> str | None:
    """Return a fact in an item's texts that nobody who reads or hears them may ever see."""
    seen = tables.TELLING if item.kind in tables.SPOKEN else _AGENT
    return next(
        (fact for text in _texts(item) for fact in _never_told(text, catalogue, seen)), None
    )


def _never_told(text: Text, catalogue: Catalogue, seen: Container[Tell]) -> Iterator[str]:
    for fact in text.facts:
        if fact not in RUNGS and catalogue[fact].tell not in seen:
            yield fact


def _untellable(mark: Mark, what: str, fact: str, problems: Problems) -> None:
    problems.error(
        mark,
        "disclosure",
        f"{what} speaks of {fact}, which is not told to whoever gets this text",
        "words without it, or an item for the agent's eyes (know, do, avoid)",
    )


def _prove(rule: Rule, item: Item, weight: Weight, reach: Reach, problems: Problems) -> None:
    """Report the first purpose and state in which the item weighs too much."""
    # Any opening may be chosen for any purpose: by its own word, by a rule, or by a guard.
    openings = reach.pack.openings.values()
    for purpose, verification in reach.states(rule):
        shown = max(verification, _by_position(item, purpose, openings))
        if weight.level <= tables.highest(purpose.sensitivity, shown) and weight.needs <= shown:
            continue
        what = "what it discloses" if weight.fact is None else weight.fact
        problems.error(
            item.mark,
            "disclosure",
            f"{rule.id}/{item.name} tells {what} ({weight.level.word}) in {purpose.id}, which is "
            f"{purpose.sensitivity.word}, to someone who has shown {shown.word}",
            "a later stage, a condition on call.customer_verification or purpose.sensitivity, or "
            "{purpose.say}",
        )
        return


def _by_position(item: Item, purpose: Purpose, openings: Iterable[Opening]) -> Verification:
    """Return the least that a customer has shown by an item's place, in any opening.

    Behind the person check somebody has said who they are; behind verification they have shown
    what the purpose needs. A reaction has no place.
    """
    if item.stage is None:
        return Verification.NONE
    orders = [order_of(opening) for opening in openings]
    return min(
        (
            _behind(order[: order.index(item.stage)], purpose)
            for order in orders
            if item.stage in order
        ),
        default=Verification.NONE,
    )


def _behind(before: Collection[Stage], purpose: Purpose) -> Verification:
    if Stage.CUSTOMER_VERIFICATION in before:
        return max(Verification.CLAIMED, purpose.least_verification)
    return Verification.CLAIMED if Stage.PERSON_CHECK in before else Verification.NONE


def _weight(item: Item, catalogue: Catalogue) -> Weight:
    """Weigh an item by the heaviest of its texts."""
    heaviest = max(
        (_heaviest(text, catalogue) for text in _texts(item)), key=lambda each: each.burden
    )
    if item.discloses is not None and item.discloses > heaviest.level:
        return Weight(item.discloses, heaviest.needs)
    return heaviest


def _heaviest(text: Text, catalogue: Catalogue) -> Weight:
    """Weigh the facts of a text; rungs of the ladder weigh nothing: the highest allowed is said."""
    weights = [
        Weight(*tables.TELLING[tell], fact)
        for fact in text.facts
        if fact not in RUNGS and (tell := catalogue[fact].tell) in tables.TELLING
        if tell is not Tell.ANYONE
    ]
    return max(weights, key=lambda weight: weight.burden, default=_LIGHT)
