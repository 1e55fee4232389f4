"""What the core decides reaches the wire with nothing lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from advisor.engagement.basis import Basis, Certainty, Source
from advisor.engagement.calendars import Interval
from advisor.engagement.card import Card, LedgerEntry, TrustTier
from advisor.facts.vocabulary import (
    Ask,
    Benefit,
    CompanyProofMethod,
    Decision,
    Establishes,
    Force,
    ItemKind,
    ReasonCode,
    Stage,
)
from advisor.guidance.decision import (
    Advice,
    ContextReport,
    Guidance,
    Reason,
    Suppressed,
    UsedFact,
    Verdict,
    Withheld,
)
from advisor.server.translate import times
from advisor.server.translate.decision_out import advice_out
from advisor.v1 import vocabulary_call_pb2 as call
from advisor.v1 import vocabulary_customer_pb2 as customer
from advisor.v1 import vocabulary_decision_pb2 as decision

NOW = datetime(2026, 1, 12, 15, tzinfo=UTC)
FACTS = (UsedFact(name="card.tier", shown=None), UsedFact(name="customer.goal", shown="a loan"))
ITEM = Guidance(
    id="ask-who/identity",
    kind=ItemKind.ASK,
    force=Force.MUST,
    text="Could you confirm it in the app?",
    because="Least first.",
    rule="ask-who",
    stage=Stage.CUSTOMER_VERIFICATION,
    short_text="Confirm?",
    benefit=Benefit.BOTH,
    establishes=Establishes.VERIFICATION,
    ask=Ask.IDENTITY,
    what="callback",
    cites="your-data",
    facts=FACTS,
    unsure=True,
)
ADVICE = Advice(
    pack_version="v1",
    verdict=Verdict(
        decision=Decision.DEFER,
        reasons=(
            Reason(
                code=ReasonCode.FREQUENCY_CAP,
                decision=Decision.DEFER,
                text="Seven attempts in seven days are used up.",
                rule="us-debt-7-in-7",
                basis=Basis.LAW,
                until=NOW + timedelta(days=1),
                source=Source(
                    cite="12 CFR 1006.14(b)(2)",
                    certainty=Certainty.PRIMARY,
                    verified_on=date(2026, 11, 22),
                ),
                facts=FACTS,
                unsure=True,
            ),
            Reason(
                code=ReasonCode.OPEN_COMPLAINT,
                decision=Decision.DEFER,
                text="A complaint is open.",
                rule="complaint-first",
                basis=Basis.POLICY,
                source=Source(cite="Our policy", certainty=Certainty.SECONDARY),
            ),
        ),
        not_before=NOW + timedelta(days=1),
        windows=(Interval(NOW, NOW + timedelta(hours=3)),),
    ),
    brief=(ITEM,),
    items=(ITEM,),
    do_not_ask=("identity", "pin"),
    proof=(CompanyProofMethod.NUMBER_ON_CARD,),
    card=Card(
        tier=TrustTier.WARM,
        balance=12.5,
        confidence=0.5,
        last_entries=(LedgerEntry(at=NOW, points=6, reason="proactive_help"),),
    ),
    suppressed=(
        Suppressed(id="r/i", rule="r", why=Withheld.ASK_BUDGET, text="The asks are spent."),
    ),
    context=ContextReport(
        used=FACTS,
        missing=("customer.goal",),
        unsure=("now.local_time",),
        stale=("card",),
        degraded="the store was slow",
        zones=("Europe/London",),
        zones_from="stated",
    ),
    valid_until=NOW + timedelta(minutes=5),
    opening="standard",
)


def test_a_verdict_keeps_every_reason_and_its_source() -> None:
    """All reasons reach the caller, each with basis, citation, rule and end (K4)."""
    verdict = advice_out(ADVICE, "d-1", explain=True).verdict
    first, second = verdict.reasons
    assert verdict.decision == decision.DECISION_DEFER
    assert times.instant(verdict.not_before) == NOW + timedelta(days=1)
    assert [(times.instant(w.opens_at), times.instant(w.closes_at)) for w in verdict.windows] == [
        (NOW, NOW + timedelta(hours=3))
    ]
    assert (first.code, first.decision, first.basis) == (
        decision.REASON_CODE_FREQUENCY_CAP,
        decision.DECISION_DEFER,
        decision.BASIS_LAW,
    )
    assert (first.citation.cite, first.citation.certainty, first.citation.verified_on) == (
        "12 CFR 1006.14(b)(2)",
        decision.CERTAINTY_PRIMARY,
        "2026-11-22",
    )
    assert (first.rule_id, first.unsure, first.text) == (
        "us-debt-7-in-7",
        True,
        "Seven attempts in seven days are used up.",
    )
    assert times.instant(first.until) == NOW + timedelta(days=1)
    assert [(fact.name, fact.value) for fact in first.facts_used] == [
        ("card.tier", ""),
        ("customer.goal", "a loan"),
    ]
    assert (second.citation.verified_on, second.HasField("until")) == ("", False)


def test_an_item_says_who_asked_for_it_and_why() -> None:
    """Each item carries kind, stage, force, words, benefit, reason, rule and facts."""
    [item] = advice_out(ADVICE, "d-1", explain=True).items
    assert (item.kind, item.stage, item.force, item.benefit) == (
        decision.ITEM_KIND_ASK,
        call.CALL_STAGE_CUSTOMER_VERIFICATION,
        decision.FORCE_MUST,
        decision.BENEFIT_BOTH,
    )
    assert (item.establishes, item.ask, item.what, item.cites) == (
        decision.ESTABLISHES_VERIFICATION,
        call.ASK_KIND_IDENTITY,
        "callback",
        "your-data",
    )
    assert (item.id, item.rule_id, item.because) == ("ask-who/identity", "ask-who", "Least first.")
    assert (item.text, item.short_text, item.unsure) == (ITEM.text, "Confirm?", True)
    assert len(item.facts_used) == 2


def test_the_rest_of_an_answer_is_written_too() -> None:
    """Brief, asks to avoid, proof, card, suppressed items and the context report."""
    answer = advice_out(ADVICE, "d-1", explain=True)
    assert (answer.decision_id, answer.pack_version, answer.opening) == ("d-1", "v1", "standard")
    assert [item.id for item in answer.brief] == ["ask-who/identity"]
    assert list(answer.do_not_ask) == ["identity", "pin"]
    assert list(answer.proof.methods) == [call.COMPANY_PROOF_METHOD_NUMBER_ON_CARD]
    assert (answer.card.tier, answer.card.balance) == (customer.TRUST_TIER_WARM, 12.5)
    assert answer.card.entries[0].reason == "proactive_help"
    assert [(s.id, s.reason) for s in answer.suppressed] == [
        ("r/i", decision.WITHHELD_REASON_ASK_BUDGET)
    ]
    report = answer.context_report
    assert (report.degraded, report.degraded_because) == (True, "the store was slow")
    assert (list(report.missing), list(report.unsure), list(report.stale)) == (
        ["customer.goal"],
        ["now.local_time"],
        ["card"],
    )
    assert (list(report.candidate_zones), report.zones_from) == (["Europe/London"], "stated")
    assert times.instant(answer.valid_until) == NOW + timedelta(minutes=5)


def test_without_explanations_the_decision_is_the_same() -> None:
    """NONE leaves out facts and suppressed items, and nothing else."""
    whole = advice_out(ADVICE, "d-1", explain=True)
    short = advice_out(ADVICE, "d-1", explain=False)
    whole.ClearField("suppressed")
    whole.context_report.ClearField("used")
    for part in (*whole.items, *whole.brief, *whole.verdict.reasons):
        part.ClearField("facts_used")
    assert short == whole
