"""Joining what happened before, as two sources tell it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime
from typing import Final

from advisor.engagement.contacts import Contact
from advisor.engagement.promises import Promise
from advisor.facts.situation import History

#: What tells two contacts of one instant apart.
_IDENTITY: Final = ("channel", "number", "direction")


def merged_history(known: History, told: History) -> History:
    """Join two histories; what both tell counts once.

    A contact is the same if it began at the same instant, on the same number and channel where
    both say; then what one leaves open is taken from the other, and `told` settles what they
    disagree on. A promise is the same by its id, or else by its matter and time.

    Args:
        known: What was known before.
        told: What is told now.

    Returns:
        All contacts and promises, newest first; contacts stay unknown where neither knows.
    """
    contacts: tuple[Contact, ...] | None = None
    if known.contacts is not None or told.contacts is not None:
        contacts = _contacts(known.contacts or (), told.contacts or ())
    return History(contacts=contacts, promises=_promises(known.promises, told.promises))


def _contacts(known: Iterable[Contact], told: Iterable[Contact]) -> tuple[Contact, ...]:
    by_instant: dict[datetime, list[Contact]] = {}
    for contact in (*known, *told):
        same_instant = by_instant.setdefault(contact.at, [])
        for place, other in enumerate(same_instant):
            if _same(contact, other):
                same_instant[place] = _joined(other, contact)
                break
        else:
            same_instant.append(contact)
    return tuple(each for at in sorted(by_instant, reverse=True) for each in by_instant[at])


def _same(one: Contact, other: Contact) -> bool:
    return all(
        None in (getattr(one, name), getattr(other, name))
        or getattr(one, name) == getattr(other, name)
        for name in _IDENTITY
    )


def _joined(known: Contact, told: Contact) -> Contact:
    said = {
        field.name: getattr(told, field.name)
        for field in fields(Contact)
        if getattr(told, field.name) is not None
    }
    return replace(known, **said)


def _promises(known: Iterable[Promise], told: Iterable[Promise]) -> tuple[Promise, ...]:
    by_identity = {_identity(promise): promise for promise in (*known, *told)}
    return tuple(sorted(by_identity.values(), key=lambda promise: promise.due_at, reverse=True))


def _identity(promise: Promise) -> tuple[object, ...]:
    if promise.id is not None:
        return (promise.id,)
    return (promise.subject, promise.due_at)
