"""Answers to events of a call that stands already as it does after them."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.facts.events import AWAIT_WORDS, EVENTS
from advisor.facts.vocabulary import (
    Ask,
    CompanyProof,
    Disclosure,
    Establishes,
    ItemKind,
    Stage,
    Verification,
)
from advisor.guidance.advise import advise, reply
from advisor.guidance.decision import Withheld
from advisor.guidance.fallback import fallback
from advisor.rules.pack import Item, Pack, Section
from tests.guidance import packs
from tests.guidance.packs import item, rule

_CALL: dict[str, Any] = {"dialled": True, "stage": Stage.BODY}


def _reacting(event: str, *items: Item) -> Pack:
    return packs.pack(rule("on", *items, section=Section.REACTIONS, events=frozenset({event})))


def test_what_was_said_is_said_again_only_where_nothing_else_is_left() -> None:
    """Whoever asks twice is told twice, and where there are other words they come first."""
    words = item("told", "It is about your PIN.", stage=None)
    more = item("more", "You need do nothing now.", stage=None)
    said = {**_CALL, "said": frozenset({"on/told"})}
    both = _reacting("customer_asked_purpose", words, more)
    one = _reacting("customer_asked_purpose", words)
    first = reply(packs.guide(both), packs.situation(both, call=said), "customer_asked_purpose")
    assert [each.id for each in first.items] == ["on/more"]
    assert [(each.id, each.why) for each in first.suppressed] == [("on/told", Withheld.SAID)]
    again = reply(packs.guide(one), packs.situation(one, call=said), "customer_asked_purpose")
    assert [each.id for each in again.items] == ["on/told"]


def test_an_ask_is_never_said_again() -> None:
    """What was asked is not asked again, though nothing else is left; words of ours stand in."""
    ask = item("ask", "How was it?", kind=ItemKind.ASK, ask=Ask.FEEDBACK, stage=None)
    pack = _reacting("compliment_given", ask)
    said = {**_CALL, "said": frozenset({"on/ask"})}
    advice = reply(packs.guide(pack), packs.situation(pack, call=said), "compliment_given")
    assert [each.id for each in advice.items] == ["guard/fallback"]
    assert advice.uncovered


@pytest.mark.parametrize("event", EVENTS)
def test_a_pack_without_words_leaves_no_silence(event: str) -> None:
    """004-11: whatever the customer does, there are words, and the authors hear of it."""
    pack = packs.pack()
    advice = reply(packs.guide(pack), packs.situation(pack, call=_CALL), event)
    assert advice.uncovered is (event in AWAIT_WORDS)
    assert bool(advice.items) is advice.uncovered


@pytest.mark.parametrize(
    ("locale", "words"), [("de-CH", "Danke"), ("fr_FR", "Merci"), ("xx", "Thank")]
)
def test_the_words_are_in_the_language_of_the_call(locale: str, words: str) -> None:
    """A language that we have no words in hears English."""
    assert fallback(locale, Stage.BODY).text.startswith(words)


@pytest.mark.parametrize(
    ("establishes", "state"),
    [
        (Establishes.PERSON, {"verification": Verification.CLAIMED}),
        (Establishes.COMPANY_PROOF, {"company_proof": CompanyProof.OFFERED}),
        (Establishes.HEADLINE, {"disclosure": Disclosure.HEADLINE}),
        (Establishes.STATEMENT, {"disclosure": Disclosure.STATEMENT}),
    ],
)
def test_what_other_words_achieved_leaves_the_script(
    establishes: Establishes, state: dict[str, object]
) -> None:
    """An item that is there to achieve something is not shown once that is achieved."""
    pack = packs.pack(rule("say", item("it", establishes=establishes, stage=Stage.BODY)))
    before = packs.situation(pack, call=_CALL)
    assert [each.id for each in advise(packs.guide(pack), before).items] == ["say/it"]
    after = packs.situation(pack, call={**_CALL, **state})
    assert [each.why for each in advise(packs.guide(pack), after).suppressed] == [Withheld.SAID]


def test_nothing_of_ours_is_said_to_a_machine() -> None:
    """Words that stand in are for people: what is left on a machine, the pack says."""
    pack = packs.pack()
    situation = packs.situation(pack, call=_CALL)
    advice = reply(packs.guide(pack), situation, "machine_detected")
    assert (advice.items, advice.uncovered) == ((), False)
