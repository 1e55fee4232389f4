"""What an outcome does to what is remembered: two stages, and a correction that undoes it all.

First: was a human reached? Only then: what did they want? So a call that nobody answered can never
become a refusal, and a hang-up never an opt-out, which takes the customer's own words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from advisor.engagement.card import EntryType, LedgerEntry, posted
from advisor.engagement.contacts import Contact, Disposition
from advisor.engagement.promises import Promise, bounded_promises
from advisor.facts.memory import QUIET_TIMES, Complaint, LearnedFact, Memory, Reliability
from advisor.facts.merge import Lift
from advisor.facts.situation import History, Profile, Situation, Suppressed
from advisor.facts.vocabulary import PurposeKind, Suppression
from advisor.guidance.earning import (
    Happening,
    brand_in,
    call_in,
    earned,
    occasion_in,
    outcome_facts,
)
from advisor.guidance.guide import Guide
from advisor.guidance.promising import by_outcome, by_time, undone

#: What a memory keeps at most; older contacts stay in the record of calls.
CONTACTS: Final = 200
CONTACTS_FOR: Final = timedelta(days=400)
FACTS: Final = 100
#: Hours that the customer stated, beyond the facts that are kept for being new.
OWN_HOURS: Final = 50
COMPLAINTS: Final = 50
SIGNALS: Final = 50

#: Suppressions that dispositions write; opt-outs by the customer's explicit words alone.
_SUPPRESSES: Final = {
    Disposition.DNC_ALL: Suppression.INTERNAL,
    Disposition.DNC_THIS_PURPOSE: Suppression.PURPOSE_OPT_OUT,
    Disposition.DECEASED: Suppression.DECEASED,
}


class OutcomeRefused(ValueError):
    """An outcome that cannot be settled as it is told; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a call came out, as somebody tells it.

    Attributes:
        id: The caller's id of this telling.
        contact: The call; its `id` is the call's, and its disposition is known.
        closed: Whether the agent took leave before the call ended; None where nobody says.
        items_used: Ids (``rule/item``) of the items that were used.
        comment: What the customer said, in their words; without card-like digits.
        learned: What the call taught.
        corrects: Id of the telling that this one replaces; None for the first.
        basis: Of a correction: why the first was wrong.
    """

    id: str
    contact: Contact
    closed: bool | None = None
    items_used: tuple[str, ...] = ()
    comment: str | None = None
    learned: tuple[LearnedFact, ...] = ()
    corrects: str | None = None
    basis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What an earlier outcome of the same call did, as far as a correction must undo it.

    Attributes:
        id: Id of the outcome.
        corrects: Id of the one it corrected.
        entries: What it appended to the ledger, without reversals.
        suppressed: Suppressions that were not there before it.
        tried: Ids of promises that count as rung at in time since it.
    """

    id: str
    corrects: str | None = None
    entries: tuple[LedgerEntry, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What is to be stored for an outcome or a signal.

    Attributes:
        memory: What is remembered after it.
        entries: What to append to the ledger, reversals first.
        promises: Promises that changed, as they stand now.
        suppressed: Suppressions to add.
        lifts: Suppressions to lift, because an outcome that added them was corrected.
        settled: What a later correction must know; None for a signal, and for an outcome that
            had been corrected before it arrived.
    """

    memory: Memory
    entries: tuple[LedgerEntry, ...] = ()
    promises: tuple[Promise, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    lifts: tuple[Lift, ...] = ()
    settled: Settled | None = None


def settle(
    guide: Guide,
    memory: Memory,
    profile: Profile,
    outcome: Outcome,
    now: datetime,
    *,
    first: Settled | None = None,
) -> Settlement:
    """Work out what an outcome changes.

    Args:
        guide: The pack whose engagement rules say what it earned.
        memory: What is remembered.
        profile: What is known of the customer.
        outcome: What is told.
        now: When it is told, aware, UTC.
        first: What settled the call before; None where nothing did.

    Returns:
        What is to be stored. An outcome that arrives after its own correction changes nothing.

    Raises:
        OutcomeRefused: It contradicts itself, or the call is settled and it corrects nothing.
    """
    _plausible(outcome)
    if first is not None and first.corrects == outcome.id:
        return Settlement(memory=memory)
    if first is not None and first.id != outcome.corrects:
        raise OutcomeRefused(
            "The call has an outcome already. To correct it, send a new outcome_id with the first"
            " one in corrects, and the basis."
        )
    before = memory
    reversals: tuple[LedgerEntry, ...] = ()
    lifts: tuple[Lift, ...] = ()
    if first is not None:
        before, reversals = _undone(memory, first, outcome.contact.id)
        lifts = _lifted(profile, first, outcome, now)
    known = replace(profile, suppressions=_without(profile.suppressions, lifts))
    entries = earned(
        guide,
        Happening(
            at=outcome.contact.at,
            cause=outcome.id,
            known=_known(guide, before, known, outcome.contact, now),
            stated=outcome_facts(outcome.contact, closed=outcome.closed),
        ),
        corrects=outcome.corrects is not None,
    )
    suppressed = suppressed_by(outcome.contact)
    new = tuple(each for each in suppressed if not _covered(each, known.suppressions))
    after = _remembered(before, outcome)
    after = replace(after, account=posted(memory.account, (*reversals, *entries)))
    kept = by_outcome(guide, after, outcome.contact, now, outcome_id=outcome.id)
    barred = replace(known, suppressions=(*known.suppressions, *new))
    over = by_time(guide, kept.memory, barred, now, by=outcome.id)
    earned_here = tuple(each for each in kept.entries if each.type is not EntryType.REVERSAL)
    released = tuple(
        entry for each in over.promises if each.settled_by == outcome.id for entry in each.booked
    )
    return Settlement(
        memory=bounded(over.memory, now),
        entries=(*reversals, *entries, *kept.entries, *over.entries),
        promises=_changed(memory.promises, over.memory.promises),
        suppressed=new,
        lifts=lifts,
        settled=Settled(
            id=outcome.id,
            corrects=outcome.corrects,
            entries=(*entries, *earned_here, *released),
            suppressed=new,
            tried=_tried(before.promises, over.memory.promises),
        ),
    )


def _tried(before: Iterable[Promise], after: Iterable[Promise]) -> tuple[str, ...]:
    """Return the ids of promises that count as rung at in time only now."""
    known = {each.id for each in before if each.attempted}
    return tuple(each.id for each in after if each.attempted and each.id not in known and each.id)


def _changed(before: Iterable[Promise], after: Iterable[Promise]) -> tuple[Promise, ...]:
    """Return the promises that are not as they were, those that a correction opens included."""
    known = {each.id: each for each in before}
    return tuple(each for each in after if known.get(each.id) != each)


def bounded(memory: Memory, now: datetime) -> Memory:
    """Leave out what a decision no longer needs: the old, the expired, the too many."""
    open_first = sorted(memory.complaints, key=lambda each: each.closed_at is not None)
    return replace(
        memory,
        contacts=tuple(each for each in memory.contacts[:CONTACTS] if now - each.at < CONTACTS_FOR),
        facts=_standing(memory.facts, now),
        complaints=tuple(open_first[:COMPLAINTS]),
        promises=bounded_promises(memory.promises, now),
        signals=tuple(
            each for each in memory.signals if each.expires_at is None or each.expires_at > now
        )[:SIGNALS],
    )


def _standing(facts: Iterable[LearnedFact], now: datetime) -> tuple[LearnedFact, ...]:
    """Leave out the expired and the too many; hours that the customer forbade make no room."""
    held = [each for each in facts if each.expires_at is None or each.expires_at > now]
    own = [each for each in held[FACTS:] if each.name == QUIET_TIMES and each.source == "stated"]
    return (*held[:FACTS], *own[:OWN_HOURS])


def with_contact(memory: Memory, contact: Contact) -> Memory:
    """Add a contact, newest first; of one id the one that is added counts."""
    others = [each for each in memory.contacts if each.id is None or each.id != contact.id]
    contacts = sorted([contact, *others], key=lambda each: each.at, reverse=True)
    return replace(memory, contacts=tuple(contacts), first_at=_first(memory, contact.at))


def with_facts(memory: Memory, facts: Iterable[LearnedFact]) -> Memory:
    """Add what was learned, newest first; of one name and cause the one that is added counts.

    What says otherwise than somebody told us before is marked, and verifies nobody until it has
    been confirmed: it is asked about again, gently, and nobody is accused (004-33). Words add up,
    and contradict nothing.
    """
    told = tuple(facts)
    keys = {(each.name, each.cause) for each in told}
    kept = [each for each in memory.facts if (each.name, each.cause) not in keys]
    before = {each.name: each.value for each in reversed(kept)}
    new = [
        replace(each, reliability=Reliability.CONTRADICTED)
        if each.reliability is Reliability.RELIABLE
        and not isinstance(each.value, frozenset)
        and before.get(each.name, each.value) != each.value
        else each
        for each in told
    ]
    ordered = sorted([*new, *kept], key=lambda each: each.learned_at, reverse=True)
    return replace(memory, facts=tuple(ordered))


def suppressed_by(contact: Contact) -> tuple[Suppressed, ...]:
    """Return the suppression that a customer's words in a contact bring about, if any."""
    disposition = contact.disposition
    source = None if disposition is None else _SUPPRESSES.get(disposition)
    if source is None:
        return ()
    kinds: frozenset[PurposeKind] = frozenset()
    # Where nobody knows what the call was for, no purpose is left that was not meant.
    if source is Suppression.PURPOSE_OPT_OUT and contact.kind is not None:
        kinds = frozenset({PurposeKind(contact.kind)})
    return (Suppressed(source=source, purpose_kinds=kinds, captured_at=contact.at),)


def _plausible(outcome: Outcome) -> None:
    contact = outcome.contact
    disposition = contact.disposition
    if disposition is None:
        raise OutcomeRefused("An outcome says how the call came out: disposition is missing.")
    if contact.reached_human is False and disposition.human:
        raise OutcomeRefused(
            f"{disposition.value} takes a person who was reached, and reached_human says that"
            " nobody was."
        )
    if contact.reached_human and not disposition.human:
        raise OutcomeRefused(
            f"{disposition.value} is a call that nobody answered, and reached_human says that"
            " somebody did. Send the disposition of the conversation."
        )
    if outcome.corrects is not None and not outcome.basis:
        raise OutcomeRefused("A correction says why the first outcome was wrong: basis is missing.")


def _undone(
    memory: Memory, first: Settled, call_id: str | None
) -> tuple[Memory, tuple[LedgerEntry, ...]]:
    """Take back what an outcome left, but for the account, which only ever grows."""
    opened, reversals = undone(memory, first.id, call_id, first.tried)
    return (
        replace(
            opened,
            facts=tuple(each for each in memory.facts if each.cause != first.id),
            complaints=tuple(each for each in memory.complaints if each.id != first.id),
        ),
        (*(entry.reversed() for entry in first.entries), *reversals),
    )


def _lifted(profile: Profile, first: Settled, outcome: Outcome, now: datetime) -> tuple[Lift, ...]:
    """Lift what only the corrected outcome had brought about.

    Where the same source suppresses something else as well, nothing is lifted: a suppression too
    many is put right by a person, one too few by nobody.
    """
    stays = {each.source for each in suppressed_by(outcome.contact)}
    return tuple(
        Lift(source=each.source, basis=f"corrected: {outcome.basis}", lifted_at=now)
        for each in first.suppressed
        if each.source not in stays
        and sum(other.source is each.source for other in profile.suppressions) == 1
    )


def _without(
    suppressions: tuple[Suppressed, ...], lifts: tuple[Lift, ...]
) -> tuple[Suppressed, ...]:
    sources = {lift.source for lift in lifts}
    return tuple(each for each in suppressions if each.source not in sources)


def _covered(new: Suppressed, standing: Iterable[Suppressed]) -> bool:
    return any(
        each.source is new.source
        and each.purpose_kinds == new.purpose_kinds
        and each.ends_at is None
        for each in standing
    )


def _remembered(memory: Memory, outcome: Outcome) -> Memory:
    contact = outcome.contact
    after = with_facts(with_contact(memory, contact), outcome.learned)
    if contact.disposition is Disposition.COMPLAINT_RAISED:
        complaint = Complaint(id=outcome.id, opened_at=contact.at, topic=contact.topic)
        after = replace(after, complaints=(complaint, *after.complaints))
    holds = tuple(each for each in after.holds if each.id != contact.id)
    return replace(after, holds=holds)


def _known(
    guide: Guide, memory: Memory, profile: Profile, contact: Contact, now: datetime
) -> Situation:
    return Situation(
        now=now,
        call=call_in(contact),
        occasion=occasion_in(guide, contact),
        brand=brand_in(guide, contact.brand),
        profile=profile,
        history=History(
            contacts=tuple(each for each in memory.contacts if each.id != contact.id),
            promises=tuple(each.at(now) for each in memory.promises),
        ),
        memory=memory,
    )


def _first(memory: Memory, at: datetime) -> datetime:
    return at if memory.first_at is None else min(memory.first_at, at)
