"""Facts of why we ring: the purpose's own attributes.

The facts of an occasion (``purpose.starts_on``) are declared by the purpose in its pack.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from advisor.facts.catalogue import Fact
from advisor.facts.situation import Situation
from advisor.facts.values import UNKNOWN, FactType, Possible, Tell, Value
from advisor.facts.vocabulary import (
    EvaluationClass,
    LegalClass,
    PurposeKind,
    Sensitivity,
    Verification,
)


def _deadline(situation: Situation) -> Value:
    """Read the deadline as a date, whichever of the two the purpose declares."""
    deadline = situation.occasion.deadline
    if isinstance(deadline, Possible):
        return UNKNOWN
    return deadline.date() if isinstance(deadline, datetime) else deadline


FACTS: Final = (
    Fact(
        name="purpose.topic",
        type=FactType.TEXT,
        about="What the call is about, in a few words that give nothing away.",
        tell=Tell.ANYONE,
        sent_by="pack",
    ),
    Fact(
        name="purpose.headline",
        type=FactType.TEXT,
        about="The headline, or the bound of a confidential purpose.",
        tell=Tell.ANYONE,
        sent_by="pack",
    ),
    Fact(
        name="purpose.say",
        type=FactType.TEXT,
        about="The most specific words that may be said now.",
        tell=Tell.ANYONE,
        sent_by="pack",
    ),
    Fact(
        name="purpose.id",
        type=FactType.TEXT,
        about="The id of the purpose in the pack.",
        sent_by="dialer",
        read=lambda s: s.occasion.id,
    ),
    Fact(
        name="purpose.kind",
        type=FactType.CHOICE,
        about="Which kind of call it is.",
        sent_by="pack",
        choices=tuple(kind.value for kind in PurposeKind),
        read=lambda s: s.occasion.kind.value,
    ),
    Fact(
        name="purpose.legal_class",
        type=FactType.CHOICE,
        about="Which body of law the purpose falls under.",
        sent_by="pack",
        choices=tuple(legal.value for legal in LegalClass),
        read=lambda s: s.occasion.legal_class.value,
    ),
    Fact(
        name="purpose.evaluation_class",
        type=FactType.CHOICE,
        about="How strongly the call must be made.",
        sent_by="pack",
        choices=tuple(evaluation.value for evaluation in EvaluationClass),
        read=lambda s: s.occasion.evaluation_class.value,
    ),
    Fact(
        name="purpose.sensitivity",
        type=FactType.ORDERED_CHOICE,
        about="How confidential the subject is.",
        sent_by="pack",
        choices=tuple(sensitivity.word for sensitivity in Sensitivity),
        read=lambda s: s.occasion.sensitivity.word,
    ),
    Fact(
        name="purpose.least_verification",
        type=FactType.ORDERED_CHOICE,
        about="What the customer must have shown before the whole of it may be discussed.",
        sent_by="pack",
        choices=tuple(shown.word for shown in Verification),
        read=lambda s: s.occasion.least_verification.word,
    ),
    Fact(
        name="purpose.subject",
        type=FactType.TEXT,
        about="What the matter is, for limits counted per subject.",
        sent_by="dialer",
        read=lambda s: s.occasion.subject or UNKNOWN,
    ),
    Fact(
        name="purpose.debt_id",
        type=FactType.TEXT,
        about="Which debt it is about, for limits counted per debt.",
        tell=Tell.NOBODY_AT_ALL,
        sent_by="dialer",
        read=lambda s: s.occasion.debt_id or UNKNOWN,
    ),
    Fact(
        name="purpose.deadline",
        type=FactType.DATE,
        about="The day after which the purpose has passed.",
        tell=Tell.CLAIMED,
        sent_by="dialer",
        read=_deadline,
    ),
    Fact(
        name="purpose.relevance",
        type=FactType.TEXT,
        about="A reason for the call that this customer would recognise.",
        tell=Tell.CLAIMED,
        sent_by="dialer",
        read=lambda s: s.occasion.relevance or UNKNOWN,
    ),
    Fact(
        name="purpose.minutes",
        type=FactType.WHOLE_NUMBER,
        about="How long the call will take.",
        tell=Tell.ANYONE,
        sent_by="pack",
        unit="minutes",
        read=lambda s: UNKNOWN if s.occasion.minutes is None else s.occasion.minutes,
    ),
)
