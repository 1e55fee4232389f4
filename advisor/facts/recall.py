"""Joining what a caller sends and a CRM keeps with what the service itself remembers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from advisor.engagement.calendars import QuietSource, QuietTime
from advisor.engagement.card import Scale, card_of
from advisor.engagement.contacts import Contact
from advisor.engagement.promises import Promise
from advisor.engagement.quiet_words import quiet_time_in
from advisor.facts.memory import QUIET_TIMES, LearnedFact, Memory, Reliability
from advisor.facts.merge import REPLACEABLE
from advisor.facts.situation import History, Profile, Seen
from advisor.facts.values import Value

_LONG_AGO: Final = Seen(observed_at=datetime.min.replace(tzinfo=UTC))


def recalled(
    profile: Profile, memory: Memory, now: datetime, scale: Scale, catalogue: Iterable[str] = ()
) -> Profile:
    """Join into a profile what was learned, what is complained of, and what was earned.

    Args:
        profile: What was sent and what is cached.
        memory: What is remembered.
        now: Aware instant.
        scale: How points become a tier.
        catalogue: Full names of the company's own facts that the pack still declares.

    Returns:
        A profile whose card is the ledger's, where the ledger has entries; with the higher count
        of complaints; and with what was learned, as `with_learned` joins it.
    """
    known = with_learned(profile, memory.facts, now, catalogue)
    card = card_of(memory.account, now, scale)
    if card is not None:
        known = replace(known, card=card)
    still = [each for each in memory.complaints if each.closed_at is None]
    if not still:
        return known
    late = sum(each.due_at is not None and each.due_at <= now for each in still)
    newest = max(still, key=lambda each: each.opened_at)
    return replace(
        known,
        complaints_open=max(known.complaints_open or 0, len(still)),
        complaints_overdue=max(known.complaints_overdue or 0, late),
        complaint_topic=known.complaint_topic or newest.topic,
    )


def history_of(
    sent: History,
    memory: Memory,
    now: datetime,
    *,
    call_id: str,
    number: tuple[Contact, ...] = (),
) -> History:
    """Join the history a caller sends with the contacts and promises that are remembered.

    Contacts, and promises, of one id are one; the remembered one counts. Calls on their way count
    as attempts, except this one. What nobody told and nobody remembers stays unknown.
    """
    sent = replace(sent, promises=_promises(sent, memory, now))
    ours = tuple(each for each in (*memory.holds, *memory.contacts) if each.id != call_id)
    others = tuple(each for each in number if each.id != call_id)
    if sent.contacts is None and memory.first_at is None:
        return replace(sent, number=others)
    ids = {each.id for each in ours} - {None}
    theirs = tuple(each for each in sent.contacts or () if each.id is None or each.id not in ids)
    joined = sorted((*ours, *theirs), key=lambda each: each.at, reverse=True)
    return replace(sent, contacts=tuple(joined), number=others)


def _promises(sent: History, memory: Memory, now: datetime) -> tuple[Promise, ...]:
    ids = {each.id for each in memory.promises}
    theirs = tuple(each for each in sent.promises if each.id is None or each.id not in ids)
    return (*(each.at(now) for each in memory.promises), *theirs)


def verification_set(memory: Memory, now: datetime) -> frozenset[str]:
    """Name the learned facts that may be used to verify somebody: only what is relied on.

    A name of which the latest telling is unreliable is left out, whatever was told before.
    """
    return frozenset(
        name
        for name, fact in _latest(memory, now).items()
        if fact.reliability is Reliability.RELIABLE
    )


def with_learned(
    profile: Profile, facts: Sequence[LearnedFact], now: datetime, catalogue: Iterable[str] = ()
) -> Profile:
    """Join into a profile what was learned.

    Args:
        profile: What was sent and what is cached.
        facts: What was learned, newest first.
        now: Aware instant.
        catalogue: Full names of the company's own facts that the pack still declares.

    Returns:
        A profile with every learned fact that has not expired and is newer than what was observed
        of the same field. Quiet times add up whatever their age: what is sent with a call takes
        none back, and an update that names them takes them out of what was learned.
    """
    own = frozenset(catalogue)
    standing = [each for each in facts if each.expires_at is None or each.expires_at > now]
    fields: dict[str, Any] = {}
    attributes: dict[str, Value] = {}
    seen: dict[str, Seen] = {}
    for name, fact in _newest(standing).items():
        older = profile.seen.get(name, _LONG_AGO).observed_at >= fact.learned_at
        if older and name != QUIET_TIMES:
            continue
        if name in REPLACEABLE:
            fields[name] = _value(profile, standing, fact)
        elif name in own:
            attributes[name] = fact.value
        else:
            continue
        if not older:
            seen[name] = Seen(observed_at=fact.learned_at, source=fact.source)
    if not fields and not attributes:
        return profile
    return replace(
        profile,
        **fields,
        attributes=MappingProxyType({**profile.attributes, **attributes}),
        seen=MappingProxyType({**profile.seen, **seen}),
    )


def quiet_times_of(fact: LearnedFact) -> Iterator[QuietTime]:
    """Iterate over the quiet times that a learned fact of `QUIET_TIMES` says."""
    for words in sorted(fact.value) if isinstance(fact.value, frozenset) else ():
        quiet = quiet_time_in(words)
        if quiet is not None:
            stated = fact.source == QuietSource.STATED
            yield replace(
                quiet,
                source=QuietSource.STATED if stated else QuietSource.LEARNED,
                confidence=fact.confidence,
                expires_at=fact.expires_at,
            )


def taken_back(fact: LearnedFact, profile: Profile, observed_at: datetime) -> bool:
    """Tell whether an update of a fact's field, observed then, leaves nothing of the fact.

    What the update says again stays what was learned, with its source and its end.

    Args:
        fact: What was learned.
        profile: What the update says; it names the fact's field.
        observed_at: When that was observed, aware, UTC.
    """
    if fact.learned_at > observed_at:
        return False
    told = getattr(profile, fact.name)
    if fact.name == QUIET_TIMES:
        hours = {(each.days, each.window, each.zone) for each in told or ()}
        return any(
            (each.days, each.window, each.zone) not in hours for each in quiet_times_of(fact)
        )
    if isinstance(fact.value, frozenset):
        return not fact.value <= (told or frozenset())
    return bool(fact.value != told)


def _latest(memory: Memory, now: datetime) -> dict[str, LearnedFact]:
    """Return the newest fact of each name that has not expired."""
    return _newest(
        fact for fact in memory.facts if fact.expires_at is None or fact.expires_at > now
    )


def _newest(facts: Iterable[LearnedFact]) -> dict[str, LearnedFact]:
    found: dict[str, LearnedFact] = {}
    for fact in facts:
        found.setdefault(fact.name, fact)
    return found


def _value(profile: Profile, standing: Iterable[LearnedFact], fact: LearnedFact) -> object:
    """Return what a field is now; words add up, as a second defect does not mend the first."""
    same = [other for other in standing if other.name == fact.name]
    if fact.name == QUIET_TIMES:
        learned = (quiet for other in same for quiet in quiet_times_of(other))
        return tuple(dict.fromkeys((*(profile.quiet_times or ()), *learned)))
    if not isinstance(fact.value, frozenset):
        return fact.value
    sets = (other.value for other in same if isinstance(other.value, frozenset))
    words: frozenset[str] = frozenset(getattr(profile, fact.name) or ())
    return words.union(*sets)
