"""The state of one call only grows, and begins again where somebody else comes to the line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.facts.situation import Call
from advisor.facts.vocabulary import Ask, CompanyProof, Disclosure, Stage, Verification
from advisor.guidance.course import Happening, course_of
from advisor.guidance.state import CallState, state_of

STATES = st.builds(
    CallState,
    leg=st.integers(0, 2),
    stage=st.sampled_from(Stage),
    disclosure=st.sampled_from(Disclosure),
    verification=st.sampled_from(Verification),
    company_proof=st.sampled_from(CompanyProof),
    answered_by=st.sampled_from([None, "person", "machine", "third_party"]),
    asks_made=st.integers(0, 4),
    asks_refused=st.frozensets(st.sampled_from([ask.value for ask in Ask]), max_size=3),
    said=st.frozensets(st.sampled_from(["a/b", "c/d"])),
)
_AT = datetime(2026, 1, 12, 15, tzinfo=UTC)


def _after(call: Call, *events: str) -> Call:
    told = [
        Happening(id=event, kind=event, at=_AT + timedelta(seconds=second))
        for second, event in enumerate(events)
    ]
    return course_of({}, call, told).call


@given(STATES, STATES, STATES)
def test_a_join_is_a_join(a: CallState, b: CallState, c: CallState) -> None:
    """Joining states commutes, associates and changes nothing when repeated."""
    assert a.joined(b) == b.joined(a)
    assert a.joined(b).joined(c) == a.joined(b.joined(c))
    assert a.joined(a) == a


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("call_placed", {"stage": Stage.RINGING}),
        ("connected", {}),
        ("machine_detected", {"answered_by": "machine"}),
        ("brand_stated", {"stage": Stage.GREETING}),
        (
            "person_confirmed",
            {"stage": Stage.PERSON_CHECK, "verification": Verification.CLAIMED},
        ),
        ("headline_stated", {"stage": Stage.HEADLINE, "disclosure": Disclosure.HEADLINE}),
        ("purpose_stated", {"stage": Stage.HEADLINE, "disclosure": Disclosure.STATEMENT}),
        ("company_proof_offered", {"company_proof": CompanyProof.OFFERED}),
        ("company_proof_accepted", {"company_proof": CompanyProof.ACCEPTED}),
        ("company_proof_failed", {"company_proof": CompanyProof.FAILED}),
        ("agent_asked_identity", {"asks_made": 1}),
        (
            "identity_given",
            {"stage": Stage.CUSTOMER_VERIFICATION, "verification": Verification.VERIFIED},
        ),
        ("identity_refused", {"asks_refused": frozenset({"identity"})}),
        ("data_refused", {"asks_refused": frozenset({"data"})}),
        ("third_party_answered", {"answered_by": "third_party"}),
        ("wrong_number", {"answered_by": "third_party"}),
        ("person_changed", {}),
        ("transferred", {}),
        ("customer_busy", {}),
        ("customer_hung_up", {"stage": Stage.WRAP_UP}),
    ],
)
def test_what_an_event_adds(event: str, expected: dict[str, Any]) -> None:
    """Each event that matters to the guards adds exactly what it tells."""
    before = Call(id="c", brand="b")
    heard = {"dialled": True, "stage": Stage.ANSWERED}
    assert _after(before, event) == replace(before, **{**heard, **expected})


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("company_proof_offered", "company_proof_failed", CompanyProof.FAILED),
        ("company_proof_failed", "company_proof_accepted", CompanyProof.ACCEPTED),
        ("company_proof_offered", "company_proof_accepted", CompanyProof.ACCEPTED),
    ],
)
def test_a_failed_proof_outweighs_an_offer(first: str, second: str, expected: CompanyProof) -> None:
    """004-09: what a customer could not confirm does not count as offered any more."""
    assert _after(Call(id="c", brand="b"), first, second).company_proof is expected


def test_a_new_leg_begins_again_but_forgets_no_refusal() -> None:
    """Somebody else on the line has heard, shown and seen nothing; refusals and asks stay."""
    before = Call(
        id="c",
        brand="b",
        disclosure=Disclosure.ACCOUNT,
        verification=Verification.STRONG,
        company_proof=CompanyProof.ACCEPTED,
        asks_made=2,
        asks_refused=frozenset({"identity"}),
        said=frozenset({"a/b"}),
    )
    assert _after(before, "transferred") == Call(
        id="c",
        brand="b",
        dialled=True,
        stage=Stage.ANSWERED,
        asks_made=2,
        asks_refused=frozenset({"identity"}),
        said=frozenset({"a/b"}),
    )


def test_a_call_moves_on_with_its_events() -> None:
    """A call carries its state; any event but the agent's assignment shows that it was dialled."""
    call = Call(id="c", brand="acme", said=frozenset({"a/b"}))
    assert not _after(call, "agent_assigned").dialled
    moved = _after(call, "person_confirmed")
    assert moved.dialled
    assert moved.said == {"a/b"}
    assert _after(moved, "agent_assigned") == moved


def test_an_unknown_answerer_is_a_stranger() -> None:
    """Who answered in a word that nobody knows hears no more than a third party."""
    assert state_of(Call(id="c", brand="b", answered_by="parrot")).answered_by == "third_party"
