"""From what a test of a pack states to the situation that a request would make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from advisor.engagement.card import TrustTier
from advisor.engagement.contacts import Disposition, EndedBy
from advisor.facts.situation import Situation
from advisor.facts.values import NEVER, UNKNOWN, Possible, Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import (
    Channel,
    CompanyProof,
    ConsentState,
    Disclosure,
    Relationship,
    Stage,
    Suppression,
    Verification,
)
from advisor.guidance.guide import Guide
from advisor.rules.pack import Case, Expectation
from advisor.rules.source import Mark
from advisor.workbench.scenes import scene

NOW = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)
EARLIER = datetime(2026, 1, 10, 15, 0, tzinfo=UTC)


def _scene(guide: Guide, given: Mapping[str, Value], purpose: str = "pin-migration") -> Situation:
    case = Case(
        name="a case",
        purpose=purpose,
        at=NOW,
        zone="Europe/London",
        given=given,
        expect=Expectation(),
        mark=Mark("small.yaml", 1, 1),
    )
    return scene(guide.pack, case)


def test_a_case_that_states_nothing_is_of_the_first_brand_where_it_was_written(
    guide: Guide,
) -> None:
    """The zone of the instant is the customer's; nothing else is known of them."""
    situation = _scene(guide, {})
    assert situation.brand.id == "acme"
    assert [world.place.zone.key for world in situation.worlds] == ["Europe/London"]
    assert (situation.history.contacts, situation.profile.card) == ((), None)


def test_what_guards_read_of_the_call_goes_into_the_call(guide: Guide) -> None:
    """Where the call stands reaches the guards as it would from a dialer."""
    call = _scene(
        guide,
        {
            "call.brand": "acme-go",
            "call.campaign": "winter",
            "call.attempt": 3,
            "call.stage": "body",
            "call.disclosure": "headline",
            "call.customer_verification": "claimed",
            "call.company_proof": "offered",
            "call.asks_refused": frozenset({"identity"}),
            "call.answered_by": "machine",
            "agent.name": "Sam",
        },
    ).call
    assert (call.brand, call.campaign, call.attempt) == ("acme-go", "winter", 3)
    assert (call.stage, call.disclosure) == (Stage.BODY, Disclosure.HEADLINE)
    assert (call.verification, call.company_proof) == (Verification.CLAIMED, CompanyProof.OFFERED)
    assert (call.asks_refused, call.answered_by) == (frozenset({"identity"}), "machine")
    assert call.agent.name == "Sam"


@pytest.mark.parametrize(
    ("given", "zones", "regions"),
    [
        (
            {
                "call.regions": frozenset({"US-NY", "US-FL"}),
                "call.time_zones": frozenset({"America/New_York"}),
            },
            ["America/New_York", "America/New_York"],
            ["US-FL", "US-NY"],
        ),
        (
            {"call.region": "US-FL", "call.time_zones": frozenset({"America/New_York"})},
            ["America/New_York"],
            ["US-FL"],
        ),
        (
            {"call.region": Possible(("GB", "FR"))},
            ["Europe/London", "Europe/Paris"],
            ["GB", "FR"],
        ),
        ({"call.number": "+442079460000"}, ["Europe/London"], ["GB"]),
    ],
)
def test_where_the_customer_may_be_becomes_worlds(
    guide: Guide, given: Mapping[str, Value], zones: list[str], regions: list[str]
) -> None:
    """Regions, zones and numbers that are stated make the candidate worlds."""
    situation = _scene(guide, given)
    assert [world.place.zone.key for world in situation.worlds] == zones
    assert [world.place.region for world in situation.worlds] == regions
    facts = Facts(guide.pack.catalogue, situation)
    assert [facts.value_in("call.region", world) for world in situation.worlds] == regions


