"""Which order a call begins in, and when the person comes first whatever was chosen."""

from __future__ import annotations

import pytest

from advisor.facts.situation import Brand
from advisor.facts.vocabulary import Sensitivity, Stage
from advisor.guidance.opening import opening_of
from advisor.rules.pack import Opening
from tests.guidance import packs
from tests.guidance.packs import rule

SENSITIVE = Brand(id="acme", name="Debt Ltd", sensitive=True)
BLURTING = Opening("blurting", (Stage.GREETING, Stage.HEADLINE, Stage.PERSON_CHECK))
HEADLESS = Opening("headless", (Stage.GREETING, Stage.PERSON_CHECK, Stage.BODY))


def chosen(
    *asked: str | None,
    sensitivity: Sensitivity = Sensitivity.OPEN,
    brand: Brand = packs.BRAND,
    own: str = "standard",
) -> str:
    """Name the opening that rules and a purpose lead to."""
    pack = packs.pack(
        openings=[packs.STANDARD, packs.PERSON_FIRST, packs.PROOF_FIRST, BLURTING, HEADLESS]
    )
    rules = [rule(f"r{n}", opening=opening) for n, opening in enumerate(asked)]
    return opening_of(pack, packs.purpose(opening=own, sensitivity=sensitivity), brand, rules).id


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), "standard"),
        ((None, "proof-first"), "proof-first"),
        (("proof-first", "person-first"), "proof-first"),
        (("no-such", "proof-first"), "proof-first"),
    ],
)
def test_the_strongest_rule_chooses(asked: tuple[str | None, ...], expected: str) -> None:
    """003-07: a rule may move the proof forward; otherwise the purpose's own opening serves."""
    assert chosen(*asked) == expected


@pytest.mark.parametrize("own", ["standard", "proof-first", "blurting"])
def test_a_sensitive_brand_is_not_named_first(own: str) -> None:
    """004-03: for a brand that gives the subject away, the person comes before the brand."""
    assert chosen(own=own, brand=SENSITIVE) == "person-first"


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("standard", "standard"),
        ("proof-first", "proof-first"),
        ("blurting", "person-first"),
        ("headless", "headless"),
        ("no-such", "person-first"),
    ],
)
def test_a_confidential_purpose_is_not_blurted_out(own: str, expected: str) -> None:
    """K5: a confidential matter is not spoken of before it is known who answered."""
    assert chosen(own=own, sensitivity=Sensitivity.CONFIDENTIAL) == expected


def test_a_pack_without_person_first_gets_one() -> None:
    """The order that protects does not depend on a pack having named it."""
    pack = packs.pack(openings=[packs.STANDARD])
    opening = opening_of(pack, packs.purpose(), SENSITIVE, [])
    stages = opening.stages
    assert opening.id == "person-first"
    assert stages.index(Stage.PERSON_CHECK) < stages.index(Stage.HEADLINE)
    assert stages.index(Stage.CUSTOMER_VERIFICATION) < stages.index(Stage.HEADLINE)


def test_company_and_name_come_with_the_request_for_the_person() -> None:
    """004-03: for a brand that gives nothing away, the greeting comes before the person check."""
    stages = packs.STANDARD.stages
    assert chosen() == "standard"
    assert stages.index(Stage.GREETING) < stages.index(Stage.PERSON_CHECK)
