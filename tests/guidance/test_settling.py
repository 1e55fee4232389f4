"""What an outcome or a signal does to what is remembered, to the card and to who may be rung."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.basis import Basis
from advisor.engagement.card import EntryType, LedgerEntry, TrustTier, balance, replayed
from advisor.engagement.contacts import OPT_OUTS, REFUSALS, Contact, Disposition, EndedBy
from advisor.engagement.signals import EFFECTS, Effect, Reporter, Signal, SignalKind
from advisor.facts.memory import Complaint, LearnedFact, Memory, Reliability
from advisor.facts.situation import Profile, Suppressed
from advisor.facts.vocabulary import LegalClass, PurposeKind, Suppression
from advisor.guidance.guide import Guide
from advisor.guidance.heeding import heed, reliability
from advisor.guidance.settling import (
    CONTACTS,
    FACTS,
    OWN_HOURS,
    Outcome,
    OutcomeRefused,
    Settled,
    Settlement,
    bounded,
    settle,
)
from advisor.rules.conditions import Leaf, Operator
from advisor.rules.pack import Entry, Rule, Section
from tests.guidance import packs

NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)
HALF = timedelta(days=90)


def _earns(id_: str, points: float, fact: str, *words: str, group: str | None = None) -> Rule:
    return Rule(
        id=id_,
        section=Section.ENGAGEMENT,
        because=f"It was {id_}.",
        mark=packs.MARK,
        when=Leaf(fact, Operator.IN, words),
        entry=Entry(points=points, half_life=HALF),
        basis=Basis.POLICY,
        group=group,
    )


GUIDE = Guide.of(
    packs.pack(
        _earns("served", 4, "outcome.disposition", "completed_service", "sale"),
        _earns("annoyed", -5, "outcome.disposition", "declined_identity", "complaint_raised"),
        _earns("heard", 0, "outcome.disposition", "no_answer", "busy_tone"),
        _earns("helped", 6, "signal.kind", "proactive_help", "peer_help_given"),
        _earns("failed", -8, "signal.kind", "service_failure"),
    )
)


def _call(
    disposition: Disposition, *, at: datetime = NOW, id_: str = "call-1", **more: object
) -> Contact:
    return Contact(at=at, id=id_, disposition=disposition, **more)  # type: ignore[arg-type]


def _outcome(disposition: Disposition, id_: str = "o-1", **more: object) -> Outcome:
    contact = _call(disposition, kind=PurposeKind.SERVICE_INFORMATION.value)
    return replace(Outcome(id=id_, contact=contact), **more)  # type: ignore[arg-type]


def _settle(
    outcome: Outcome,
    memory: Memory | None = None,
    profile: Profile | None = None,
    first: Settled | None = None,
) -> Settlement:
    return settle(GUIDE, memory or Memory(), profile or Profile(), outcome, NOW, first=first)


@pytest.mark.parametrize("disposition", [each for each in Disposition if not each.human])
def test_a_call_nobody_answered_is_no_refusal(disposition: Disposition) -> None:
    """004-13: what no human said is neither a refusal nor an opt-out, and earns nothing."""
    done = _settle(_outcome(disposition))
    (contact,) = done.memory.contacts
    assert (contact.refusal, contact.opt_out) == (False, False)
    assert (done.suppressed, done.entries) == ((), ())


@pytest.mark.parametrize("disposition", sorted(set(Disposition) - OPT_OUTS))
def test_only_explicit_words_opt_out(disposition: Disposition) -> None:
    """004-13: a hang-up, a no or a quarrel suppresses nothing; that takes the customer's words."""
    done = _settle(_outcome(disposition))
    assert {each.source for each in done.suppressed} <= {Suppression.DECEASED}


def test_where_a_call_ended_is_kept() -> None:
    """004-13: who ended it, at which stage and after which item is part of what is remembered."""
    contact = _call(
        Disposition.HUNG_UP_AFTER_HEADLINE,
        ended_by=EndedBy.CUSTOMER,
        ended_at_stage="timing_check",
        ended_after="timing/now-or-later",
    )
    (kept,) = _settle(Outcome(id="o-1", contact=contact)).memory.contacts
    assert kept == contact
    assert kept.refusal is None