def test_what_is_stated_of_the_customer_goes_into_the_profile(guide: Guide) -> None:
    """Suppressions, consents, registers and the card reach the guards, not only the rules."""
    profile = _scene(
        guide,
        {
            "customer.preferred_name": "Ms Kirkby",
            "customer.preferred_channel": "sms",
            "customer.relationship": "customer",
            "customer.consent.marketing_call": "given",
            "customer.suppressions": frozenset({"internal"}),
            "customer.moratorium": True,
            "customer.moratorium_ends": NOW,
            "customer.represented": True,
            "number.registers": frozenset({"tps"}),
            "card.tier": "warm",
            "complaints.open": 1,
        },
    ).profile
    assert profile.preferred_name == "Ms Kirkby"
    assert (profile.preferred_channel, profile.relationship) == (
        Channel.SMS,
        Relationship.CUSTOMER,
    )
    assert [consent.state for consent in profile.consents or ()] == [ConsentState.GIVEN]
    assert [(each.source, each.ends_at) for each in profile.suppressions] == [
        (Suppression.INTERNAL, None),
        (Suppression.MORATORIUM, NOW),
        (Suppression.REPRESENTED, None),
    ]
    assert profile.registers == frozenset({"tps"})
    assert profile.card is not None
    assert profile.card.tier is TrustTier.WARM
    assert profile.complaints_open == 1


def test_a_balance_alone_makes_a_card_of_unknown_tier(guide: Guide) -> None:
    """Points without a tier are a card all the same."""
    card = _scene(guide, {"card.balance": 2.5}).profile.card
    assert card is not None
    assert (card.tier, card.balance) == (TrustTier.UNKNOWN, 2.5)


def test_what_is_unsure_is_left_to_its_name(guide: Guide) -> None:
    """A value that is unknown or several things reaches the rules, and no field pretends."""
    possible = Possible(("low", "full"))
    situation = _scene(guide, {"card.tier": possible, "complaints.open": UNKNOWN})
    facts = Facts(guide.pack.catalogue, situation)
    assert facts.value("card.tier") == possible
    assert facts.value("complaints.open") is UNKNOWN
    assert situation.profile.card is None


def test_instants_of_the_history_become_contacts_of_the_matter(guide: Guide) -> None:
    """Limits count what a test states: the last attempt, conversation, refusal and invitation."""
    situation = _scene(
        guide,
        {
            "purpose.debt_id": "d1",
            "history.last_conversation.at": EARLIER,
            "history.last_conversation.disposition": "promise_to_pay",
            "history.last_conversation.ended_by": "agent",
            "history.last_refusal.at": EARLIER.replace(day=9),
            "history.last_attempt.at": EARLIER.replace(day=11),
            "history.last_inbound.at": EARLIER.replace(day=8),
            "history.last_invitation.at": EARLIER.replace(day=7),
        },
        "the-debt",
    )
    contacts = situation.history.contacts or ()
    assert [contact.at.day for contact in contacts] == [11, 10, 9, 8, 7]
    attempt, conversation, refusal, inbound, invitation = contacts
    assert attempt.disposition is Disposition.NO_ANSWER
    assert (conversation.conversation, conversation.disposition, conversation.ended_by) == (
        True,
        Disposition.PROMISE_TO_PAY,
        EndedBy.AGENT,
    )
    assert (refusal.refusal, inbound.inbound, invitation.invitation) == (True, True, True)
    assert {(each.debt_id, each.legal_class) for each in contacts} == {("d1", "collection")}


def test_what_is_written_or_still_to_come_is_no_call(guide: Guide) -> None:
    """A letter is a contact and no attempt, a campaign ahead is none yet (004-42)."""
    situation = _scene(
        guide,
        {
            "history.last_bad.at": EARLIER,
            "history.last_message.at": EARLIER.replace(day=9),
            "history.campaign_due_at": EARLIER.replace(day=28),
        },
    )
    bad, letter = situation.history.contacts or ()
    assert (bad.ended_badly, bad.attempt) == (True, True)
    assert (letter.ended_badly, letter.attempt, letter.disposition) == (False, False, None)


def test_a_history_that_is_known_to_be_empty_is_empty(guide: Guide) -> None:
    """Never is knowledge: nothing happened."""
    assert _scene(guide, {"history.last_refusal.at": NEVER}).history.contacts == ()
    assert _scene(guide, {"history.last_refusal.at": UNKNOWN}).history.contacts is None


def test_facts_of_the_occasion_reach_the_purpose(guide: Guide) -> None:
    """What a test states of the occasion is the deadline too."""
    starts_on = NOW.date()
    occasion = _scene(guide, {"purpose.starts_on": starts_on, "purpose.subject": "s1"}).occasion
    assert (occasion.deadline, occasion.subject) == (starts_on, "s1")
    assert replace(occasion, deadline=UNKNOWN) != occasion
