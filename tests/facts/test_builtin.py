"""The built-in facts, read from a situation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest

from advisor.engagement.calendars import QuietTime, Window
from advisor.engagement.card import Card, LedgerEntry, TrustTier
from advisor.engagement.contacts import Contact, Direction, Disposition, EndedBy
from advisor.engagement.places import Place
from advisor.engagement.promises import Promise, PromiseState
from advisor.engagement.slots import Slot
from advisor.facts.builtin.catalogue import BUILT_IN, GROUPS
from advisor.facts.catalogue import Fact
from advisor.facts.situation import (
    Agent,
    Brand,
    Call,
    Consent,
    History,
    Occasion,
    Profile,
    Situation,
    Suppressed,
)
from advisor.facts.values import NEVER, UNKNOWN, FactType, Possible, Tell, Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import (
    Channel,
    CompanyProofMethod,
    ConsentState,
    ConsentType,
    LegalClass,
    PurposeKind,
    Relationship,
    Suppression,
)
from advisor.facts.worlds import worlds_at

NOW = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONDON = Place(ZoneInfo("Europe/London"), "GB")
NEW_YORK = Place(ZoneInfo("America/New_York"), "US-NY")

PLAIN = Situation(
    now=NOW,
    call=Call(id="c1", brand="acme-bank"),
    occasion=Occasion(
        id="pin-migration",
        kind=PurposeKind.SERVICE_INFORMATION,
        legal_class=LegalClass.SERVICE,
    ),
    brand=Brand(id="acme-bank", name="Acme Bank"),
)


def _value(name: str, situation: Situation) -> Value:
    return Facts(BUILT_IN, situation).value(name)


def _with_profile(profile: Profile) -> Situation:
    return replace(PLAIN, profile=profile)


def _after(*contacts: Contact, promises: tuple[Promise, ...] = ()) -> Situation:
    return replace(PLAIN, history=History(contacts=contacts, promises=promises))


def _ago(hours: int, disposition: Disposition | None = None) -> Contact:
    return Contact(at=NOW - hours * HOUR, disposition=disposition)


def test_every_group_of_the_language_has_facts() -> None:
    """The catalogue holds each of the groups, and no other."""
    assert {fact.name.partition(".")[0] for fact in BUILT_IN} == set(GROUPS)


@pytest.mark.parametrize("fact", list(BUILT_IN), ids=lambda fact: fact.name)
def test_every_fact_explains_itself(fact: Fact) -> None:
    """Each fact has one sentence, a yes/no fact a question, and a closed list no word twice."""
    assert re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", fact.name)
    assert fact.about[0].isupper()
    assert fact.about[-1] == ("?" if fact.type is FactType.YES_NO else ".")
    assert len(set(fact.choices)) == len(fact.choices)
    assert bool(fact.choices) or fact.type not in (FactType.CHOICE, FactType.ORDERED_CHOICE)


@pytest.mark.parametrize("fact", [fact for fact in BUILT_IN if fact.choices], ids=lambda f: f.name)
def test_every_word_of_a_closed_list_is_in_lower_snake(fact: Fact) -> None:
    """The words of a choice are those that packs use."""
    assert [word for word in fact.choices if not re.fullmatch(r"[a-z][a-z_]*", word)] == []


def test_nothing_known_reads_as_unknown_and_not_as_nothing() -> None:
    """With nothing sent, every fact can be read, and none claims to know the customer (003-09)."""
    facts = Facts(BUILT_IN, PLAIN)
    known = {fact.name for fact in BUILT_IN if facts.value(fact.name) is not UNKNOWN}
    assert known == {
        "call.stage",
        "call.disclosure",
        "call.customer_verification",
        "call.company_proof",
        "call.brand",
        "call.campaign",
        "call.promised",
        "call.dialled",
        "call.asks_made",
        "call.asks_refused",
        "call.counts_as",
        "purpose.id",
        "purpose.kind",
        "purpose.legal_class",
        "purpose.evaluation_class",
        "purpose.sensitivity",
        "purpose.least_verification",
        "customer.suppressions",
        "customer.moratorium",
        "customer.moratorium_ends",
        "customer.represented",
        "card.tier",
        "card.confidence",
        "brand.name",
        "brand.sensitivity",
        "proof.how",
        "state.available",
        *(f"weather.{kind}.active" for kind in _WEATHER),
    }


_WEATHER = ("outage", "breach", "price_rise", "scam_wave", "competitor", "bad_press")


def test_what_callers_state_by_name_is_found() -> None:
    """A fact that has no source of its own yet is what the caller says it is."""
    slot = NOW + HOUR
    situation = replace(
        PLAIN,
        stated=MappingProxyType({"slot.1": slot, "weather.outage.active": True}),
    )
    assert _value("slot.1", situation) == slot
    assert _value("weather.outage.active", situation) is True


def test_facts_of_the_call_are_those_of_its_description() -> None:
    """What the dialer says of a call is what rules may speak of."""
    call = Call(
        id="c1",
        brand="acme-bank",
        campaign="winter",
        number="+442079460000",
        attempt=3,
        locale="en-GB",
        dialled=True,
        answered_by="machine",
        asks_made=1,
        asks_refused=frozenset({"identity"}),
        agent=Agent(
            name="Sam",
            experience="new",
            skills=frozenset({"complaints"}),
            languages=frozenset({"en"}),
        ),
    )
    situation = replace(PLAIN, call=call)
    assert {
        name: _value(name, situation)
        for name in (
            "call.campaign",
            "call.number",
            "call.attempt",
            "call.locale",
            "call.dialled",
            "call.answered_by",
            "call.asks_made",
            "call.asks_refused",
            "agent.name",
            "agent.experience",
            "agent.skills",
            "agent.languages",
        )
    } == {
        "call.campaign": "winter",
        "call.number": "+442079460000",
        "call.attempt": 3,
        "call.locale": "en-GB",
        "call.dialled": True,
        "call.answered_by": "machine",
        "call.asks_made": 1,
        "call.asks_refused": frozenset({"identity"}),
        "agent.name": "Sam",
        "agent.experience": "new",
        "agent.skills": frozenset({"complaints"}),
        "agent.languages": frozenset({"en"}),
    }


def test_the_region_moves_with_the_clock() -> None:
    """Two candidate places give two regions and two clocks, each with its own (fault 29)."""
    worlds = worlds_at([LONDON, NEW_YORK], NOW)
    facts = Facts(BUILT_IN, replace(PLAIN, worlds=worlds))
    assert facts.value("call.region") == Possible(("GB", "US-NY"))
    assert [facts.value_in("now.local_time", world) for world in worlds] == [time(15), time(10)]
    assert facts.value("call.regions") == frozenset({"GB", "US-NY"})
    assert facts.value("call.time_zones") == frozenset({"Europe/London", "America/New_York"})
    assert facts.value("now.weekday") == 0
    assert facts.value("now.date") == date(2026, 1, 12)
    assert facts.value("now.is_holiday") is False


def test_a_place_without_a_region_has_no_known_holiday() -> None:
    """Where the region is not known, neither is whether today is a holiday."""
    worlds = worlds_at([Place(ZoneInfo("Europe/London"))], NOW)
    situation = replace(PLAIN, worlds=worlds)
    assert _value("now.is_holiday", situation) is UNKNOWN
    assert _value("call.region", situation) is UNKNOWN


def test_regions_that_only_the_call_names_count() -> None:
    """Without a zone, the regions that the dialer lists are still known."""
    call = replace(PLAIN.call, regions=("US-FL",), time_zones=("America/New_York",))
    situation = replace(PLAIN, call=call)
    assert _value("call.regions", situation) == frozenset({"US-FL"})
    assert _value("call.time_zones", situation) == frozenset({"America/New_York"})


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        (date(2026, 2, 1), date(2026, 2, 1)),
        (datetime(2026, 2, 1, 12, tzinfo=UTC), date(2026, 2, 1)),
        (UNKNOWN, UNKNOWN),
        (Possible((date(2026, 2, 1), date(2026, 3, 1))), UNKNOWN),
    ],
)
def test_a_deadline_is_a_day(deadline: Value, expected: Value) -> None:
    """A deadline written as an instant is the day it falls on."""
    situation = replace(PLAIN, occasion=replace(PLAIN.occasion, deadline=deadline))
    assert _value("purpose.deadline", situation) == expected


def test_facts_of_the_occasion_are_read() -> None:
    """What the caller says of this occasion is known."""
    occasion = replace(
        PLAIN.occasion,
        kind=PurposeKind.CALLBACK_PROMISED,
        subject="s1",
        debt_id="d1",
        relevance="you asked us to",
        minutes=3,
    )
    situation = replace(PLAIN, occasion=occasion)
    names = ("call.promised", "purpose.subject", "purpose.debt_id", "purpose.relevance")
    assert [_value(name, situation) for name in names] == [True, "s1", "d1", "you asked us to"]
    assert _value("purpose.minutes", situation) == 3


def test_facts_of_the_profile_are_read() -> None:
    """What the CRM knows of a customer is known."""
    profile = Profile(
        preferred_name="Ms Kirkby",
        preferred_channel=Channel.SMS,
        relationship=Relationship.CUSTOMER,
        safe_contact=True,
        care_needs=frozenset({"large_print"}),
        reported_defects=frozenset({"pin-letter"}),
        registers=frozenset(),
        registers_checked_at=NOW,
        complaints_open=2,
        complaints_overdue=1,
        complaint_topic="a letter",
        card=Card(tier=TrustTier.WARM, balance=12.5, confidence=0.8),
    )
    situation = _with_profile(profile)
    assert {
        name: _value(name, situation)
        for name in (
            "customer.preferred_name",
            "customer.preferred_channel",
            "customer.relationship",
            "customer.safe_contact",
            "customer.care_needs",
            "customer.reported_defects",
            "number.registers",
            "number.registers_checked_at",
            "complaints.open",
            "complaints.overdue",
            "complaints.topic",
            "card.tier",
            "card.balance",
            "card.confidence",
        )
    } == {
        "customer.preferred_name": "Ms Kirkby",
        "customer.preferred_channel": "sms",
        "customer.relationship": "customer",
        "customer.safe_contact": True,
        "customer.care_needs": frozenset({"large_print"}),
        "customer.reported_defects": frozenset({"pin-letter"}),
        "number.registers": frozenset(),
        "number.registers_checked_at": NOW,
        "complaints.open": 2,
        "complaints.overdue": 1,
        "complaints.topic": "a letter",
        "card.tier": "warm",
        "card.balance": 12.5,
        "card.confidence": 0.8,
    }


def test_a_new_customer_has_a_card_of_unknown_tier_and_low_confidence() -> None:
    """A customer of whom nothing is known is no hostile one (004-26)."""
    assert (_value("card.tier", PLAIN), _value("card.confidence", PLAIN)) == ("unknown", 0.0)


def test_the_newest_credit_is_a_reason_to_be_warm() -> None:
    """004-04: the last thing that was earned is known, with its reason; debits are not it."""
    entries = (
        LedgerEntry(at=NOW, points=-3, reason="interruption"),
        LedgerEntry(at=NOW - timedelta(days=3), points=2, reason="kept_promise"),
        LedgerEntry(at=NOW - timedelta(days=1), points=6, reason="proactive_help"),
    )
    helped = _with_profile(Profile(card=Card(last_entries=entries)))
    assert _value("card.last_credit.reason", helped) == "proactive help"
    assert _value("card.last_credit.at", helped) == NOW - timedelta(days=1)
    assert _value("card.last_credit.reason", PLAIN) is UNKNOWN
    assert _value("card.last_credit.at", PLAIN) is UNKNOWN


def test_no_open_complaint_means_none_overdue() -> None:
    """Who has no open complaint has none that is overdue."""
    assert _value("complaints.overdue", _with_profile(Profile(complaints_open=0))) == 0


@pytest.mark.parametrize(
    ("consents", "expected"),
    [
        (None, UNKNOWN),
        ((), "never_asked"),
        ((Consent(type=ConsentType.RESEARCH, state=ConsentState.GIVEN),), "never_asked"),
        ((Consent(type=ConsentType.MARKETING_CALL, state=ConsentState.GIVEN),), "given"),
        (
            (
                Consent(
                    type=ConsentType.MARKETING_CALL, state=ConsentState.GIVEN, expires_at=NOW + HOUR
                ),
            ),
            "given",
        ),
        (
            (Consent(type=ConsentType.MARKETING_CALL, state=ConsentState.GIVEN, expires_at=NOW),),
            "expired",
        ),
        (
            (
                Consent(
                    type=ConsentType.MARKETING_CALL,
                    state=ConsentState.WITHDRAWN,
                    captured_at=NOW - 2 * HOUR,
                ),
                Consent(
                    type=ConsentType.MARKETING_CALL,
                    state=ConsentState.GIVEN,
                    captured_at=NOW - HOUR,
                ),
            ),
            "given",
        ),
        (
            (
                Consent(type=ConsentType.MARKETING_CALL, state=ConsentState.WITHDRAWN),
                Consent(type=ConsentType.MARKETING_CALL, state=ConsentState.GIVEN),
            ),
            "withdrawn",
        ),
    ],
)
def test_a_consent_stands_as_its_latest_word(
    consents: tuple[Consent, ...] | None, expected: Value
) -> None:
    """Of one type the latest counts, a withdrawal at one instant, and time ends a consent."""
    situation = _with_profile(Profile(consents=consents))
    assert _value("customer.consent.marketing_call", situation) == expected


def _suppressed(
    source: Suppression,
    kinds: Iterable[PurposeKind] = (),
    ends_at: datetime | None = None,
) -> Suppressed:
    return Suppressed(source=source, purpose_kinds=frozenset(kinds), ends_at=ends_at)


@pytest.mark.parametrize(
    ("suppressed", "legal_class", "expected"),
    [
        (_suppressed(Suppression.INTERNAL), LegalClass.SERVICE, {"internal"}),
        (_suppressed(Suppression.INTERNAL, ends_at=NOW), LegalClass.SERVICE, set()),
        (_suppressed(Suppression.INTERNAL, ends_at=NOW + HOUR), LegalClass.SERVICE, {"internal"}),
        (
            _suppressed(Suppression.PURPOSE_OPT_OUT, [PurposeKind.SERVICE_INFORMATION]),
            LegalClass.SERVICE,
            {"purpose_opt_out"},
        ),
        (
            _suppressed(Suppression.PURPOSE_OPT_OUT, [PurposeKind.MARKETING_NEW]),
            LegalClass.SERVICE,
            set(),
        ),
        (
            _suppressed(Suppression.PURPOSE_OPT_OUT, [PurposeKind.MARKETING_NEW]),
            LegalClass.MARKETING,
            {"purpose_opt_out"},
        ),
    ],
)
def test_a_suppression_covers_its_purposes_until_it_ends(
    suppressed: Suppressed, legal_class: LegalClass, expected: set[str]
) -> None:
    """A call that counts as marketing cannot pass by an opt-out from marketing."""
    situation = replace(
        PLAIN,
        profile=Profile(suppressions=(suppressed,)),
        occasion=replace(PLAIN.occasion, legal_class=legal_class),
    )
    assert _value("customer.suppressions", situation) == frozenset(expected)


def test_a_call_stated_to_count_as_marketing_meets_the_opt_out() -> None:
    """An offer asked about again as marketing is judged as marketing."""
    opt_out = _suppressed(Suppression.PURPOSE_OPT_OUT, [PurposeKind.MARKETING_NEW])
    situation = replace(
        PLAIN,
        profile=Profile(suppressions=(opt_out,)),
        stated=MappingProxyType({"call.counts_as": "marketing"}),
    )
    assert _value("customer.suppressions", situation) == frozenset({"purpose_opt_out"})


def test_a_moratorium_ends_when_the_last_one_does() -> None:
    """The end of a moratorium is known only if every one has an end."""
    one = _suppressed(Suppression.MORATORIUM, ends_at=NOW + HOUR)
    later = _suppressed(Suppression.MORATORIUM, ends_at=NOW + 2 * HOUR)
    endless = _suppressed(Suppression.MORATORIUM)
    represented = _suppressed(Suppression.REPRESENTED)
    both = _with_profile(Profile(suppressions=(one, later, represented)))
    assert _value("customer.moratorium", both) is True
    assert _value("customer.represented", both) is True
    assert _value("customer.moratorium_ends", both) == NOW + 2 * HOUR
    assert (
        _value("customer.moratorium_ends", _with_profile(Profile(suppressions=(one, endless))))
        is UNKNOWN
    )
    assert _value("customer.moratorium_ends", PLAIN) is NEVER


_LAST = (
    "history.last_attempt.at",
    "history.last_conversation.at",
    "history.last_refusal.at",
    "history.last_inbound.at",
    "history.last_invitation.at",
)


def test_a_history_that_nobody_sent_is_unknown() -> None:
    """Nobody told us is not the same as nothing happened."""
    names = (
        *_LAST,
        "history.last_conversation.disposition",
        "history.last_conversation.ended_by",
        "history.last_inbound.topic",
        "history.promises_missed.same_matter",
        "history.asks_refused",
    )
    assert {_value(name, PLAIN) for name in names} == {UNKNOWN}


def test_a_history_that_is_empty_says_never() -> None:
    """We were told that there was nothing: never, none and zero are knowledge."""
    empty = _after()
    assert {_value(name, empty) for name in _LAST} == {NEVER}
    assert _value("history.last_conversation.disposition", empty) == "none"
    assert _value("history.last_conversation.ended_by", empty) == "none"
    assert _value("history.last_inbound.topic", empty) is UNKNOWN
    assert _value("history.promises_missed.same_matter", empty) == 0
    assert _value("history.asks_refused", empty) == frozenset()


def test_the_newest_contact_of_each_kind_counts_in_any_order() -> None:
    """The last of each kind is found, whatever order the caller sent (004-13)."""
    contacts = (
        _ago(9, Disposition.NOT_INTERESTED),
        _ago(1, Disposition.NO_ANSWER),
        replace(
            _ago(3, Disposition.COMPLETED_SERVICE),
            direction=Direction.INBOUND,
            channel="voice_inbound",
            topic="a lost card",
        ),
        replace(_ago(5, Disposition.COMPLETED_SERVICE), ended_by=EndedBy.AGENT),
        replace(_ago(20, Disposition.NO_ANSWER), kind="co_creation_invitation"),
        replace(_ago(30, Disposition.COMPLETED_SERVICE), kind="co_creation_invitation"),
    )
    for ordered in (contacts, contacts[::-1]):
        situation = _after(*(replace(c, kind=c.kind or "survey_feedback") for c in ordered))
        assert [_value(name, situation) for name in _LAST] == [
            NOW - HOUR,
            NOW - 3 * HOUR,
            NOW - 9 * HOUR,
            NOW - 3 * HOUR,
            NOW - 30 * HOUR,
        ]
        assert _value("history.last_inbound.topic", situation) == "a lost card"
        assert _value("history.last_conversation.disposition", situation) == "completed_service"
        assert _value("history.last_conversation.ended_by", situation) is UNKNOWN


def test_nobody_answering_is_never_a_refusal() -> None:
    """No answer is not a no (004-13)."""
    assert _value("history.last_refusal.at", _after(_ago(1, Disposition.NO_ANSWER))) is NEVER


def test_a_contact_that_may_have_been_a_refusal_makes_both_possible() -> None:
    """A hang-up may have been a no: the customer did not say."""
    maybe = _ago(1, Disposition.HUNG_UP_AFTER_HEADLINE)
    sure = _ago(9, Disposition.NOT_INTERESTED)
    name = "history.last_refusal.at"
    assert _value(name, _after(maybe)) == Possible((maybe.at, NEVER))
    assert _value(name, _after(maybe, sure)) == Possible((maybe.at, sure.at))
    assert _value(name, _after(replace(maybe, at=sure.at - HOUR), sure)) == sure.at


def test_two_conversations_with_one_outcome_are_not_unsure() -> None:
    """Where both possibilities say the same, it is known."""
    maybe = _ago(1, Disposition.TRANSFERRED)
    sure = replace(_ago(9, Disposition.TRANSFERRED), right_party=True)
    name = "history.last_conversation.disposition"
    assert _value(name, _after(maybe, sure)) == "transferred"
    assert _value(name, _after(_ago(1), sure)) is UNKNOWN


def test_who_declined_to_identify_is_remembered() -> None:
    """A refusal to identify in an earlier call is known in this one (004-10)."""
    situation = _after(_ago(1, Disposition.DECLINED_IDENTITY))
    assert _value("history.asks_refused", situation) == frozenset({"identity"})


def test_letters_without_an_answer_are_counted() -> None:
    """003-04: letters and messages of ours since the last contact both ways; silence is known."""
    letter = [Contact(at=NOW - n * HOUR, channel="letter") for n in (1, 2, 9)]
    came = Contact(at=NOW - 5 * HOUR, channel="voice_inbound")
    assert _value("history.unanswered_messages", _after(*letter, came)) == 2
    assert _value("history.unanswered_messages", _after(_ago(1))) == 0
    assert _value("history.unanswered_messages", PLAIN) is UNKNOWN


def _promise(state: PromiseState, hours: int, subject: str | None = None) -> Promise:
    return Promise(state=state, due_at=NOW + hours * HOUR, subject=subject)


def test_a_promised_call_is_about_the_open_promise_nearest_in_time() -> None:
    """The promise that this call keeps is found, and the next other one."""
    kept = _promise(PromiseState.KEPT, -1)
    due = _promise(PromiseState.DUE, -2)
    later = _promise(PromiseState.MADE, 5)
    situation = replace(
        _after(promises=(kept, due, later)),
        occasion=replace(PLAIN.occasion, kind=PurposeKind.CALLBACK_PROMISED),
    )
    assert _value("promise.state", situation) == "due"
    assert _value("promise.due_at", situation) == due.due_at
    assert _value("promise.settled_as", situation) is UNKNOWN
    assert _value("promise.other.due_at", situation) == later.due_at


def test_a_call_of_a_subject_is_about_the_promise_of_that_subject() -> None:
    """A settled promise of the matter is known, and how it was settled."""
    missed = _promise(PromiseState.MISSED, -5, "s1")
    others = (_promise(PromiseState.MISSED, -1), _promise(PromiseState.PROPOSED, 1, "s2"))
    history = History(promises=(missed, *others))
    of_s1 = replace(PLAIN, history=history, occasion=replace(PLAIN.occasion, subject="s1"))
    of_s2 = replace(PLAIN, history=history, occasion=replace(PLAIN.occasion, subject="s2"))
    assert _value("promise.settled_as", of_s1) == "missed"
    assert _value("history.promises_missed.same_matter", of_s1) == 1
    assert _value("promise.settled_as", of_s2) is UNKNOWN
    assert _value("history.promises_missed.same_matter", replace(PLAIN, history=history)) == 2


def test_a_call_that_names_its_promise_is_about_that_one() -> None:
    """The id decides, whatever else is owed; an id of nobody's is about none."""
    named = replace(
        _promise(PromiseState.DUE, 3),
        id="p",
        zone="America/New_York",
        due_until=NOW + 4 * HOUR,
        topic="the PIN",
        owner="sam",
        reached=True,
    )
    situation = replace(
        _after(promises=(_promise(PromiseState.DUE, 0), named)),
        call=replace(PLAIN.call, promise_id="p"),
    )
    told = {
        name: _value(f"promise.{name}", situation)
        for name in ("due_at", "topic", "owner", "time_of_day", "reached", "is_late")
    }
    assert told == {
        "due_at": named.due_at,
        "topic": "the PIN",
        "owner": "sam",
        "time_of_day": time(13),
        "reached": True,
        "is_late": False,
    }
    assert _value("promise.is_late", replace(situation, now=NOW + 4 * HOUR)) is True
    nobodys = replace(situation, call=replace(PLAIN.call, promise_id="q"))
    assert _value("promise.state", nobodys) is UNKNOWN
    assert _value("promise.is_late", nobodys) is UNKNOWN
    bare = replace(
        _after(promises=(_promise(PromiseState.DUE, 0, "s"),)),
        occasion=replace(PLAIN.occasion, subject="s"),
    )
    assert _value("promise.time_of_day", bare) is UNKNOWN