@pytest.mark.parametrize(
    ("disposition", "kind", "expected"),
    [
        (Disposition.DNC_ALL, "marketing_new", (Suppression.INTERNAL, frozenset())),
        (
            Disposition.DNC_THIS_PURPOSE,
            "marketing_new",
            (Suppression.PURPOSE_OPT_OUT, frozenset({PurposeKind.MARKETING_NEW})),
        ),
        (Disposition.DNC_THIS_PURPOSE, None, (Suppression.PURPOSE_OPT_OUT, frozenset())),
        (Disposition.DECEASED, None, (Suppression.DECEASED, frozenset())),
    ],
)
def test_a_request_to_stop_suppresses(
    disposition: Disposition, kind: str | None, expected: tuple[object, object]
) -> None:
    """Who asked for no more calls is suppressed as far as they said, and once."""
    outcome = Outcome(id="o-1", contact=_call(disposition, kind=kind))
    (done,) = _settle(outcome).suppressed
    assert (done.source, done.purpose_kinds, done.captured_at) == (*expected, NOW)
    standing = Profile(suppressions=(done,))
    assert _settle(outcome, profile=standing).suppressed == ()


def test_points_come_from_the_packs_rules() -> None:
    """004-25: each entry names its rule, reason, time, decay and cause."""
    done = _settle(_outcome(Disposition.COMPLETED_SERVICE))
    assert done.entries == (
        LedgerEntry(
            at=NOW,
            points=4,
            reason="served",
            rule="served",
            because="It was served.",
            half_life=HALF,
            cause="o-1",
        ),
    )
    assert _settle(_outcome(Disposition.DECLINED_IDENTITY)).entries[0].type is EntryType.DEBIT


def test_rules_see_what_the_call_was_for() -> None:
    """A purpose of the pack brings its own attributes; of another one, what the caller says."""
    sold = _earns("sold", 1, "purpose.legal_class", "marketing")
    sale = packs.purpose("sale", legal_class=LegalClass.MARKETING)
    guide = Guide.of(packs.pack(sold, purposes=[sale, packs.purpose()]))
    for contact, points in (
        (_call(Disposition.SALE, purpose_id="sale"), [1]),
        (_call(Disposition.SALE, purpose_id="pin-migration"), []),
        (_call(Disposition.SALE, kind="marketing_new"), [1]),
        (_call(Disposition.SALE, legal_class="service"), []),
    ):
        done = settle(guide, Memory(), Profile(), Outcome(id="o", contact=contact), NOW)
        assert [each.points for each in done.entries] == points


def test_many_calls_earn_nothing() -> None:
    """004-36: a hundred attempts add no point."""
    memory = Memory()
    for n in range(100):
        contact = _call(Disposition.NO_ANSWER, id_=f"call-{n}", at=NOW - timedelta(hours=n))
        memory = _settle(Outcome(id=f"o-{n}", contact=contact), memory).memory
    assert len(memory.contacts) == 100
    assert balance(memory.account, NOW) == 0
    assert memory.account.entries == 0


def test_a_complaint_in_a_call_is_open() -> None:
    """A call that ended in a complaint leaves one open, of the call's topic."""
    contact = _call(Disposition.COMPLAINT_RAISED, topic="a letter")
    done = _settle(Outcome(id="o-1", contact=contact))
    assert done.memory.complaints == (Complaint(id="o-1", opened_at=NOW, topic="a letter"),)


def test_the_calls_hold_ends_with_its_outcome() -> None:
    """A call that has come out is no longer on its way."""
    held = Memory(holds=(Contact(at=NOW, id="call-1"), Contact(at=NOW, id="call-2")))
    done = _settle(_outcome(Disposition.NO_ANSWER), held)
    assert [each.id for each in done.memory.holds] == ["call-2"]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (_outcome(Disposition.NO_ANSWER, contact=Contact(at=NOW)), "disposition is missing"),
        (
            _outcome(Disposition.SALE, contact=_call(Disposition.SALE, reached_human=False)),
            "reached_human says that nobody was",
        ),
        (
            _outcome(
                Disposition.NO_ANSWER, contact=_call(Disposition.NO_ANSWER, reached_human=True)
            ),
            "Send the disposition of the conversation",
        ),
        (_outcome(Disposition.SALE, corrects="o-0"), "basis is missing"),
    ],
)
def test_what_contradicts_itself_is_refused(outcome: Outcome, words: str) -> None:
    """The first stage is settled before the second; a correction says why."""
    with pytest.raises(OutcomeRefused, match=words):
        _settle(outcome)


