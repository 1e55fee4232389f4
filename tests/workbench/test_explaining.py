"""Why the rules of a pack speak, and why one does not."""

from __future__ import annotations

import pytest

from advisor.facts.situation import Situation
from advisor.guidance.guide import Guide
from advisor.workbench.explaining import UnknownRuleError, advised, explain, why_not
from advisor.workbench.scenes import scene


@pytest.fixture
def situation(guide: Guide) -> Situation:
    """She never used her PIN."""
    return scene(guide.pack, guide.pack.cases[0])


def test_every_rule_that_applies_before_the_call_is_explained(
    guide: Guide, situation: Situation
) -> None:
    """Strongest first, with the facts that made it apply, and no reaction among them."""
    found = {each.rule: each for each in explain(guide, situation)}
    assert list(found) == ["headline-first", "greet", "name-said", "pin-never-used", "timing"]
    assert [finding.fact for _, finding in found["pin-never-used"].findings()] == [
        "bank.pin_used",
        "purpose.kind",
    ]


def test_the_reactions_to_an_event_are_explained(guide: Guide, situation: Situation) -> None:
    """After an event only its reactions are explained; what is replaced does not apply."""
    explained = [each.rule for each in explain(guide, situation, "customer_busy")]
    assert explained == ["always", "busy", "later"]
    assert [item.id for item in advised(guide, situation, "customer_busy").items] == [
        "busy/sorry",
        "later/when",
        "always/way-out",
    ]


@pytest.mark.parametrize(
    ("name", "event", "last"),
    [
        ("never-said", None, None),
        ("pin-never-used", None, "pin-never-used/reminder is shown: Shall I have a reminder sent?"),
        ("busy", None, "it answers customer_busy, driving_cue, and nothing of the kind happened"),
        ("busy/sorry", "customer_busy", "busy/sorry is shown: Of course."),
    ],
)
def test_a_rule_says_why_it_does_not_speak(
    guide: Guide, situation: Situation, name: str, event: str | None, last: str | None
) -> None:
    """First what its conditions came to, then what became of its items."""
    lines = list(why_not(guide, situation, name, event))
    assert lines[0].startswith(name.partition("/")[0])
    if last is None:
        assert lines[0].startswith("never-said does not apply")
    else:
        assert lines[-1] == last


def test_a_withheld_item_says_what_withheld_it(guide: Guide, situation: Situation) -> None:
    """A rule that applies and shows nothing says why."""
    assert list(why_not(guide, situation, "name-said/name"))[-1].startswith(
        "name-said/name is withheld: "
    )


def test_a_rule_that_does_not_exist_has_a_nearest_neighbour(
    guide: Guide, situation: Situation
) -> None:
    """Whoever misspells a rule is told which one was meant."""
    with pytest.raises(UnknownRuleError, match="no rule gret") as caught:
        list(why_not(guide, situation, "gret"))
    assert caught.value.nearest == "greet"
