"""Joining what a caller sends and a CRM keeps with what the service itself remembers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from advisor.engagement.card import Scale, card_of
from advisor.engagement.contacts import Contact
from advisor.facts.memory import LearnedFact, Memory, Reliability
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
        of complaints; and with every learned fact that has not expired and is newer than what was
        observed of the same field.
    """
    known = _with_facts(profile, memory, now, frozenset(catalogue))
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
    sent: History, memory: Memory, *, call_id: str, number: tuple[Contact, ...] = ()
) -> History:
    """Join the history a caller sends with the contacts that are remembered.

    Contacts of one id are one; the remembered one counts. Calls on their way count as attempts,
    except this one. What nobody told and nobody remembers stays unknown.
    """
    ours = tuple(each for each in (*memory.holds, *memory.contacts) if each.id != call_id)
    others = tuple(each for each in number if each.id != call_id)
    if sent.contacts is None and memory.first_at is None:
        return replace(sent, number=others)
    ids = {each.id for each in ours} - {None}
    theirs = tuple(each for each in sent.contacts or () if each.id is None or each.id not in ids)
    joined = sorted((*ours, *theirs), key=lambda each: each.at, reverse=True)
    return replace(sent, contacts=tuple(joined), number=others)


def verification_set(memory: Memory, now: datetime) -> frozenset[str]:
    """Name the learned facts that may be used to verify somebody: only what is relied on.

    A name of which the latest telling is unreliable is left out, whatever was told before.
    """
    return frozenset(
        name
        for name, fact in _latest(memory, now).items()
        if fact.reliability is Reliability.RELIABLE
    )


def _latest(memory: Memory, now: datetime) -> dict[str, LearnedFact]:
    """Return the newest fact of each name that has not expired."""
    found: dict[str, LearnedFact] = {}
    for fact in memory.facts:
        if fact.expires_at is None or fact.expires_at > now:
            found.setdefault(fact.name, fact)
    return found


def _with_facts(
    profile: Profile, memory: Memory, now: datetime, catalogue: frozenset[str]
) -> Profile:
    fields: dict[str, Any] = {}
    attributes: dict[str, Value] = {}
    seen: dict[str, Seen] = {}
    for name, fact in _latest(memory, now).items():
        if profile.seen.get(name, _LONG_AGO).observed_at >= fact.learned_at:
            continue
        if name in REPLACEABLE:
            fields[name] = _value(profile, memory, fact, now)
        elif name in catalogue:
            attributes[name] = fact.value
        else:
            continue
        seen[name] = Seen(observed_at=fact.learned_at, source=fact.source)
    if not seen:
        return profile
    return replace(
        profile,
        **fields,
        attributes=MappingProxyType({**profile.attributes, **attributes}),
        seen=MappingProxyType({**profile.seen, **seen}),
    )


def _value(profile: Profile, memory: Memory, fact: LearnedFact, now: datetime) -> Value:
    """Return what a field is now; words add up, as a second defect does not mend the first."""
    if not isinstance(fact.value, frozenset):
        return fact.value
    words: set[str] = set(getattr(profile, fact.name) or ())
    for other in memory.facts:
        expired = other.expires_at is not None and other.expires_at <= now
        if other.name == fact.name and not expired and isinstance(other.value, frozenset):
            words |= other.value
    return frozenset(words)
