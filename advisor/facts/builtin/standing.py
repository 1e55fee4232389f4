"""Facts of how the customer stands: the dialled number, the engagement card, complaints."""

from __future__ import annotations

from typing import Final

from advisor.engagement.card import LedgerEntry, TrustTier
from advisor.facts.catalogue import Fact
from advisor.facts.situation import Situation
from advisor.facts.values import UNKNOWN, FactType, Tell, Value

#: Weakest first. A customer of whom nothing is known is no hostile one: ranks below neutral only
#: so that `at_least: warm` and `at_most: guarded` both leave them out.
TIERS: Final = ("low", "guarded", "unknown", "neutral", "warm", "full")


def _tier(situation: Situation) -> Value:
    card = situation.profile.card
    return TrustTier.UNKNOWN.word if card is None else card.tier.word


def _balance(situation: Situation) -> Value:
    card = situation.profile.card
    return UNKNOWN if card is None or card.balance is None else card.balance


def _confidence(situation: Situation) -> Value:
    card = situation.profile.card
    return UNKNOWN if card is None or card.confidence is None else card.confidence


def _last_credit(situation: Situation) -> LedgerEntry | None:
    """Return the newest credit among the last entries."""
    card = situation.profile.card
    earned = [] if card is None else [entry for entry in card.last_entries if entry.points > 0]
    return max(earned, key=lambda entry: entry.at, default=None)


def _last_credit_reason(situation: Situation) -> Value:
    entry = _last_credit(situation)
    return UNKNOWN if entry is None else entry.reason.replace("_", " ")


def _last_credit_at(situation: Situation) -> Value:
    entry = _last_credit(situation)
    return UNKNOWN if entry is None else entry.at


def _registers(situation: Situation) -> Value:
    registers = situation.profile.registers
    return UNKNOWN if registers is None else registers


def _open(situation: Situation) -> Value:
    complaints = situation.profile.complaints_open
    return UNKNOWN if complaints is None else complaints


def _overdue(situation: Situation) -> Value:
    overdue = situation.profile.complaints_overdue
    if overdue is None and situation.profile.complaints_open == 0:
        return 0
    return UNKNOWN if overdue is None else overdue


FACTS: Final = (
    Fact(
        name="number.registers",
        type=FactType.CHOICES,
        about="Registers of people who want no calls that list the dialled number.",
        sent_by="dialer",
        read=_registers,
    ),
    Fact(
        name="number.registers_checked_at",
        type=FactType.INSTANT,
        about="When the dialled number was last looked up in the registers.",
        sent_by="dialer",
        read=lambda s: s.profile.registers_checked_at or UNKNOWN,
    ),
    Fact(
        name="card.tier",
        type=FactType.ORDERED_CHOICE,
        about="How full the engagement card is, by our estimate; unknown counts as neutral.",
        absent_means=TrustTier.UNKNOWN.word,
        choices=TIERS,
        read=_tier,
    ),
    Fact(
        name="card.balance",
        type=FactType.DECIMAL,
        about="The points on the engagement card now, by our estimate.",
        unit="points",
        read=_balance,
    ),
    Fact(
        name="card.confidence",
        type=FactType.DECIMAL,
        about="How sure we are of the card, from 0 (a guess) to 1.",
        absent_means=0.0,
        read=_confidence,
    ),
    Fact(
        name="card.forecast",
        type=FactType.DECIMAL,
        about="The points that this call is expected to earn, by our estimate.",
        unit="points",
        read=lambda s: UNKNOWN if s.forecast is None else s.forecast,
    ),
    Fact(
        name="card.last_credit.reason",
        type=FactType.TEXT,
        about="What the newest credit on the card was for.",
        sent_by="CRM",
        read=_last_credit_reason,
    ),
    Fact(
        name="card.last_credit.at",
        type=FactType.INSTANT,
        about="When the newest credit on the card was earned.",
        sent_by="CRM",
        read=_last_credit_at,
    ),
    Fact(
        name="complaints.open",
        type=FactType.WHOLE_NUMBER,
        about="How many complaints of the customer are open.",
        tell=Tell.VERIFIED,
        sent_by="CRM",
        unit="complaints",
        read=_open,
    ),
    Fact(
        name="complaints.overdue",
        type=FactType.WHOLE_NUMBER,
        about="How many of them are older than the company allows.",
        tell=Tell.VERIFIED,
        sent_by="CRM",
        unit="complaints",
        read=_overdue,
    ),
    Fact(
        name="complaints.topic",
        type=FactType.TEXT,
        about="What the latest complaint is about.",
        tell=Tell.VERIFIED,
        sent_by="CRM",
        read=lambda s: s.profile.complaint_topic or UNKNOWN,
    ),
)
