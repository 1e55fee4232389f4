"""Which rules could ever speak for a purpose: exact over purposes, open over everything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from advisor.facts.catalogue import Catalogue
from advisor.facts.situation import Brand, Call, Situation
from advisor.facts.values import UNKNOWN, Answer, Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Verification
from advisor.guidance.situations import occasion_of
from advisor.rules.groups import Judge, nodes_of
from advisor.rules.pack import Pack, Purpose, Rule

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


class Reach:
    """Answers whether a rule may speak, knowing the purpose and what the customer has shown.

    All other facts are taken to be able to be anything, so that *no* is a proof.
    """

    __slots__ = ("_catalogue", "pack")

    def __init__(self, pack: Pack) -> None:
        """Prepare for a pack."""
        self.pack = pack
        self._catalogue = Catalogue.of(
            replace(fact, read=None, read_in_world=None, absent_means=UNKNOWN)
            for fact in pack.catalogue
        )

    def speaks(self, rule: Rule, purpose: Purpose, verification: Verification) -> bool:
        """Tell whether the rule may fire in some call of the purpose at that verification."""
        facts = Facts(self._catalogue, _situation(self.pack, purpose, verification))
        (judge,) = Judge.each(facts)
        return judge.every(nodes_of(rule)) is not Answer.NO

    def at_all(self, rule: Rule, purpose: Purpose) -> bool:
        """Tell whether the rule may fire in some call of the purpose."""
        return any(self.speaks(rule, purpose, verification) for verification in Verification)

    def states(self, rule: Rule) -> Iterator[tuple[Purpose, Verification]]:
        """Iterate over the purposes and verifications for which the rule may speak."""
        for purpose in self.pack.purposes.values():
            for verification in Verification:
                if self.speaks(rule, purpose, verification):
                    yield purpose, verification


def fixed_facts(pack: Pack, purpose: Purpose) -> dict[str, Value]:
    """Return what is the same in every call of a purpose, by name of the fact."""
    known = Facts(pack.catalogue, _call_of(purpose))
    return {
        **{name: known.value(name) for name in _FIXED},
        "call.counts_as": purpose.legal_class.value,
    }


def _call_of(purpose: Purpose) -> Situation:
    return Situation(
        now=_SOMETIME,
        call=Call(id="", brand=""),
        occasion=occasion_of(purpose),
        brand=Brand(id="", name=""),
    )


def _situation(pack: Pack, purpose: Purpose, verification: Verification) -> Situation:
    stated = fixed_facts(pack, purpose)
    stated["call.customer_verification"] = verification.word
    return replace(_call_of(purpose), stated=stated)
