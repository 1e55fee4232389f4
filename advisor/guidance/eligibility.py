"""May we call this person, now, for this? All reasons, the strictest decision, and until when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from advisor.engagement.basis import Basis
from advisor.engagement.promises import EARLY, PromiseState
from advisor.facts.builtin.promise import promise_of
from advisor.facts.values import possible_values
from advisor.facts.view import Facts
from advisor.facts.vocabulary import (
    ConsentState,
    ConsentType,
    Decision,
    EvaluationClass,
    LegalClass,
    ReasonCode,
)
from advisor.guidance.context import Grounds
from advisor.guidance.decision import Reason, Verdict
from advisor.guidance.suppressions import blocks, is_duty
from advisor.guidance.timing import Timing
from advisor.rules.pack import Pack, Rule

#: A window that closes later than this needs no second look now.
SOON: Final = timedelta(minutes=5)

_CALLBACK_CONSENT: Final = f"customer.consent.{ConsentType.CALLBACK_REQUEST.value}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and when it may change although nothing else happens.

    Attributes:
        closes: When a window closes, if that is soon.
    """

    verdict: Verdict
    closes: datetime | None


def verdict_of(pack: Pack, rules: Iterable[Rule], facts: Facts, grounds: Grounds) -> Judged:
    """Judge one call at one instant.

    Args:
        pack: Its calendars and limits.
        rules: The eligibility rules that matched.
        facts: What is so.
        grounds: Names the facts that a rule rests on.

    Returns:
        The strictest decision with every reason that applies, whatever the order of the rules.
    """
    own_wish = wished_for(facts)
    timing = Timing(
        pack,
        facts,
        _timely(facts, own_wish=own_wish and not _has_moved(facts)),
        limits=_timely(facts, own_wish=own_wish),
    )
    reasons = [
        *blocks(facts),
        *(
            reason
            for reason in _ruled(rules, facts, grounds)
            if not (own_wish and reason.basis <= Basis.POLICY)
        ),
        *timing.reasons(),
        *_stale(facts),
        *_elsewhere(facts),
    ]
    if not reasons:
        return Judged(Verdict(decision=Decision.ALLOW), timing.closes(SOON))
    reasons.sort(key=lambda reason: (reason.decision, -reason.basis, reason.rule, reason.code))
    decision = reasons[0].decision
    if decision is not Decision.DEFER:
        return Judged(Verdict(decision=decision, reasons=tuple(reasons)), timing.closes(SOON))
    not_before = _not_before(reasons, timing, facts.situation.now)
    return Judged(
        Verdict(
            decision=decision,
            reasons=tuple(reasons),
            not_before=not_before,
            windows=() if not_before is None else timing.windows(not_before),
        ),
        timing.closes(SOON),
    )


def wished_for(facts: Facts) -> bool:
    """Tell whether the customer asked for this call: a promise that is due, or their consent.

    Such a wish lifts what rests on policy or less, never law, safety or the customer's own word.
    """
    if facts.value(_CALLBACK_CONSENT) == ConsentState.GIVEN.value:
        return True
    state = facts.value("promise.state")
    if state == PromiseState.DUE.value:
        return True
    if state != PromiseState.MADE.value:
        return False
    due_at = facts.value("promise.due_at")
    return not isinstance(due_at, datetime) or due_at <= facts.situation.now + EARLY


def _has_moved(facts: Facts) -> bool:
    """Tell whether no clock where the customer may be shows the time that was agreed.

    They asked for an hour of their day; where that is another hour by now, politeness decides anew.
    """
    promise = promise_of(facts.situation)
    if promise is None or promise.zone is None or not facts.worlds:
        return False
    agreed = facts.situation.now.astimezone(ZoneInfo(promise.zone)).utcoffset()
    return all(world.local.utcoffset() != agreed for world in facts.worlds)


def _timely(facts: Facts, *, own_wish: bool) -> Callable[[Basis], bool]:
    """Return whether calendars, limits and quiet times of a basis count for this call."""
    if facts.situation.occasion.legal_class is LegalClass.EMERGENCY:
        return lambda basis: basis >= Basis.SAFETY
    if own_wish:
        return lambda basis: basis > Basis.POLICY
    return lambda _basis: True


def _ruled(rules: Iterable[Rule], facts: Facts, grounds: Grounds) -> Iterator[Reason]:
    for rule in rules:
        ruling = rule.ruling
        if ruling is None:
            continue
        used, unsure = grounds(rule)
        yield Reason(
            code=ruling.reason,
            decision=ruling.decision,
            text=rule.because,
            rule=rule.id,
            basis=rule.basis,
            until=None if ruling.until is None else _ends(facts, ruling.until),
            source=rule.source,
            facts=used,
            unsure=unsure,
        )


def _ends(facts: Facts, name: str) -> datetime | None:
    """Return the latest instant a fact may be; None where no end is known, or it has passed."""
    ends = possible_values(facts.value(name))
    instants = [end for end in ends if isinstance(end, datetime)]
    if not ends or len(instants) < len(ends):
        return None
    latest = max(instants)
    return latest if latest > facts.situation.now else None


def _stale(facts: Facts) -> Iterator[Reason]:
    """Yield the reason of a call not yet dialled whose customer's state could not be read."""
    situation = facts.situation
    if situation.state_missing is None or situation.call.dialled:
        return
    if is_duty(situation) or situation.occasion.evaluation_class is EvaluationClass.MANDATORY:
        return
    yield Reason(
        code=ReasonCode.CONTEXT_STALE,
        decision=Decision.DEFER,
        text="What we know of the customer cannot be read now, and a call can wait.",
        rule="guard/state",
        basis=Basis.SAFETY,
    )


def _elsewhere(facts: Facts) -> Iterator[Reason]:
    """Yield the reason of a promised call that somebody else is making."""
    call = facts.situation.call
    if call.promise_elsewhere and not call.dialled:
        yield Reason(
            code=ReasonCode.PROMISE_DUE_ELSEWHERE,
            decision=Decision.DEFER,
            text="Somebody else has claimed this promise; the claim named here has ended.",
            rule="guard/claim",
            basis=Basis.SAFETY,
        )


def _not_before(reasons: Iterable[Reason], timing: Timing, now: datetime) -> datetime | None:
    """Return the first instant at which every deferring reason has passed and a window is open."""
    earliest = now
    for reason in reasons:
        if reason.decision is Decision.DEFER:
            if reason.until is None:
                return None
            earliest = max(earliest, reason.until)
    return timing.next_allowed(earliest)
