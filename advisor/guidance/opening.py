"""Choosing the order in which a call begins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from advisor.facts.situation import Brand
from advisor.facts.vocabulary import Sensitivity, Stage
from advisor.rules.pack import Opening, Pack, Purpose, Rule

#: The name of the order for confidential purposes and for brands that give the subject away.
PERSON_FIRST: Final = "person-first"

#: Its stages, for a pack that does not name any.
_PERSON_FIRST_STAGES: Final = (
    Stage.GREETING,
    Stage.PERSON_CHECK,
    Stage.COMPANY_PROOF,
    Stage.CUSTOMER_VERIFICATION,
    Stage.HEADLINE,
    Stage.TIMING_CHECK,
    Stage.BODY,
    Stage.RECAP,
    Stage.CLOSE,
)


def opening_of(pack: Pack, purpose: Purpose, brand: Brand, rules: Iterable[Rule]) -> Opening:
    """Choose the opening: what the strongest matched rule asks for, else the purpose's own.

    Where that one would name a sensitive brand, or speak of a confidential matter, before it is
    known who answered, the person comes first whatever was chosen.

    Args:
        pack: Holds the named orders.
        purpose: Why we ring.
        brand: In whose name.
        rules: Matched rules in precedence.
    """
    asked = (rule.opening for rule in rules if rule.opening in pack.openings)
    chosen = pack.openings.get(next(asked, None) or purpose.opening)
    if chosen is not None and not _too_early(chosen, purpose, brand):
        return chosen
    return pack.openings.get(PERSON_FIRST, Opening(PERSON_FIRST, _PERSON_FIRST_STAGES))


def _too_early(opening: Opening, purpose: Purpose, brand: Brand) -> bool:
    if brand.sensitive and opening.id != PERSON_FIRST:
        return True
    stages = opening.stages
    if purpose.sensitivity is not Sensitivity.CONFIDENTIAL or Stage.HEADLINE not in stages:
        return False
    before = stages[: stages.index(Stage.HEADLINE)]
    return Stage.PERSON_CHECK not in before
