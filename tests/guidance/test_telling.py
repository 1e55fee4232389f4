"""What may be told of a call afterwards, to whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.facts.vocabulary import Sensitivity, Verification
from advisor.guidance.telling import about, for_customer
from tests.guidance import packs


@pytest.mark.parametrize(
    ("sensitivity", "shown", "expected"),
    [
        (Sensitivity.OPEN, Verification.NONE, "statement words"),
        (Sensitivity.PERSONAL, Verification.NONE, "headline words"),
        (Sensitivity.CONFIDENTIAL, Verification.NONE, "bound words"),
        (Sensitivity.CONFIDENTIAL, Verification.VERIFIED, "sensitive words"),
    ],
)
def test_an_asker_hears_as_much_as_they_have_shown(
    sensitivity: Sensitivity, shown: Verification, expected: str
) -> None:
    """001-20: whoever answers can say why we rang, and no more than this asker may hear."""
    pack = packs.pack(purposes=[packs.purpose("matter", sensitivity=sensitivity)])
    assert about(packs.guide(pack), packs.situation(pack, "matter"), shown) == expected


def test_the_customer_gets_a_plain_answer() -> None:
    """002-12: who rang, why, what for, and where to ring."""
    pack = packs.pack(purposes=[packs.purpose()])
    said = for_customer(packs.guide(pack), packs.situation(pack))
    assert said.startswith("Acme")
    assert "and this is why: statement words" in said
    assert "What it is for: " in said


def test_what_gives_the_subject_away_is_not_in_it() -> None:
    """A confidential call tells neither its benefit nor a brand that gives the subject away."""
    purpose = packs.purpose("matter", sensitivity=Sensitivity.CONFIDENTIAL, bound=None)
    pack = packs.pack(purposes=[purpose])
    situation = packs.situation(pack, "matter")
    hidden = replace(situation, brand=replace(situation.brand, sensitive=True, number=None))
    assert for_customer(packs.guide(pack), hidden) == "We rang you."
