"""The proof that no text can reach someone who may not hear it.

A text weighs as much as the heaviest fact in it, or what its author says it discloses. For every
purpose for which its rule may speak, and everything a customer may have shown by then, the tables
of guidance must allow that weight; where it is meant for a machine or a third party, what the
purpose lets them hear must. What the guards would remove is an error of the pack: the agent would
be left without words.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final

from advisor.facts.catalogue import Catalogue
from advisor.facts.situation import Brand
from advisor.facts.values import Tell
from advisor.facts.vocabulary import Disclosure, Verification
from advisor.guidance import tables
from advisor.guidance.rendering import BRAND_NAME, Listener, listener, rungs
from advisor.rules.pack import Item, Pack, Purpose, Rule
from advisor.rules.problems import Problems
from advisor.rules.source import Mark
from advisor.rules.texts import RUNGS, Text
from advisor.workbench.checks.reach import Reach, State, may_be_overheard


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

    def fits(self, to: Listener) -> bool:
        """Tell whether a listener may hear so much."""
        return self.level <= to.ceiling and self.needs <= to.verification


#: What an agent may see: all but what decides in silence.
_AGENT: Final = frozenset(Tell) - {Tell.NOBODY_AT_ALL}

_LADDER: Final = frozenset(RUNGS)

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
            if item.kind in tables.SPOKEN:
                _prove(rule, item, reach, problems)


def _ladder(purpose: Purpose, catalogue: Catalogue, problems: Problems) -> None:
    """Each rung may speak of nothing that its own level does not give away."""
    for level, text in rungs(purpose, "purpose.say"):
        hidden = next(_never_told(text, catalogue, tables.TELLING), None)
        if hidden is not None:
            _untellable(purpose.mark, f"{purpose.id}: its {level.word}", hidden, problems)
        heaviest = _heaviest(text, catalogue, None)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """An item in calls of one purpose: with what it weighs there, and who must be where it is.

    Attributes:
        brand: In whose name we ring, where that makes a difference.
        place: The least that a customer has shown at the item's place.
    """

    rule: Rule
    item: Item
    purpose: Purpose
    brand: Brand | None
    weight: Weight
    place: Verification


def _prove(rule: Rule, item: Item, reach: Reach, problems: Problems) -> None:
    """Report the first purpose and state in which the item weighs too much."""
    overheard = may_be_overheard(rule)
    for purpose, brand, weight in _weights(item, reach.pack):
        place = reach.place(item.stage, purpose)
        if not overheard and weight.fits(listener(purpose, place)):
            continue
        trial = _Trial(
            rule=rule, item=item, purpose=purpose, brand=brand, weight=weight, place=place
        )
        found = _too_heavy(trial, reach)
        if found is not None:
            _report(trial, found, problems)
            return


def _weights(item: Item, pack: Pack) -> Iterator[tuple[Purpose, Brand | None, Weight]]:
    """Iterate over what an item weighs, for each purpose and each brand that makes a difference."""
    purposes = tuple(pack.purposes.values())
    adapts = any(not _LADDER.isdisjoint(text.facts) for text in _texts(item))
    for brand in _brands(item, pack):
        # Where no rung is said, the words are the same for all purposes.
        weights = [
            _weight(item, pack.catalogue, purpose, brand)
            for purpose in (purposes if adapts else purposes[:1])
        ]
        for number, purpose in enumerate(purposes):
            yield purpose, brand, weights[number if adapts else 0]


def _brands(item: Item, pack: Pack) -> Iterator[Brand | None]:
    """Iterate over the brands that make a difference: those that give the subject away."""
    yield None
    if any(BRAND_NAME in text.facts for text in _texts(item)):
        yield from (brand for brand in pack.settings.brands.values() if brand.sensitive)


def _too_heavy(trial: _Trial, reach: Reach) -> State | None:
    """Return a state in which an item weighs too much, or None."""
    purpose, weight = trial.purpose, trial.weight
    for state in reach.states(trial.rule, purpose, trial.brand):
        shown = max(state.verification, trial.place)
        if not weight.fits(listener(purpose, shown, state.answered_by)):
            return State(shown, state.answered_by)
    return None


def _report(trial: _Trial, state: State, problems: Problems) -> None:
    weight, purpose = trial.weight, trial.purpose
    if state.answered_by is not None:
        who = f"a {state.answered_by.replace('_', ' ')}"
        expected = (
            "no more than the purpose lets them hear, a condition on the purpose, or words in "
            "or_say for when it lets them hear nothing"
        )
    else:
        who = f"someone who has shown {state.verification.word}"
        expected = (
            "a condition on brand.sensitivity, or a stage behind the person check"
            if weight.fact == BRAND_NAME
            else "a later stage, a condition on call.customer_verification or "
            "purpose.sensitivity, or {purpose.say}"
        )
    what = "what it discloses" if weight.fact is None else weight.fact
    problems.error(
        trial.item.mark,
        "disclosure",
        f"{trial.rule.id}/{trial.item.name} tells {what} ({weight.level.word}) in {purpose.id}, "
        f"which is {purpose.sensitivity.word}, to {who}",
        expected,
    )


def _weight(item: Item, catalogue: Catalogue, purpose: Purpose, brand: Brand | None) -> Weight:
    """Weigh an item by the heaviest of its texts.

    A rung that may not be said gives way to `or_say`; nothing else does.
    """
    last_resort = item.text if item.or_say is None else item.or_say
    weights = [_heaviest(text, catalogue, brand) for text in _texts(item)]
    weights.append(_lowest(last_resort, purpose))
    weights.append(Weight(_claimed(item), Verification.NONE))
    return max(weights, key=lambda each: each.burden)


def _claimed(item: Item) -> Disclosure:
    """Return how much an item's plain words give away, by what their author says of them."""
    claims = Disclosure.NAME
    plain = any(_LADDER.isdisjoint(text.facts) for text in _texts(item))
    if item.establishes is not None and plain:
        claims = tables.ESTABLISHED.get(item.establishes, Disclosure.NAME)
    return max(claims, item.discloses or Disclosure.NAME)


def _lowest(text: Text, purpose: Purpose) -> Weight:
    """Weigh the rungs in a text by the least that each may say in its place."""
    weights = [
        Weight(min(level for level, _ in rungs(purpose, fact)), Verification.NONE, fact)
        for fact in text.facts
        if fact in RUNGS
    ]
    return max(weights, key=lambda weight: weight.burden, default=_LIGHT)


def _heaviest(text: Text, catalogue: Catalogue, brand: Brand | None) -> Weight:
    """Weigh the facts of a text, but for the rungs of the ladder."""
    weights = [
        Weight(*tables.TELLING[tell], fact)
        for fact in text.facts
        if fact not in RUNGS and (tell := catalogue[fact].tell) in tables.TELLING
        if tell is not Tell.ANYONE
    ]
    if brand is not None and BRAND_NAME in text.facts:
        weights.append(Weight(*tables.SENSITIVE_BRAND, BRAND_NAME))
    return max(weights, key=lambda weight: weight.burden, default=_LIGHT)