def test_a_second_outcome_must_be_a_correction() -> None:
    """A call has one outcome; another one names the one it corrects."""
    first = _settle(_outcome(Disposition.NO_ANSWER))
    with pytest.raises(OutcomeRefused, match="send a new outcome_id with the first one in corr"):
        _settle(_outcome(Disposition.SALE, "o-2"), first.memory, first=first.settled)


def test_an_original_after_its_correction_changes_nothing() -> None:
    """Out of order: the correction came first, and what it corrects has no effect."""
    correction = _outcome(Disposition.SALE, "o-2", corrects="o-1", basis="wrong key")
    done = _settle(correction)
    late = _settle(_outcome(Disposition.DNC_ALL), done.memory, first=done.settled)
    assert late == Settlement(memory=done.memory)


def test_a_correction_lifts_what_only_the_first_brought_about() -> None:
    """An opt-out by a wrong key is lifted with the basis; one that stood before stays."""
    first = _settle(_outcome(Disposition.DNC_ALL))
    correction = _outcome(Disposition.COMPLETED_SERVICE, "o-2", corrects="o-1", basis="wrong key")
    profile = Profile(suppressions=first.suppressed)
    done = _settle(correction, first.memory, profile, first.settled)
    (lift,) = done.lifts
    assert (lift.source, lift.basis, lift.lifted_at) == (
        Suppression.INTERNAL,
        "corrected: wrong key",
        NOW,
    )
    more = Suppressed(source=Suppression.INTERNAL, ends_at=NOW + HALF)
    both = Profile(suppressions=(*first.suppressed, more))
    assert _settle(correction, first.memory, both, first.settled).lifts == ()
    before = _settle(_outcome(Disposition.DNC_ALL), profile=profile)
    assert _settle(correction, before.memory, profile, before.settled).lifts == ()


def test_a_correction_that_still_opts_out_lifts_nothing() -> None:
    """A corrected outcome that asks for the same keeps the suppression and adds none."""
    first = _settle(_outcome(Disposition.DNC_ALL))
    again = _outcome(Disposition.DNC_ALL, "o-2", corrects="o-1", basis="the stage was wrong")
    done = _settle(again, first.memory, Profile(suppressions=first.suppressed), first.settled)
    assert (done.lifts, done.suppressed) == ((), ())


dispositions = st.sampled_from(Disposition)


@given(dispositions, dispositions)
def test_a_correction_is_as_if_the_first_had_not_been(
    wrong: Disposition, right: Disposition
) -> None:
    """004-25: settled and corrected is what settling the correction alone leaves, ledger too."""
    first = _settle(_outcome(wrong))
    correction = _outcome(right, "o-2", corrects="o-1", basis="a wrong key")
    profile = Profile(suppressions=first.suppressed)
    done = _settle(correction, first.memory, profile, first.settled)
    alone = _settle(correction)
    assert done.memory.contacts == alone.memory.contacts
    assert done.memory.complaints == alone.memory.complaints
    assert balance(done.memory.account, NOW + HALF) == pytest.approx(
        balance(alone.memory.account, NOW + HALF)
    )
    assert done.memory.account.entries == alone.memory.account.entries
    lifted = {lift.source for lift in done.lifts}
    standing = [each for each in first.suppressed if each.source not in lifted]
    assert {each.source for each in (*standing, *done.suppressed)} == {
        each.source for each in alone.suppressed
    }
    kinds = {entry.type for entry in done.entries}
    assert kinds <= {EntryType.REVERSAL, EntryType.CORRECTION}


happenings = st.lists(
    st.tuples(
        st.one_of(dispositions, st.sampled_from(SignalKind)),
        st.integers(min_value=0, max_value=400),
    ),
    max_size=8,
)


