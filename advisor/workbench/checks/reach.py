"""Which rules could ever speak for a purpose: exact over purposes, open over everything else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from advisor.facts.catalogue import Catalogue
from advisor.facts.situation import Brand, Call, Situation
from advisor.facts.values import UNKNOWN, Answer, Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Stage, Verification
from advisor.guidance import tables
from advisor.guidance.script import order_of
from advisor.guidance.situations import occasion_of
from advisor.guidance.state import OVERHEARD_BY
from advisor.rules.conditions import Leaf, Operator, leaves
from advisor.rules.groups import Group, Judge, nodes_of
from advisor.rules.pack import IfUnsure, Opening, Pack, Purpose, Rule
from advisor.rules.reasoning import Demand

#: Facts that are the same in every call of one purpose.
_FIXED: Final = (
    "purpose.id",
    "purpose.kind",
    "purpose.legal_class",
    "purpose.evaluation_class",
    "purpose.sensitivity",
    "purpose.least_verification",
)

#: Any instant: nothing that depends on it is known here.
_SOMETIME: Final = datetime(2026, 1, 1, tzinfo=UTC)


_ANSWERED_BY: Final = "call.answered_by"


@dataclass(frozen=True, slots=True)
class State:
    """Who hears a rule's texts: what they have shown, and who they are.

    Attributes:
        answered_by: A machine or a third party; None for the customer.
    """

    verification: Verification
    answered_by: str | None = None


class Reach:
    """Answers whether a rule may speak, knowing the purpose and what the customer has shown.

    All other facts are taken to be able to be anything, so that *no* is a proof.
    """

    __slots__ = ("_catalogue", "_judges", "_places", "pack")

    def __init__(self, pack: Pack) -> None:
        """Prepare for a pack."""
        self.pack = pack
        self._catalogue = unread(pack.catalogue)
        self._places: dict[tuple[Stage | None, str], Verification] = {}
        self._judges: dict[tuple[object, ...], Judge] = {}

    def speaks(
        self,
        rule: Rule,
        purpose: Purpose,
        verification: Verification,
        answered_by: str | None = None,
        brand: Brand | None = None,
    ) -> bool:
        """Tell whether the rule may fire in some call of the purpose.

        Args:
            rule: The rule.
            purpose: Why we ring.
            verification: What the customer has shown.
            answered_by: Who listens, where that is known.
            brand: In whose name we ring; None for any.
        """
        key = (purpose.id, verification, answered_by, None if brand is None else brand.id)
        judge = self._judges.get(key)
        if judge is None:
            there = self._situation(purpose, verification, answered_by, brand)
            (judge,) = Judge.each(Facts(self._catalogue, there))
            self._judges[key] = judge
        return judge.every(nodes_of(rule)) is not Answer.NO

    def at_all(self, rule: Rule, purpose: Purpose) -> bool:
        """Tell whether the rule may fire in some call of the purpose."""
        return any(self.speaks(rule, purpose, verification) for verification in Verification)

    def states(self, rule: Rule, purpose: Purpose, brand: Brand | None = None) -> Iterator[State]:
        """Iterate over the states in which a rule means its texts to be heard.

        A machine or a third party counts where the rule answers the event that says so, or speaks
        to nobody else; whatever is meant for the customer is kept from them by the guards.
        """
        overheard = self._overheard(rule, purpose, brand) if may_be_overheard(rule) else set()
        for answered_by in sorted(overheard):
            yield State(Verification.NONE, answered_by)
        if overheard and not self._also_customer(rule):
            return
        for verification in Verification:
            if self.speaks(rule, purpose, verification, brand=brand):
                yield State(verification)

    def place(self, stage: Stage | None, purpose: Purpose) -> Verification:
        """Return the least that a customer has shown where an item stands, whatever the opening."""
        key = (stage, purpose.id)
        if key not in self._places:
            # Any opening may be chosen for any purpose: by its own word, by a rule, or by a guard.
            self._places[key] = _by_position(stage, purpose, self.pack.openings.values())
        return self._places[key]

    def _overheard(self, rule: Rule, purpose: Purpose, brand: Brand | None) -> set[str]:
        by_event = {OVERHEARD_BY[event] for event in rule.events & OVERHEARD_BY.keys()}
        by_condition = {
            who
            for who in self._catalogue[_ANSWERED_BY].choices
            if any(self.speaks(rule, purpose, shown, who, brand) for shown in Verification)
        }
        others = {tables.MACHINE, tables.THIRD_PARTY}
        return by_condition & (by_event if by_condition - others else others)

    def _also_customer(self, rule: Rule) -> bool:
        """Tell whether a rule that is overheard is also meant for the customer."""
        if rule.events:
            return not rule.events <= OVERHEARD_BY.keys()
        return rule.if_unsure is IfUnsure.APPLY

    def _situation(
        self,
        purpose: Purpose,
        verification: Verification,
        answered_by: str | None,
        brand: Brand | None,
    ) -> Situation:
        stated = fixed_facts(self.pack, purpose)
        stated["call.customer_verification"] = verification.word
        if answered_by is not None:
            stated[_ANSWERED_BY] = answered_by
        if brand is not None:
            stated["call.brand"] = brand.id
            stated["brand.sensitivity"] = "sensitive" if brand.sensitive else "none"
        return replace(call_of(purpose), stated=stated)


def _by_position(
    stage: Stage | None, purpose: Purpose, openings: Iterable[Opening]
) -> Verification:
    """Return the least that a customer has shown by a stage, in any opening.

    Behind the person check somebody has said who they are; behind verification they have shown
    what the purpose needs. A reaction has no place.
    """
    if stage is None:
        return Verification.NONE
    orders = [order_of(opening) for opening in openings]
    return min(
        (_behind(order[: order.index(stage)], purpose) for order in orders if stage in order),
        default=Verification.NONE,
    )


def _behind(before: Collection[Stage], purpose: Purpose) -> Verification:
    if Stage.CUSTOMER_VERIFICATION in before:
        return max(Verification.CLAIMED, purpose.least_verification)
    return Verification.CLAIMED if Stage.PERSON_CHECK in before else Verification.NONE


def may_be_overheard(rule: Rule) -> bool:
    """Tell whether a rule could be meant for a machine or a third party at all."""
    return not rule.events.isdisjoint(OVERHEARD_BY) or any(
        leaf.fact == _ANSWERED_BY
        for condition in (rule.when, *rule.unless)
        for leaf in leaves(condition)
    )


def fixed_facts(pack: Pack, purpose: Purpose) -> dict[str, Value]:
    """Return what is the same in every call of a purpose, by name of the fact."""
    known = Facts(pack.catalogue, call_of(purpose))
    return {
        **{name: known.value(name) for name in _FIXED},
        "call.counts_as": purpose.legal_class.value,
    }


def always(pack: Pack, purpose: Purpose) -> list[Demand]:
    """Demand what is so in every call of a purpose."""
    return [one_of(name, (value,)) for name, value in fixed_facts(pack, purpose).items()]


def one_of(fact: str, values: tuple[object, ...]) -> Demand:
    """Demand that a fact is certainly one of some values."""
    leaf = Leaf(fact, Operator.IN, values)
    return Demand(Group(fact, conjunction=True, literals=((leaf, True),)), Answer.YES)


def unread(catalogue: Catalogue) -> Catalogue:
    """Return facts of which nothing is known but what is stated."""
    return Catalogue.of(
        replace(fact, read=None, read_in_world=None, absent_means=UNKNOWN) for fact in catalogue
    )


def call_of(purpose: Purpose) -> Situation:
    """Return a call of a purpose of which nothing else is known."""
    return Situation(
        now=_SOMETIME,
        call=Call(id="", brand=""),
        occasion=occasion_of(purpose),
        brand=Brand(id="", name=""),
    )
