"""Calls in Redis: one command reads all that a decision needs and leaves the call's traces."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from advisor.engagement.contacts import Contact
from advisor.facts.memory import Memory
from advisor.store.call_records import (
    VERSION,
    DecisionRecord,
    ReferenceRecord,
    Snapshot,
    text_of,
    written,
)
from advisor.store.customers import Stored, Unavailable
from advisor.store.errors import Reason, StoreError, StoreUnavailable
from advisor.store.evidence import decision_part, read_snapshot, reference_key
from advisor.store.keys import CustomerKeys
from advisor.store.memory_records import contact_record, read_contact
from advisor.store.queued import CALL_LASTS, Place
from advisor.store.references import new_reference
from advisor.store.retention import milliseconds
from advisor.store.scripts import Argument, Asked, Script, ScriptCall, together
from advisor.store.vault import Vault, open_name

_ADVISE: Final = Script("advise.lua")
_DIALLED: Final = Script("dialled.lua")
_NUMBER: Final = Script("number.lua")
_NUMBERED: Final = Script("numbered.lua")
_RELEASE: Final = Script("release.lua")

#: How many references are drawn before the store is said to be full of them.
_DRAWS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """A call about which advice is asked.

    Attributes:
        call_id: The dialer's id of the call.
        customer_id: Who is rung; None where nobody says.
        digest: A digest of the whole request, in hexadecimal.
        now: The instant of the decision, aware, UTC.
        attempt: How the call counts until its outcome is told: at `now`, without a disposition.
        brand, purpose_id, campaign: What the call's reference stands for.
        promise: Where the promise is that the call is to keep; None for none.
        claim_token: Of the claim; 0 for none.
    """

    call_id: str
    digest: str
    now: datetime
    attempt: Contact
    brand: str
    customer_id: str | None = None
    purpose_id: str | None = None
    campaign: str | None = None
    promise: Place | None = None
    claim_token: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What stands of a call.

    Attributes:
        decision_id: Id of the decision; the same for the same request.
        reference: What a customer may quote; the same for all of a call's requests.
        revision: How often the request has changed, from 1.
        at: The instant to decide for: that of the first time, for the same request.
        repeated: Whether the same request came before.
    """

    decision_id: str
    reference: str
    revision: int
    at: datetime
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What is kept of a call's customer, and what the call left.

    Attributes:
        stored: The profile with suppressions and consents; None where nothing is kept.
        memory: What is remembered; its holds are other calls only.
        number: Contacts with the dialled number, whoever was rung; without this call.
        session: What stands of the call.
        elsewhere: Whether somebody else has claimed the promise that the call is to keep.
        snapshot: The same as records, for `keep_decision`.
    """

    stored: Stored | None
    memory: Memory
    number: tuple[Contact, ...]
    session: Session
    elsewhere: bool
    snapshot: Snapshot


class CallStore:
    """Reads and leaves what belongs to a call."""

    def __init__(self, vault: Vault) -> None:
        """Keep calls in this vault."""
        self._vault = vault

    async def begin(self, call: Beginning) -> Begun | Unavailable:
        """Read what a decision needs, and leave the call's session and hold, in one round trip.

        The same request again leaves nothing more, so a reply that was lost may be asked for
        again. A call with an outcome leaves no hold.

        Returns:
            What was read; `Unavailable` where it cannot be known. Nothing is raised for the
            store's sake, as a call goes on without it.
        """
        owner = self._vault.keys.owner(call.customer_id, call.call_id)
        try:
            for _draw in range(_DRAWS):
                begun = await self._begun(call, owner)
                if begun is not None:
                    return begun
        except StoreError as error:
            return Unavailable(reason=error.reason)
        return Unavailable(reason=Reason.CONTENDED)

    async def release(self, call: Beginning, decision_id: str) -> None:
        """Take back the hold of a call that is not made, off the caller's path.

        Nothing happens where the call has been decided anew since, or was dialled all the same.

        Raises:
            StoreError: It could not be taken back; it counts as an attempt until it is settled.
        """
        owner = self._vault.keys.owner(call.customer_id, call.call_id)
        name = self._vault.call_name(call.call_id)
        release = _RELEASE.call(
            (owner.holds, owner.of.part(f"session:{name}"), owner.of.open),
            (decision_id, name, open_name(owner, name)),
        )
        (released,) = await self._vault.client.write(lambda redis: together(redis, release))
        if released == 1 and call.attempt.number is not None:
            forget = self._numbered(call.attempt.number, name, b"")
            await self._vault.client.write(lambda redis: together(redis, forget))

    async def dialled(self, call: Beginning) -> None:
        """Hold a call that was dialled as an attempt, whatever the advice on it was.

        A call with an outcome leaves no hold, and one that is held already stays as it is.

        Raises:
            StoreError: It may or may not count; the same again settles it.
        """
        owner = self._vault.keys.owner(call.customer_id, call.call_id)
        name = self._vault.call_name(call.call_id)
        settled_at = call.now + self._vault.retention.settle
        record = contact_record(call.attempt)
        asked: list[Asked] = [
            _DIALLED.call(
                (
                    owner.holds,
                    owner.of.part(f"session:{name}"),
                    self._vault.outcome(owner, name),
                    owner.of.open,
                ),
                (name, record, int(settled_at.timestamp() * 1000), open_name(owner, name)),
            )
        ]
        number = call.attempt.number
        if number is not None:
            arguments = (name, record, self._number_life)
            asked.append(_NUMBER.call((self._vault.keys.number(number),), arguments))
        await self._vault.client.write(lambda redis: together(redis, *asked))

    async def numbered(self, number: str) -> tuple[Contact, ...]:
        """Read the contacts with a number, whoever was rung.

        Raises:
            StoreError: They cannot be read.
        """
        asked = _NUMBER.call((self._vault.keys.number(number),), ("", b"", self._number_life))
        (answer,) = await self._vault.client.write(lambda redis: together(redis, asked))
        records = answer if isinstance(answer, list) else []
        return tuple(read_contact(text_of(record)) for record in records)

    async def settle_number(self, contact: Contact, call_id: str) -> None:
        """Enter a call's outcome in the register of the number it dialled, after it is stored.

        Raises:
            StoreError: It could not be; the call counts there as an attempt of unknown outcome.
        """
        if contact.number is None:
            return
        asked = self._numbered(
            contact.number, self._vault.call_name(call_id), contact_record(contact)
        )
        await self._vault.client.write(lambda redis: together(redis, asked))

    async def enter_numbers(self, contacts: Iterable[Contact], now: datetime) -> None:
        """Enter past calls in the registers of the numbers they dialled; the same again is one.

        Args:
            contacts: Those that are remembered. One without id or number, or that no longer counts
                for its number, is left out.
            now: Aware, UTC.

        Raises:
            StoreError: They could not be entered; some may have been.
        """
        life = self._vault.retention.number
        asked = [
            self._numbered(each.number, self._vault.call_name(each.id), contact_record(each))
            for each in contacts
            if each.number is not None and each.id is not None and now - each.at < life
        ]
        if asked:
            await self._vault.client.write(lambda redis: together(redis, *asked))

    async def _begun(self, call: Beginning, owner: CustomerKeys) -> Begun | None:
        expected = self._vault.marks.expected(owner.shard)
        name = self._vault.call_name(call.call_id)
        asked: list[Asked] = [self._advise(call, owner, name)]
        number = call.attempt.number
        if number is not None:
            asked.append(
                _NUMBER.call(
                    (self._vault.keys.number(number),),
                    (name, contact_record(call.attempt), self._number_life),
                )
            )
        answers = await self._vault.client.read(lambda redis: together(redis, *asked))
        found = answers[0]
        if not isinstance(found, list):
            raise StoreUnavailable("Redis answered something else.", reason=Reason.OTHER)
        self._vault.marks.check(owner.shard, expected, found[0])
        if len(found) == 1:
            return None
        return _begun(found, name, answers[1] if number is not None else ())

    def _advise(self, call: Beginning, owner: CustomerKeys, name: str) -> ScriptCall:
        keys, retention = self._vault.keys, self._vault.retention
        reference = new_reference(owner.shard)
        decision_id = f"{owner.shard:02x}{uuid.uuid4().hex[2:]}"
        referred = ReferenceRecord(
            version=VERSION,
            call_id=call.call_id,
            brand=call.brand,
            at=call.now,
            customer_id=call.customer_id,
            purpose_id=call.purpose_id,
            campaign=call.campaign,
        )
        settled_at = call.now + retention.settle
        return _ADVISE.call(
            (
                owner.of.generation,
                owner.profile,
                owner.permissions,
                owner.memory,
                owner.holds,
                owner.index,
                owner.of.part(f"session:{name}"),
                self._vault.outcome(owner, name),
                reference_key(keys, owner.shard, reference),
                owner.of.open,
                *owner.of.queue[:4],
                owner.of.fence,
            ),
            (
                call.digest,
                decision_id,
                reference,
                call.now.isoformat(),
                milliseconds(retention.session),
                written(referred),
                milliseconds(retention.reference),
                name,
                contact_record(call.attempt),
                int(settled_at.timestamp() * 1000),
                open_name(owner, name),
                decision_part(decision_id),
                milliseconds(retention.decision),
                _kept_here(call.promise, owner),
                str(call.claim_token),
                milliseconds(CALL_LASTS),
            ),
        )

    @property
    def _number_life(self) -> int:
        return milliseconds(self._vault.retention.number)

    def _numbered(self, number: str, name: str, record: bytes) -> ScriptCall:
        arguments: tuple[Argument, ...] = (name, record, self._number_life)
        return _NUMBERED.call((self._vault.keys.number(number),), arguments)


def decision_record(
    begun: Begun, call: Beginning, *, pack_version: str, request: bytes, response: bytes
) -> DecisionRecord:
    """Put together what explains a decision, for `EvidenceStore.keep_decision`."""
    return DecisionRecord(
        version=VERSION,
        decision_id=begun.session.decision_id,
        call_id=call.call_id,
        at=begun.session.at,
        pack_version=pack_version,
        request=request,
        response=response,
        snapshot=begun.snapshot,
    )


def _begun(found: Sequence[object], name: str, number: object) -> Begun:
    """Read what the script gave; see `advise.lua`."""
    _mark, profile, permissions, memory, holds, *session, elsewhere = found
    decision, reference, revision, at, repeated = session
    snapshot = Snapshot(
        profile=text_of(profile),
        permissions=text_of(permissions),
        memory=text_of(memory),
        holds=_others(holds, name),
        number=tuple(text_of(record) for record in number) if isinstance(number, list) else (),
    )
    stored, remembered, contacts = read_snapshot(snapshot)
    return Begun(
        stored=stored,
        memory=remembered,
        number=contacts,
        session=Session(
            decision_id=text_of(decision),
            reference=text_of(reference),
            revision=int(text_of(revision)),
            at=datetime.fromisoformat(text_of(at)),
            repeated=repeated == 1,
        ),
        elsewhere=elsewhere == 1,
        snapshot=snapshot,
    )


def _kept_here(promise: Place | None, owner: CustomerKeys) -> str:
    """Name a promise in the queue; one to somebody else is none of this call's."""
    here = promise is not None and (promise.shard, promise.customer) == (owner.shard, owner.name)
    return promise.member if promise is not None and here else ""


def _others(holds: object, name: str) -> tuple[str, ...]:
    """Return the holds of other calls."""
    if not isinstance(holds, list):
        return ()
    pairs = zip(holds[::2], holds[1::2], strict=True)
    return tuple(text_of(record) for held, record in pairs if text_of(held) != name)
