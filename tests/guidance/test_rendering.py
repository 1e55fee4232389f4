"""Texts are filled with what may be told to whoever listens, or not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from advisor.engagement.places import Place
from advisor.facts.situation import Brand, Profile
from advisor.facts.values import NEVER, Possible, Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Disclosure, Sensitivity, Verification
from advisor.guidance.decision import UsedFact, Withheld
from advisor.guidance.rendering import Renderer, Words, listener
from advisor.rules.pack import Purpose
from advisor.rules.texts import split
from tests.guidance import packs

NONE, CLAIMED, VERIFIED, STRONG = Verification


def renderer(
    purpose: Purpose | None = None,
    brand: Brand = packs.BRAND,
    **more: Any,  # noqa: ANN401
) -> Renderer:
    """Make a renderer for a purpose and a situation."""
    purpose = purpose or packs.purpose()
    pack = packs.pack(purposes=[purpose], brand=brand)
    situation = packs.situation(pack, purpose.id, **more)
    return Renderer(Facts(pack.catalogue, situation), purpose, "en-GB")


@pytest.mark.parametrize(
    ("sensitivity", "verification", "headline", "say"),
    [
        (Sensitivity.OPEN, NONE, "headline words", "statement words"),
        (Sensitivity.OPEN, CLAIMED, "headline words", "account words"),
        (Sensitivity.OPEN, VERIFIED, "headline words", "account words"),
        (Sensitivity.OPEN, STRONG, "headline words", "sensitive words"),
        (Sensitivity.PERSONAL, NONE, "headline words", "headline words"),
        (Sensitivity.PERSONAL, CLAIMED, "headline words", "statement words"),
        (Sensitivity.PERSONAL, VERIFIED, "headline words", "sensitive words"),
        (Sensitivity.PERSONAL, STRONG, "headline words", "sensitive words"),
        (Sensitivity.CONFIDENTIAL, NONE, "bound words", "bound words"),
        (Sensitivity.CONFIDENTIAL, CLAIMED, "bound words", "bound words"),
        (Sensitivity.CONFIDENTIAL, VERIFIED, "headline words", "sensitive words"),
        (Sensitivity.CONFIDENTIAL, STRONG, "headline words", "sensitive words"),
    ],
)
def test_the_ladder(
    sensitivity: Sensitivity, verification: Verification, headline: str, say: str
) -> None:
    """004-06: the highest rung that may be said is said, to whom it may be said."""
    purpose = packs.purpose(sensitivity=sensitivity)
    to = listener(purpose, verification)
    made = renderer(purpose)
    spoken = [made.spoken(split(text), to) for text in ("{purpose.headline}", "{purpose.say}")]
    assert [words.text for words in spoken if isinstance(words, Words)] == [headline, say]


def test_the_topic_of_a_confidential_purpose_waits() -> None:
    """A topic is D1, so that of a confidential purpose is not said to just anybody."""
    purpose = packs.purpose(sensitivity=Sensitivity.CONFIDENTIAL)
    topic = split("About {purpose.topic}.")
    made = renderer(purpose)
    assert made.spoken(topic, listener(purpose, CLAIMED)) is Withheld.DISCLOSURE
    words = made.spoken(topic, listener(purpose, VERIFIED))
    assert isinstance(words, Words)
    assert words.text == "About topic words."


def test_a_rung_whose_facts_are_unknown_is_passed_over() -> None:
    """A ladder falls back to the next rung down when a fact is missing."""
    purpose = packs.purpose(
        account=split("PIN used: {bank.pin_used}"), occasion={"purpose.starts_on": packs.STARTS_ON}
    )
    to = listener(purpose, CLAIMED)
    say = split("{purpose.say}")
    words = renderer(purpose).spoken(say, to)
    known = renderer(purpose, profile=Profile(attributes={"bank.pin_used": False})).spoken(say, to)
    assert isinstance(words, Words)
    assert isinstance(known, Words)
    assert (words.text, words.rung) == ("statement words", Disclosure.STATEMENT)
    assert (known.text, known.rung) == ("PIN used: no", Disclosure.ACCOUNT)


def test_a_rung_whose_facts_need_more_is_passed_over() -> None:
    """A rung that the table allows is still not said when a fact in it needs more."""
    purpose = packs.purpose(statement=split("You owe {bank.arrears}."))
    made = renderer(purpose, profile=Profile(attributes={"bank.arrears": "ten pounds"}))
    words = made.spoken(split("{purpose.say}"), listener(purpose, NONE))
    assert isinstance(words, Words)
    assert words.text == "headline words"


def test_rungs_do_not_nest() -> None:
    """A rung that names another rung says nothing: the ladder is never climbed from within."""
    purpose = packs.purpose(headline=split("{purpose.say}"), bound=None)
    words = renderer(purpose).spoken(split("{purpose.headline}"), listener(purpose, NONE))
    assert words is Withheld.FACT_UNKNOWN


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(Disclosure.HEADLINE, Disclosure.HEADLINE), (None, Disclosure.NAME)],
)
@pytest.mark.parametrize("answered_by", ["machine", "third_party"])
def test_others_hear_what_the_purpose_lets_them(
    answered_by: str, policy: Disclosure | None, expected: Disclosure
) -> None:
    """A purpose may lower what others hear, and one that says nothing lets them hear a name."""
    purpose = packs.purpose(voicemail=policy, third_party=policy)
    to = listener(purpose, STRONG, answered_by)
    assert (to.ceiling, to.verification) == (expected, NONE)


@pytest.mark.parametrize("answered_by", ["machine", "third_party"])
def test_who_may_hear_the_topic_hears_no_headline(answered_by: str) -> None:
    """`third_party: topic` is the few words for the matter, and not the sentence about it."""
    policy = Disclosure.TOPIC
    purpose = packs.purpose(bound=None, voicemail=policy, third_party=policy)
    to = listener(purpose, STRONG, answered_by)
    said = {
        name: renderer(purpose).spoken(split(f"{{purpose.{name}}}"), to)
        for name in ("topic", "say", "headline")
    }
    topic = said["topic"]
    assert isinstance(topic, Words)
    assert (topic.text, topic.rung) == ("topic words", Disclosure.TOPIC)
    assert said["say"] == topic
    assert said["headline"] is Withheld.DISCLOSURE
    claimed = renderer(purpose).spoken(split("A change."), to, claims=Disclosure.HEADLINE)
    assert claimed is Withheld.DISCLOSURE


def test_others_never_hear_more_than_the_table_says() -> None:
    """A purpose cannot raise what a machine hears."""
    purpose = packs.purpose(sensitivity=Sensitivity.CONFIDENTIAL, voicemail=Disclosure.HEADLINE)
    assert listener(purpose, STRONG, "machine").ceiling is Disclosure.BOUND


@pytest.mark.parametrize(
    ("text", "verification", "expected"),
    [
        ("PIN used: {bank.pin_used}", NONE, Withheld.DISCLOSURE),
        ("PIN used: {bank.pin_used}", CLAIMED, "PIN used: no"),
        ("Owed: {bank.arrears}", VERIFIED, Withheld.DISCLOSURE),
        ("Score: {bank.score}", STRONG, Withheld.DISCLOSURE),
        ("Care: {customer.care_needs}", STRONG, Withheld.DISCLOSURE),
        ("From {agent.name}", NONE, "From Sam"),
        ("Call {brand.number}, {proof.reference}", NONE, Withheld.FACT_UNKNOWN),
        ("{proof.reference} {bank.score}", NONE, Withheld.DISCLOSURE),
        ("{bank.score} {proof.reference}", NONE, Withheld.DISCLOSURE),
    ],
)
def test_facts_are_told_to_whom_they_may_be(
    text: str, verification: Verification, expected: str | Withheld
) -> None:
    """Both the purpose's table and the fact's own `tell` must allow it."""
    purpose = packs.purpose()
    attributes: dict[str, Value] = {
        "bank.pin_used": False,
        "bank.arrears": "ten pounds",
        "bank.score": 7,
    }
    made = renderer(purpose, profile=Profile(attributes=attributes))
    words = made.spoken(split(text), listener(purpose, verification))
    assert (words.text if isinstance(words, Words) else words) == expected


def test_what_an_author_declares_counts() -> None:
    """Plain words give away what their author says, and what they are said to establish."""
    purpose = packs.purpose(sensitivity=Sensitivity.CONFIDENTIAL)
    to = listener(purpose, CLAIMED)
    made = renderer(purpose)
    plain = split("It is about your loan.")
    assert made.spoken(plain, to, Disclosure.SENSITIVE) is Withheld.DISCLOSURE
    assert made.spoken(plain, to, claims=Disclosure.HEADLINE) is Withheld.DISCLOSURE
    bound = made.spoken(split("{purpose.headline}"), to, claims=Disclosure.HEADLINE)
    assert isinstance(bound, Words)
    assert bound.rung is Disclosure.BOUND


def test_a_sensitive_brand_is_named_to_the_person_only() -> None:
    """004-03: the name of a brand that gives the subject away waits for the person."""
    purpose = packs.purpose()
    made = renderer(purpose, Brand(id="acme", name="Debt Ltd", sensitive=True))
    text = split("This is {brand.name}.")
    assert made.spoken(text, listener(purpose, NONE)) is Withheld.DISCLOSURE
    words = made.spoken(text, listener(purpose, CLAIMED))
    assert isinstance(words, Words)
    assert words.text == "This is Debt Ltd."


def test_the_agent_reads_what_no_customer_hears() -> None:
    """What is for nobody is shown to the agent; what is for nobody at all is not even that."""
    purpose = packs.purpose()
    made = renderer(purpose, profile=Profile(name_hint="KUR-bee", attributes={"bank.score": 7}))
    to = listener(purpose, NONE)
    words = made.read(split("Say {customer.name_hint}."), to)
    assert isinstance(words, Words)
    assert words.text == "Say KUR-bee."
    assert made.read(split("Score {bank.score}."), to) is Withheld.DISCLOSURE
    assert made.read(split("Owes {bank.arrears}."), to) is Withheld.FACT_UNKNOWN
    assert made.missing == {"bank.arrears"}


def test_a_value_is_plain_text() -> None:
    """A customer whose name looks like a placeholder, or hides control characters, stays a name."""
    purpose = packs.purpose()
    name = "{bank.arrears}\u202e\x07\n" + "x" * 500
    made = renderer(purpose, profile=Profile(preferred_name=name))
    words = made.spoken(
        split("Am I speaking with {customer.preferred_name}?"), listener(purpose, NONE)
    )
    assert isinstance(words, Words)
    assert words.text.startswith("Am I speaking with {bank.arrears} xxx")
    assert len(words.text) < 240
    assert words.text.isprintable()


def test_several_possible_values_are_not_said() -> None:
    """A fact in a text is an implicit `known`; two candidates are not one."""
    purpose = packs.purpose()
    made = renderer(purpose, stated={"bank.pin_used": Possible((True, False))})
    words = made.spoken(split("{bank.pin_used}"), listener(purpose, CLAIMED))
    assert words is Withheld.FACT_UNKNOWN
    assert made.used("bank.pin_used") == UsedFact(
        name="bank.pin_used", shown="yes or no", unsure=True
    )


def test_never_is_read_and_not_said() -> None:
    """What has never happened is known to the agent, and is nothing to say to a customer."""
    made = renderer(stated={"history.last_attempt.at": NEVER})
    to = listener(packs.purpose(), STRONG)
    text = split("We rang at {history.last_attempt.at}.")
    assert made.spoken(text, to) is Withheld.FACT_UNKNOWN
    assert isinstance(made.read(text, to), Words)
    assert made.missing == set()


def test_what_nobody_may_see_is_named_without_its_value() -> None:
    """An explanation names a fact that rules may decide by, and keeps its value back."""
    made = renderer(profile=Profile(attributes={"bank.score": 7}))
    assert made.used("bank.score") == UsedFact(name="bank.score", shown=None)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([Place(ZoneInfo("America/New_York"), "US-NY")], "tomorrow at one o"),
        ([Place(ZoneInfo("Europe/Paris"), "FR"), packs.LONDON], "UTC"),
        ([], "UTC"),
    ],
)
def test_times_are_on_the_listeners_clock(places: list[Place], expected: str) -> None:
    """An instant is said in the customer's zone; where that is in doubt, the zone is named."""
    purpose = packs.purpose()
    slot = datetime(2026, 1, 13, 18, 0, tzinfo=UTC)
    pack = packs.pack()
    situation = packs.situation(pack, places=places, stated={"slot.1": slot})
    made = Renderer(Facts(pack.catalogue, situation), purpose, "en-US")
    words = made.spoken(split("At {slot.1}"), listener(purpose, NONE))
    assert isinstance(words, Words)
    assert expected in words.text.replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_dates_of_an_occasion_are_said() -> None:
    """004-18: from when, in the locale's words."""
    purpose = packs.purpose(statement=split("From {purpose.starts_on} you need it."))
    made = renderer(purpose, occasion={"starts_on": date(2026, 2, 1)})
    words = made.spoken(split("{purpose.say}"), listener(purpose, NONE))
    assert isinstance(words, Words)
    assert words.text == "From 1 February you need it."
    assert words.facts == ("purpose.starts_on",)
