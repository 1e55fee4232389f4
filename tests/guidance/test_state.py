"""The state of one call only grows, and begins again where somebody else comes to the line."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.facts.events import EVENTS
from advisor.facts.situation import Call
from advisor.facts.vocabulary import Ask, CompanyProof, Disclosure, Stage, Verification
from advisor.guidance.state import CallState, after, call_after, state_of

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
WITHIN_A_LEG = [
    event
    for event in EVENTS
    if event not in {"third_party_answered", "wrong_number", "person_changed", "transferred"}
]


@given(STATES, STATES, STATES)
def test_a_join_is_a_join(a: CallState, b: CallState, c: CallState) -> None:
    """Joining states commutes, associates and changes nothing when repeated."""
    assert a.joined(b) == b.joined(a)
    assert a.joined(b).joined(c) == a.joined(b.joined(c))
    assert a.joined(a) == a


@given(STATES, st.lists(st.sampled_from(WITHIN_A_LEG), max_size=6), st.randoms())
def test_order_of_arrival_changes_nothing(
    state: CallState, events: list[str], random: Random
) -> None:
    """Within a leg the same events in another order give the same state."""
    shuffled = list(events)
    random.shuffle(shuffled)
    one, other = state, state
    for event in events:
        one = after(one, event)
    for event in shuffled:
        other = after(other, event)
    assert one == other


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("call_placed", CallState(stage=Stage.RINGING)),
        ("connected", CallState(stage=Stage.ANSWERED)),
        ("machine_detected", CallState(stage=Stage.ANSWERED, answered_by="machine")),
        ("brand_stated", CallState(stage=Stage.GREETING)),
        (
            "person_confirmed",
            CallState(stage=Stage.PERSON_CHECK, verification=Verification.CLAIMED),
        ),
        ("headline_stated", CallState(stage=Stage.HEADLINE, disclosure=Disclosure.HEADLINE)),
        ("purpose_stated", CallState(stage=Stage.HEADLINE, disclosure=Disclosure.STATEMENT)),
        ("company_proof_offered", CallState(company_proof=CompanyProof.OFFERED)),
        ("company_proof_accepted", CallState(company_proof=CompanyProof.ACCEPTED)),
        ("company_proof_failed", CallState(company_proof=CompanyProof.FAILED)),
        ("agent_asked_identity", CallState(asks_made=1)),
        (
            "identity_given",
            CallState(stage=Stage.CUSTOMER_VERIFICATION, verification=Verification.VERIFIED),
        ),
        ("identity_refused", CallState(asks_refused=frozenset({"identity"}))),
        ("data_refused", CallState(asks_refused=frozenset({"data"}))),
        ("third_party_answered", CallState(leg=1, answered_by="third_party")),
        ("wrong_number", CallState(leg=1, answered_by="third_party")),
        ("person_changed", CallState(leg=1)),
        ("transferred", CallState(leg=1)),
        ("customer_busy", CallState()),
    ],
)
def test_what_an_event_adds(event: str, expected: CallState) -> None:
    """Each event that matters to the guards adds exactly what it tells."""
    assert after(CallState(), event) == expected


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
    assert after(after(CallState(), first), second).company_proof is expected


def test_a_new_leg_begins_again_but_forgets_no_refusal() -> None:
    """Somebody else on the line has heard, shown and seen nothing; refusals and asks stay."""
    before = CallState(
        disclosure=Disclosure.ACCOUNT,
        verification=Verification.STRONG,
        company_proof=CompanyProof.ACCEPTED,
        asks_made=2,
        asks_refused=frozenset({"identity"}),
        said=frozenset({"a/b"}),
    )
    assert after(before, "transferred") == CallState(
        leg=1, asks_made=2, asks_refused=frozenset({"identity"}), said=frozenset({"a/b"})
    )


def test_a_call_moves_on_with_its_events() -> None:
    """A call carries its state; any event but the agent's assignment shows that it was dialled."""
    call = Call(id="c", brand="acme", said=frozenset({"a/b"}))
    assert not call_after(call, "agent_assigned").dialled
    moved = call_after(call, "person_confirmed")
    assert moved.dialled
    assert moved.verification is Verification.CLAIMED
    assert moved.said == {"a/b"}
    assert call_after(moved, "agent_assigned").dialled


def test_an_unknown_answerer_is_a_stranger() -> None:
    """Who answered in a word that nobody knows hears no more than a third party."""
    assert state_of(Call(id="c", brand="b", answered_by="parrot")).answered_by == "third_party"
