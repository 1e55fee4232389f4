"""From what a caller sends and a pack says to one situation."""

from __future__ import annotations

from datetime import date

import pytest

from advisor.engagement.places import UnknownZoneError
from advisor.facts.situation import Call, History, Profile, Seen
from advisor.facts.values import UNKNOWN
from advisor.facts.vocabulary import CompanyProof, Disclosure, Stage, Verification
from advisor.guidance.advise import advise, happened
from advisor.guidance.situations import (
    UnknownPurposeError,
    call_as_stated,
    occasion_of,
    situation_of,
)
from tests.guidance import packs
from tests.guidance.packs import NOW

CALL = Call(id="c1", brand="acme", number="+442079460000")


def test_an_occasion_takes_its_attributes_from_the_purpose() -> None:
    """004-18: the deadline is the fact that the purpose names, by its full or short name."""
    purpose = packs.purpose(deadline="purpose.starts_on")
    day = date(2026, 2, 1)
    made = occasion_of(purpose, {"purpose.starts_on": day}, subject="pin", relevance="her card")
    assert made == occasion_of(purpose, {"starts_on": day}, subject="pin", relevance="her card")
    assert (made.deadline, made.minutes, made.facts) == (day, 3, {"starts_on": day})
    assert occasion_of(packs.purpose()).deadline is UNKNOWN


def test_a_situation_knows_where_the_customer_may_be() -> None:
    """The zone of the address outranks that of the number, and says so."""
    pack = packs.pack()
    by_number = situation_of(pack, CALL, "pin-migration", NOW)
    by_address = situation_of(
        pack, CALL, "pin-migration", NOW, profile=Profile(address_zone="Europe/Paris")
    )
    nowhere = situation_of(pack, Call(id="c", brand="acme"), "pin-migration", NOW)
    assert (by_number.worlds[0].place.zone.key, by_number.zones_from) == (
        "Europe/London",
        "numbers",
    )
    assert (by_address.worlds[0].place.zone.key, by_address.zones_from) == (
        "Europe/Paris",
        "address",
    )
    assert (nowhere.worlds, nowhere.zones_from) == ((), "nothing")


def test_a_brand_is_the_packs_or_only_a_name() -> None:
    """A brand that the pack does not describe is known by its id alone."""
    pack = packs.pack()
    assert situation_of(pack, CALL, "pin-migration", NOW).brand == packs.BRAND
    other = situation_of(pack, Call(id="c", brand="other"), "pin-migration", NOW).brand
    assert (other.name, other.proof) == ("other", ())


def test_an_unknown_purpose_is_refused() -> None:
    """A purpose that the pack does not hold is named in the error."""
    with pytest.raises(UnknownPurposeError, match="no purpose nonsense") as caught:
        situation_of(packs.pack(), CALL, "nonsense", NOW)
    assert caught.value.purpose_id == "nonsense"


def test_an_unknown_zone_is_refused() -> None:
    """A zone that does not exist is no place."""
    with pytest.raises(UnknownZoneError):
        situation_of(
            packs.pack(), Call(id="c", brand="b", time_zones=("Mars/Base",)), "pin-migration", NOW
        )


def test_what_is_stated_about_the_call_counts_for_the_guards() -> None:
    """Facts stated by name outrank what the dialer sent, for rules and guards alike."""
    stated = call_as_stated(
        CALL,
        {
            "call.stage": "body",
            "call.disclosure": "statement",
            "call.customer_verification": "claimed",
            "call.company_proof": "accepted",
            "call.answered_by": "person",
            "call.asks_refused": frozenset({"data"}),
            "call.asks_made": 1,
            "call.dialled": True,
        },
    )
    assert stated.stage is Stage.BODY
    assert stated.disclosure is Disclosure.STATEMENT
    assert stated.verification is Verification.CLAIMED
    assert stated.company_proof is CompanyProof.ACCEPTED
    assert stated.asks_refused == {"data"}
    assert (stated.answered_by, stated.asks_made, stated.dialled) == ("person", 1, True)


def test_what_is_not_stated_stays() -> None:
    """Other facts, and words that nobody knows, leave the call as it was."""
    assert call_as_stated(CALL, {}) is CALL
    assert call_as_stated(CALL, {"call.stage": "nonsense", "card.tier": "low"}) == CALL


def test_an_event_moves_on_what_was_stated() -> None:
    """After an event the call stands where the event put it, whatever was stated before."""
    pack = packs.pack()
    before = packs.situation(
        pack, stated={"call.disclosure": "bound", "card.tier": "low", "event.window": "18:00-19:00"}
    )
    later = happened(before, "headline_stated", {"event.reported_by": "agent"})
    assert later.call.disclosure is Disclosure.HEADLINE
    assert later.stated == {
        "card.tier": "low",
        "event.reported_by": "agent",
        "event.kind": "headline_stated",
    }


def test_the_context_is_reported() -> None:
    """003-09: a decision says what it used, what was missing, unsure or stale, and where it is."""
    pack = packs.pack(
        packs.rule("r", packs.item("hi"), when=packs.when(bank__pin_used=False)),
        packs.ruling("e", when=packs.when(complaints__open=3)),
    )
    profile = Profile(
        attributes={"bank.pin_used": False},
        seen={
            "goal": Seen(observed_at=NOW.replace(year=2024)),
            "region": Seen(observed_at=NOW),
        },
    )
    situation = situation_of(
        pack, CALL, "pin-migration", NOW, profile=profile, history=History(contacts=())
    )
    report = advise(packs.guide(pack), situation).context
    assert [fact.name for fact in report.used] == ["complaints.open"]
    assert report.missing == ("complaints.open",)
    assert report.unsure == ()
    assert report.stale == ("goal",)
    assert (report.zones, report.zones_from) == (("Europe/London",), "numbers")
