"""Card numbers are taken out of free text; other numbers stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.server.redaction import redact, redacted
from advisor.v1.advisor_service_pb2 import AdviseRequest
from advisor.v1.vocabulary_customer_pb2 import CONSENT_TYPE_MARKETING_CALL
from tests.server.running import pin_call


@pytest.mark.parametrize(
    "number",
    ["4111111111111111", "4111 1111 1111 1111", "3782-822463-10005", "4222222222222"],
)
def test_card_is_taken_out(number: str) -> None:
    """However its digits are grouped, a card's number is not kept."""
    assert redacted(f"my card {number}, please") == "my card [card number removed], please"


@pytest.mark.parametrize(
    "text", ["ring +44 1632 960000", "account 4111111111111112", "41111111111111110000", "", "42"]
)
def test_other_numbers_stay(text: str) -> None:
    """A telephone number, a wrong check digit or a longer row of digits is left as it is."""
    assert redacted(text) == text


@given(st.integers(min_value=10**11, max_value=10**18 - 1))
def test_every_card_is_found(stem: int) -> None:
    """Whatever the digits, with the right check digit they are taken out."""
    number = next(f"{stem}{digit}" for digit in range(10) if _luhn(f"{stem}{digit}"))

    assert number not in redacted(f"it is {number}.")


_CARD = "4111 1111 1111 1111"


def _told() -> AdviseRequest:
    """Make a request with a card's number in every kind of free text, and in an id."""
    request = pin_call(customer_id="4111111111111111")
    request.purpose.relevance = f"asked about {_CARD}"
    request.purpose.occasion["about_what"].text = _CARD
    profile = request.customer.profile
    profile.goal = _CARD
    profile.reported_defects.words.extend(["app", _CARD])
    profile.consents.consents.add(type=CONSENT_TYPE_MARKETING_CALL, source=_CARD)
    request.customer.history.promises.add(topic=_CARD, owner=_CARD, number=_CARD)
    return request


def test_a_request_is_kept_without_cards() -> None:
    """No free text of a request keeps a card's number, and no id loses its digits."""
    request = _told()
    redact(request)
    hidden = "[card number removed]"
    assert request.purpose.relevance == f"asked about {hidden}"
    assert request.purpose.occasion["about_what"].text == hidden
    profile = request.customer.profile
    assert (profile.goal, profile.consents.consents[0].source) == (hidden, hidden)
    assert list(profile.reported_defects.words) == ["app", hidden]
    (promise,) = request.customer.history.promises
    assert (promise.topic, promise.owner, promise.number) == (hidden, hidden, _CARD)
    assert request.customer.customer_id == "4111111111111111"


def test_a_request_without_cards_is_left_as_it_is() -> None:
    """What has no such digits is the same afterwards."""
    request = pin_call(customer_id="k-1")
    before = request.SerializeToString(deterministic=True)
    redact(request)
    assert request.SerializeToString(deterministic=True) == before


def _luhn(number: str) -> bool:
    """Check the last digit, as the standard words it."""
    total = 0
    for place, digit in enumerate(reversed([int(each) for each in number if each.isdigit()])):
        value = digit * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