def test_a_missed_promise_is_owned_until_somebody_has_spoken_with_them() -> None:
    """004-22: known until the next conversation; never, where there is none; unknown untold."""
    missed = (_promise(PromiseState.MISSED, -9), _promise(PromiseState.MISSED, -5))
    spoken = _ago(1, Disposition.COMPLETED_SERVICE)
    assert _value("promise.missed_at", _after(promises=missed)) == NOW - 5 * HOUR
    assert (
        _value("promise.missed_at", _after(_ago(9, Disposition.COMPLETED_SERVICE), promises=missed))
        == NOW - 5 * HOUR
    )
    assert _value("promise.missed_at", _after(spoken, promises=missed)) is NEVER
    assert _value("promise.missed_at", _after()) is NEVER
    assert _value("promise.missed_at", PLAIN) is UNKNOWN


def test_times_that_can_be_kept_are_facts_where_one_clock_is_sure() -> None:
    """001-11: as many as there are; none is known where nobody worked them out."""
    slot = Slot(start=NOW, end=NOW + HOUR, zone=LONDON.zone)
    one = replace(PLAIN, offers=(slot,), worlds=worlds_at([LONDON], NOW))
    assert (_value("slot.1", one), _value("slot.2", one)) == (NOW, UNKNOWN)
    assert (_value("capacity.callback", one), _value("capacity.callback", PLAIN)) == (1, UNKNOWN)
    assert _value("slot.1", replace(one, worlds=())) is UNKNOWN


