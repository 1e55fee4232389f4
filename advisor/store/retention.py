"""How long each kind of record is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long each kind of record is kept; suppressions and consents are kept for ever.

    Attributes:
        profile: The profile, from its last change.
        memory: Contacts, ledger, facts and signals, from the customer's last change.
        anonymous: The same of a call of which nobody said whose it is.
        session: What a call needs to be asked about again, from its last new context.
        settle: How long a call may be without an outcome before it counts as an attempt of which
            nobody knows how it ended.
        decision: What `ExplainDecision` needs, from the decision.
        reference: The reference that a customer may quote, from the first decision.
        outcome: What a correction needs, from the outcome.
        applied: How long the same outcome or signal may be sent again, from the first time.
        number: A contact in the register of a telephone number.
    """

    profile: timedelta = timedelta(days=30)
    memory: timedelta = timedelta(days=730)
    anonymous: timedelta = timedelta(days=7)
    session: timedelta = timedelta(hours=24)
    settle: timedelta = timedelta(hours=1)
    decision: timedelta = timedelta(days=90)
    reference: timedelta = timedelta(days=30)
    outcome: timedelta = timedelta(days=90)
    applied: timedelta = timedelta(days=7)
    number: timedelta = timedelta(days=40)


def milliseconds(life: timedelta) -> int:
    """Return a duration as Redis takes it; at least one millisecond."""
    return max(1, life // timedelta(milliseconds=1))
