"""All that is kept of one customer, given out or erased in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from advisor.engagement.card import LedgerEntry
from advisor.engagement.promises import PromiseState
from advisor.engagement.slots import Callbacks
from advisor.facts.situation import Profile
from advisor.facts.vocabulary import Suppression
from advisor.store.call_records import text_of
from advisor.store.customers import contended
from advisor.store.durability import Durability
from advisor.store.errors import Reason, StoreLost
from advisor.store.keys import CustomerKeys
from advisor.store.memories import LONGEST_PAGE, MemoryStore, Remembered
from advisor.store.queued import queue_change
from advisor.store.records import permissions_record
from advisor.store.scripts import Asked, Script, together
from advisor.store.vault import ATTEMPTS, Vault

_ERASE: Final = Script("erase.lua")

#: Why somebody must not be called that holds on when everything else is forgotten: what the
#: customer asked for, and what a court or a death demands. Registers are looked up again.
_HOLDS_ON: Final = frozenset(Suppression) - {
    Suppression.NATIONAL_REGISTRY,
    Suppression.STATE_REGISTRY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """All that is kept of one customer.

    Attributes:
        remembered: Profile, suppressions, consents, contacts, card, facts, complaints, signals.
        ledger: Every credit and debit, newest first.
        others: Further records (sessions, outcomes, decisions, references) by the kind and name of
            their key, as they lie in Redis.
    """

    remembered: Remembered
    ledger: tuple[LedgerEntry, ...]
    others: Mapping[str, str]


class ErasureStore:
    """Gives out and erases all that is kept of a customer."""

    def __init__(self, vault: Vault) -> None:
        """Work on this vault."""
        self._vault = vault
        self._memories = MemoryStore(vault)

    async def export(self, customer_id: str) -> Everything:
        """Return all that is kept of a customer.

        Raises:
            StoreError: It cannot be read.
        """
        owner = self._vault.keys.customer(customer_id)
        remembered = await self._memories.read(customer_id)
        ledger: list[LedgerEntry] = []
        after: int | None = 0
        while after is not None:
            page = await self._memories.ledger(customer_id, after=after, most=LONGEST_PAGE)
            ledger.extend(page.entries)
            after = page.after
        return Everything(
            remembered=remembered, ledger=tuple(ledger), others=await self._others(owner)
        )

    async def erase(self, customer_id: str) -> Durability:
        """Erase all that is kept of a customer, but for the suppressions that must hold on.

        Journal files forget the customer when the erasure is drained to them.

        Returns:
            How safe the erasure is.

        Raises:
            StoreError: It could not be erased, or (TIMEOUT, UNREACHABLE, NOT_DURABLE) may have
                been; erasing again settles it.
        """
        owner = self._vault.keys.customer(customer_id)
        for _attempt in range(ATTEMPTS):
            before = await self._memories.read(customer_id)
            await self._forget_calls(before)
            durability = await self._erased(owner, before)
            if durability is not None:
                return durability
        raise contended()

    async def _forget_calls(self, before: Remembered) -> None:
        """Forget the customer's calls where they are kept by number or by call."""
        asked: list[Asked] = [
            ("HDEL", self._vault.keys.number(contact.number), self._vault.call_name(contact.id))
            for contact in (*before.memory.contacts, *before.memory.holds)
            if contact.number is not None and contact.id is not None
        ]
        asked += [
            ("DEL", f"{stem}:live", f"{stem}:events")
            for contact in (*before.memory.contacts, *before.memory.holds)
            if contact.id is not None
            for stem in (self._vault.keys.call(contact.id),)
        ]
        if asked:
            await self._vault.client.write(lambda redis: together(redis, *asked))

    async def _erased(self, owner: CustomerKeys, before: Remembered) -> Durability | None:
        keys = (
            owner.of.generation,
            owner.profile,
            owner.permissions,
            owner.memory,
            owner.ledger,
            owner.holds,
            owner.index,
            owner.of.open,
            owner.of.journal,
            *owner.of.queue,
        )
        gone = [
            queue_change(each.settled(PromiseState.RELEASED, each.due_at), Callbacks())
            for each in before.memory.promises
        ]
        arguments = (
            _least(before) or b"",
            before.found.permissions or b"",
            owner.name,
            int(self._vault.journaled),
            before.found.memory or b"",
            *(part for each in gone for part in (each.member, each.room)),
        )
        asked: tuple[Asked, ...] = (_ERASE.call(keys, arguments),)
        question = self._vault.promise.question
        if question is not None:
            asked = (*asked, question)
        answers = await self._vault.client.write(lambda redis: together(redis, *asked))
        match text_of(answers[0]):
            case "raced":
                return None
            case "lost":
                raise StoreLost(
                    "What was stored in Redis is gone; nothing was erased.", reason=Reason.LOST
                )
            case _:
                return self._vault.promise.reached(answers[-1])

    async def _others(self, owner: CustomerKeys) -> Mapping[str, str]:
        parts = await self._vault.client.write(lambda redis: redis.zrange(owner.index, 0, -1))
        found: dict[str, str] = {}
        for part in map(text_of, parts):
            key = owner.of.part(part)
            hashed = part.startswith(("session:", "reference:"))
            answer = await self._one("HGETALL" if hashed else "GET", key)
            if answer:
                found[part] = _shown(answer)
        return found

    async def _one(self, command: str, key: str) -> object:
        (answer,) = await self._vault.client.write(lambda redis: together(redis, (command, key)))
        return answer


def _least(before: Remembered) -> bytes | None:
    """Write the suppressions that hold on."""
    known = Profile() if before.stored is None else before.stored.profile
    kept = tuple(each for each in known.suppressions if each.source in _HOLDS_ON)
    return permissions_record(Profile(suppressions=kept), ())


def _shown(answer: object) -> str:
    if isinstance(answer, dict):
        return ", ".join(f"{text_of(name)}={text_of(value)}" for name, value in answer.items())
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