def test_without_any_promise_no_other_one_is_due() -> None:
    """Where the history is known and holds no promise, none is due elsewhere."""
    assert _value("promise.other.due_at", _after()) is NEVER
    assert _value("promise.other.due_at", PLAIN) is UNKNOWN


def _quiet(*quiet: QuietTime) -> Situation:
    return replace(
        PLAIN,
        profile=Profile(quiet_times=quiet),
        worlds=worlds_at([LONDON], NOW),
    )


def _hours(start: int, end: int) -> Window:
    return Window(start * 60, end * 60)


@pytest.mark.parametrize(
    ("quiet", "ends"),
    [
        ([], NEVER),
        ([QuietTime(window=_hours(9, 15))], NEVER),
        ([QuietTime(window=_hours(15, 16))], datetime(2026, 1, 12, 16, tzinfo=UTC)),
        ([QuietTime(window=_hours(15, 16), days=frozenset({1}))], NEVER),
        ([QuietTime(window=_hours(14, 9))], datetime(2026, 1, 13, 9, tzinfo=UTC)),
        (
            [QuietTime(window=_hours(14, 16)), QuietTime(window=_hours(16, 18))],
            datetime(2026, 1, 12, 18, tzinfo=UTC),
        ),
        (
            [QuietTime(window=_hours(14, 18), expires_at=NOW + HOUR)],
            datetime(2026, 1, 12, 16, tzinfo=UTC),
        ),
        ([QuietTime(window=_hours(14, 18), expires_at=NOW)], NEVER),
        (
            [QuietTime(window=_hours(10, 12), zone=ZoneInfo("America/New_York"))],
            datetime(2026, 1, 12, 17, tzinfo=UTC),
        ),
        ([QuietTime(window=_hours(0, 0))], UNKNOWN),
    ],
)
def test_a_quiet_time_ends_when_no_other_follows(quiet: list[QuietTime], ends: Value) -> None:
    """The customer's own quiet times hold on their own clock, and end together (000-07)."""
    situation = _quiet(*quiet)
    assert _value("now.quiet_time_ends", situation) == ends
    assert _value("now.quiet_time", situation) is (ends is not NEVER)


