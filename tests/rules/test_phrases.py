"""Words that say nothing, and words that press, are known as such."""

from __future__ import annotations

import pytest

from advisor.rules.phrases import VAGUE, is_vague, pressure


@pytest.mark.parametrize(
    "text",
    [
        *VAGUE,
        "This is a customer information call.",
        "It's just a courtesy call, please.",
        "I'm calling about your account.",
        "Hello!",
        "",
    ],
)
def test_vague(text: str) -> None:
    """A label is no purpose (004-05)."""
    assert is_vague(text)


@pytest.mark.parametrize(
    "text",
    [
        "It's about a change to how your card works; nothing is wrong.",
        "the call you asked for",
        "a personal matter",
        "It is about your account: {purpose.amount}.",
    ],
)
def test_specific(text: str) -> None:
    """A text that names its matter passes (004-05)."""
    assert not is_vague(text)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Please ACT NOW: it is your last chance!", "act now"),
        ("Whatever you do, don\N{RIGHT SINGLE QUOTATION MARK}t hang up.", "don't hang up"),
        ("You have been selected", "you have been selected"),
        ("There is no hurry; you may decide whenever you like.", None),
        ("The factory is nowhere near.", None),
    ],
)
def test_pressure(text: str, phrase: str | None) -> None:
    """Urgency and flattery are found, in whatever case and punctuation (000-01, 004-15)."""
    assert pressure(text) == phrase