def _after(
    happened: Sequence[tuple[Disposition | SignalKind, int]],
) -> tuple[Memory, list[LedgerEntry]]:
    memory = Memory()
    ledger: list[LedgerEntry] = []
    for n, (what, days) in enumerate(happened):
        at = NOW - timedelta(days=days)
        if isinstance(what, Disposition):
            contact = _call(what, at=at, id_=f"call-{n}-{what.value}-{days}")
            done = _settle(Outcome(id=f"o-{n}", contact=contact), memory)
        else:
            signal = Signal(id=f"s-{n}", kind=what, at=at, reported_by=Reporter.SYSTEM)
            done = heed(GUIDE, memory, Profile(), signal, NOW)
        memory = done.memory
        ledger.extend(done.entries)
    return memory, ledger


@given(happenings)
def test_the_balance_is_the_replay_of_the_ledger(
    happened: list[tuple[Disposition | SignalKind, int]],
) -> None:
    """004-25: every point is traceable: replaying what was appended gives the same account."""
    memory, ledger = _after(happened)
    account = replayed(ledger)
    assert balance(memory.account, NOW) == pytest.approx(balance(account, NOW), abs=1e-9)
    assert memory.account.entries == account.entries


@given(happenings)
def test_the_order_of_arrival_does_not_change_the_balance(
    happened: list[tuple[Disposition | SignalKind, int]],
) -> None:
    """Outcomes and signals that arrive late or early come to the same card."""
    there, back = _after(happened)[0], _after(happened[::-1])[0]
    assert balance(there.account, NOW) == pytest.approx(balance(back.account, NOW), abs=1e-9)


def _signal(kind: SignalKind, id_: str = "s-1", **more: object) -> Signal:
    signal = Signal(id=id_, kind=kind, at=NOW, reported_by=Reporter.CUSTOMER)
    return replace(signal, **more)  # type: ignore[arg-type]


def _heed(signal: Signal, memory: Memory | None = None) -> Memory:
    return heed(GUIDE, memory or Memory(), Profile(), signal, NOW).memory


@pytest.mark.parametrize("kind", SignalKind)
def test_every_signal_is_kept_and_has_its_effect(kind: SignalKind) -> None:
    """003-05: every kind maps to an effect, possibly none, and is heard."""
    memory = _heed(_signal(kind, topic="a letter", subject="m-1"))
    assert [each.kind for each in memory.signals] == [kind]
    assert memory.first_at == NOW
    seen = {
        Effect.OPENS_COMPLAINT: bool(memory.complaints),
        Effect.INBOUND: any(each.inbound for each in memory.contacts),
        Effect.OUTBOUND: any(not each.inbound for each in memory.contacts),
        Effect.TEACHES: bool(memory.facts) or kind is SignalKind.DATA_GIVEN,
    }
    assert [effect for effect, happened in seen.items() if happened] == [
        effect for effect in seen if effect is EFFECTS[kind]
    ]


def test_peer_help_is_credited() -> None:
    """003-10: customers who help one another are credited."""
    done = heed(GUIDE, Memory(), Profile(), _signal(SignalKind.PEER_HELP_GIVEN), NOW)
    assert [(each.rule, each.points, each.cause) for each in done.entries] == [("helped", 6, "s-1")]


def test_a_complaint_is_opened_once_and_closed() -> None:
    """002-03: a complaint is open from its signal to the one that closes it, of the same matter."""
    raised = _heed(_signal(SignalKind.COMPLAINT_RAISED, topic="a fee", due_at=NOW + HALF))
    assert _heed(_signal(SignalKind.COMPLAINT_RAISED), raised).complaints == raised.complaints
    other = _signal(SignalKind.COMPLAINT_CLOSED, "s-2", subject="another")
    assert _heed(other, raised).complaints == raised.complaints
    (closed,) = _heed(_signal(SignalKind.COMPLAINT_CLOSED, "s-3"), raised).complaints
    assert closed == Complaint(
        id="s-1", opened_at=NOW, topic="a fee", due_at=NOW + HALF, closed_at=NOW
    )
    assert _heed(_signal(SignalKind.COMPLAINT_CLOSED), Memory()).complaints == ()
    two = replace(
        raised, complaints=(*raised.complaints, Complaint(id="old", opened_at=NOW - HALF))
    )
    after = _heed(_signal(SignalKind.COMPLAINT_CLOSED, "s-4"), two)
    assert [each.id for each in after.complaints if each.closed_at is None] == ["s-1"]