def test_a_quiet_night_of_25_hours_ends_on_the_wall_clock() -> None:
    """Where clocks go back, a quiet time ends when the wall says so, the second time."""
    half_past_one = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # the second 01:30 in London
    situation = replace(
        _quiet(QuietTime(window=Window(0, 105))),
        now=half_past_one,
        worlds=worlds_at([LONDON], half_past_one),
    )
    assert _value("now.quiet_time_ends", situation) == half_past_one + timedelta(minutes=15)


def test_quiet_times_that_nobody_asked_for_are_unknown() -> None:
    """No answer about quiet times is not the answer that there are none."""
    situation = replace(PLAIN, worlds=worlds_at([LONDON], NOW))
    assert _value("now.quiet_time", situation) is UNKNOWN
    assert _value("now.quiet_time_ends", situation) is UNKNOWN


def test_a_brand_says_whether_its_name_gives_the_subject_away() -> None:
    """A debt collector's name is sensitive, a bank's is not (004-03)."""
    brand = Brand(
        id="ar",
        name="AR Services",
        number="+442079460200",
        sensitive=True,
        proof=(CompanyProofMethod.WEB_REFERENCE,),
    )
    situation = replace(PLAIN, brand=brand)
    assert _value("brand.sensitivity", situation) == "sensitive"
    assert _value("brand.number", situation) == "+442079460200"
    assert _value("proof.how", situation) == frozenset({"web_reference"})
    assert _value("brand.sensitivity", PLAIN) == "none"


def test_state_that_could_not_be_read_is_not_available() -> None:
    """Rules may know that the stored state is missing."""
    assert _value("state.available", replace(PLAIN, state_missing="timeout")) is False


def test_what_nobody_may_hear_is_marked_so() -> None:
    """The number, the debt and the care needs are for no customer's ear (001-09)."""
    secret = {fact.name for fact in BUILT_IN if fact.tell >= Tell.NOBODY}
    assert {"call.number", "purpose.debt_id", "customer.care_needs", "card.tier"} <= secret
    assert "customer.preferred_name" not in secret
