"""No text asks for a secret; speaking of one stays possible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.facts.vocabulary import ItemKind
from advisor.guidance.secrecy import asks_for_secret


@pytest.mark.parametrize(
    "text",
    [
        "What is your PIN?",
        "Please tell me your PIN.",
        "Can you confirm your password?",
        "Could I have the security code on the back?",
        "I'll need your one-time code.",
        "Your PIN, please.",
        "And the password?",
        "Do you have your PIN? What is it?",
        "Don't worry, just tell me your PIN.",
        "Please read out the long number on the front of your card.",
        "May I take your full card number?",
        "Ask for the CVV.",
        "Please ask the customer for her password.",
        "Do you have your card? Please read me the three digits on the back.",
        "Could you give me the code we have just sent you?",
        "We need your P.I.N. to go on.",
        "Could you please provide the OTP?",
        "Please enter your PIN on the keypad now.",
        "Can you tell me, please, your PIN?",
        "What\N{RIGHT SINGLE QUOTATION MARK}s your pass\N{ZERO WIDTH SPACE}word?",
        "Have you got the text code? Tell me what it is.",
        "Please confirm your card number.",
        "What are the 16 digits?",
        "Let me know your passcode.",
    ],
)
def test_asking_for_a_secret_is_found(text: str) -> None:
    """004-23: whoever wrote the rule, a text that asks for a secret's value is recognised."""
    assert asks_for_secret(text, ItemKind.SAY)


@pytest.mark.parametrize(
    "text",
    [
        "Do you have your PIN? Don't tell me.",
        "Do you have your PIN? Please do not tell me it; I can send you a reminder.",
        "From 1 February every purchase will need your PIN.",
        "We will never ask for your PIN.",
        "Never tell anyone your PIN or password.",
        "Can you tell me whether you have your PIN?",
        "Could you confirm that you have received your PIN?",
        "I don't need any details from you, and never your PIN.",
        "You have not used your PIN yet, so I want to be sure that you have it.",
        "Shall I send you a new PIN?",
        "If anyone asks for your PIN, hang up.",
        "Ring the number on the back of your card.",
        "Could you confirm the last four digits of your card number?",
        "I can send a reminder of your PIN to the address we have.",
        "It's about a change to how your card works; nothing is wrong.",
        "I need your answer, not your PIN.",
        "Do not ask for a PIN or password.",
        "May I ask whether your new PIN has arrived?",
        "Would you like to know how to change your PIN?",
        "Do you have your PIN? It should have come by post. Tell me if it has not.",
        "You will not be refused at a till.",
    ],
)
def test_speaking_of_a_secret_is_allowed(text: str) -> None:
    """004-23: checking that she has her PIN, without asking what it is, stays possible."""
    assert not asks_for_secret(text, ItemKind.SAY)


def test_what_to_avoid_may_name_anything() -> None:
    """An item that warns the agent may quote what must not be asked."""
    assert not asks_for_secret("Please tell me your PIN.", ItemKind.AVOID)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Haben Sie Ihre PIN?", True),
        ("Quel est votre mot de passe ?", True),
        ("Passt es jetzt?", False),
    ],
)
def test_in_other_languages_an_ask_names_no_secret(text: str, *, expected: bool) -> None:
    """Where sentences are not understood, an ask that names a secret is refused."""
    assert asks_for_secret(text, ItemKind.ASK, "de-DE") is expected


def test_in_other_languages_speaking_of_a_secret_is_allowed() -> None:
    """Where sentences are not understood, only asks are refused for a word."""
    assert not asks_for_secret("Haben Sie Ihre PIN?", ItemKind.SAY, "de-DE")


@given(st.text(max_size=300), st.sampled_from(ItemKind))
def test_any_text_is_judged(text: str, kind: ItemKind) -> None:
    """Whatever characters a text holds, case and surrounding space change nothing."""
    assert asks_for_secret(f"  {text}  ", kind) is asks_for_secret(text, kind)


@given(st.sampled_from(["please ", "now, ", "thank you. ", "don't worry. "]))
def test_a_preface_excuses_nothing(preface: str) -> None:
    """What stands in an earlier sentence or clause does not negate a demand."""
    assert asks_for_secret(f"{preface}what is your pin?", ItemKind.SAY)