def test_what_a_signal_teaches_has_a_source_a_time_and_an_end() -> None:
    """004-44: a fact carries source, time, confidence and expiry."""
    goal = _signal(SignalKind.GOAL_STATED, topic="to pay abroad", trust=0.8, expires_at=NOW + HALF)
    assert _heed(goal).facts == (
        LearnedFact(
            name="goal",
            value="to pay abroad",
            learned_at=NOW,
            source="stated",
            confidence=0.8,
            expires_at=NOW + HALF,
            cause="s-1",
        ),
    )
    assert _heed(_signal(SignalKind.GOAL_STATED)).facts == ()
    given = LearnedFact(name="bank.pin_used", value=True, learned_at=NOW, source="crm")
    told = heed(GUIDE, Memory(), Profile(), _signal(SignalKind.DATA_GIVEN), NOW, learned=(given,))
    assert told.memory.facts == (given,)


@pytest.mark.parametrize("tier", [TrustTier.LOW, TrustTier.GUARDED])
def test_what_is_told_at_low_trust_is_not_relied_on(tier: TrustTier) -> None:
    """004-33: a fact given under pressure or at low trust is marked so."""
    assert reliability(tier) is Reliability.LOW_TRUST
    assert reliability(TrustTier.UNKNOWN) is Reliability.RELIABLE
    assert reliability(TrustTier.FULL, under_pressure=True) is Reliability.UNDER_PRESSURE


def test_a_contradiction_is_marked_and_nobody_accused() -> None:
    """004-33: who says otherwise than before is asked again; the same again confirms."""

    def told(id_: str, name: str, value: str | frozenset[str], memory: Memory) -> Memory:
        fact = LearnedFact(name=name, value=value, learned_at=NOW, source="stated", cause=id_)
        signal = _signal(SignalKind.DATA_GIVEN, id_)
        return heed(GUIDE, memory, Profile(), signal, NOW, learned=(fact,)).memory

    first = told("s-1", "bank.street", "High Street", Memory())
    other = told("s-2", "bank.street", "Low Road", first)
    again = told("s-3", "bank.street", "Low Road", other)
    assert [each.reliability for each in again.facts if each.cause != "s-1"] == [
        Reliability.RELIABLE,
        Reliability.CONTRADICTED,
    ]
    more = told(
        "s-5",
        "reported_defects",
        frozenset({"app"}),
        told("s-4", "reported_defects", frozenset({"card"}), Memory()),
    )
    assert {each.reliability for each in more.facts} == {Reliability.RELIABLE}


def test_a_memory_is_bounded() -> None:
    """The old, the expired and the too many go; an open complaint goes last."""
    memory = Memory(
        contacts=tuple(Contact(at=NOW - timedelta(days=n)) for n in range(500)),
        facts=(
            LearnedFact(name="a.b", value=1, learned_at=NOW, source="crm", expires_at=NOW),
            LearnedFact(name="a.c", value=1, learned_at=NOW, source="crm"),
        ),
        complaints=(
            *(Complaint(id=f"c-{n}", opened_at=NOW, closed_at=NOW) for n in range(60)),
            Complaint(id="open", opened_at=NOW),
        ),
        signals=(_signal(SignalKind.REWARD_USED, expires_at=NOW),),
    )
    kept = bounded(memory, NOW)
    assert len(kept.contacts) == CONTACTS
    assert [each.name for each in kept.facts] == ["a.c"]
    assert (len(kept.complaints), kept.complaints[0].id) == (50, "open")
    assert kept.signals == ()


def test_hours_that_the_customer_forbade_are_not_forgotten_for_newer_facts() -> None:
    """000-07: what they said of their day outlives a hundred things noticed since."""
    hours = frozenset({"00:00-10:00"})
    own = LearnedFact(name="quiet_times", value=hours, learned_at=NOW, source="stated")
    noticed = replace(own, source="learned")
    newer = tuple(
        LearnedFact(name=f"a.n{n}", value=n, learned_at=NOW, source="crm") for n in range(FACTS)
    )
    kept = bounded(Memory(facts=(*newer, noticed, own)), NOW)
    assert kept.facts == (*newer, own)
    many = tuple(replace(own, cause=f"c{n}") for n in range(500))
    assert len(bounded(Memory(facts=many), NOW).facts) == FACTS + OWN_HOURS


def test_refusals_are_what_customers_said() -> None:
    """The dispositions that write a refusal all take a human."""
    assert all(each.human for each in REFUSALS)
