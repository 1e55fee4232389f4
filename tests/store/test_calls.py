"""Calls against a real Redis: one round trip reads all, and leaves what the next one must see."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from advisor.engagement.contacts import Contact, Direction, Disposition
from advisor.facts.memory import Memory
from advisor.facts.situation import Profile, Suppressed
from advisor.facts.vocabulary import Suppression
from advisor.guidance.settling import Settled
from advisor.store.calls import Beginning, Begun, CallStore, decision_record
from advisor.store.client import ClientSettings, StoreClient
from advisor.store.customers import Change, CustomerStore, Unavailable
from advisor.store.embedded.server import EmbeddedServer
from advisor.store.errors import Reason
from advisor.store.evidence import EvidenceStore
from advisor.store.keys import Keys
from advisor.store.memories import MemoryStore, Remembering
from advisor.store.vault import Identity, Vault
from tests.store.vaults import claimed

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_NUMBER = "+441632960000"


@pytest.fixture(name="vault")
async def _vault(redis_url: str, namespace: str) -> AsyncIterator[Vault]:
    client = StoreClient(redis_url, ClientSettings(read_within=5.0))
    yield await claimed(client, Keys(b"a secret of the tests", namespace=namespace))
    await client.aclose()


@pytest.fixture(name="calls")
def _calls(vault: Vault) -> CallStore:
    return CallStore(vault)


def beginning(
    call_id: str = "call-1", *, customer_id: str | None = "K-17", number: str | None = _NUMBER
) -> Beginning:
    """Make a call about which advice is asked."""
    return Beginning(
        call_id=call_id,
        customer_id=customer_id,
        digest=hashlib.sha256(call_id.encode()).hexdigest(),
        now=_NOW,
        attempt=Contact(
            id=call_id,
            at=_NOW,
            direction=Direction.OUTBOUND,
            channel="voice_outbound",
            number=number,
        ),
        brand="shop",
        purpose_id="delivery",
    )


async def began(calls: CallStore, call: Beginning) -> Begun:
    """Begin a call where the store answers."""
    begun = await calls.begin(call)
    assert isinstance(begun, Begun)
    return begun


async def test_first_call_of_a_stranger(calls: CallStore) -> None:
    """Of a new customer nothing is kept, and the call has its own id, reference and revision."""
    begun = await began(calls, beginning())

    assert (begun.stored, begun.memory, begun.number) == (None, Memory(), ())
    assert (begun.session.revision, begun.session.repeated) == (1, False)
    assert len(begun.session.decision_id) == 32
    assert len(begun.session.reference) == 10


async def test_all_is_read_in_one_round_trip(vault: Vault, calls: CallStore) -> None:
    """A call pays for one command on its customer, whatever is kept of them."""
    await CustomerStore(vault).update(
        "K-17",
        Change(
            profile=Profile(
                goal="a house", suppressions=(Suppressed(source=Suppression.INTERNAL),)
            ),
            observed_at=_NOW,
        ),
    )
    await began(calls, beginning("warm"))
    before = await vault.client.read(lambda redis: redis.info("commandstats"))
    begun = await began(calls, beginning(number=None))
    after = await vault.client.read(lambda redis: redis.info("commandstats"))

    def sent(stats: dict[str, dict[str, int]], name: str) -> int:
        return stats.get(name, {"calls": 0})["calls"]

    assert sent(after, "cmdstat_evalsha") - sent(before, "cmdstat_evalsha") == 1
    assert begun.stored is not None
    assert begun.stored.profile.goal == "a house"
    assert begun.stored.profile.suppressions[0].source is Suppression.INTERNAL
    assert [hold.id for hold in begun.memory.holds] == ["warm"]


async def test_same_request_again_is_the_same_decision(calls: CallStore) -> None:
    """The same call with the same context gets its decision, reference and instant back."""
    first = await began(calls, beginning())
    later = replace(beginning(), now=_NOW + timedelta(seconds=9))
    second = await began(calls, later)

    assert second.session == replace(first.session, repeated=True)
    assert second.memory.holds == ()


async def test_changed_context_is_a_new_revision(calls: CallStore) -> None:
    """The same call with another context is decided anew, under the same reference."""
    first = await began(calls, beginning())
    later = _NOW + timedelta(seconds=9)
    second = await began(calls, replace(beginning(), digest="another", now=later))

    assert second.session.decision_id != first.session.decision_id
    assert second.session.reference == first.session.reference
    assert (second.session.revision, second.session.at) == (2, later)


@pytest.mark.parametrize("_time", range(5))
async def test_two_campaigns_race_for_the_last_attempt(calls: CallStore, _time: int) -> None:
    """Of campaigns that ask at the same time, exactly one sees nobody before it."""
    begun = await asyncio.gather(*(began(calls, beginning(f"call-{n}")) for n in range(20)))
    before = sorted(len(each.memory.holds) for each in begun)
    others = sorted(len(each.number) for each in begun)

    assert before == list(range(20))
    assert others == list(range(20))


async def test_number_is_counted_whoever_has_it(calls: CallStore) -> None:
    """Two customers who share a number share its contacts, and nothing else."""
    await began(calls, beginning("call-1", customer_id="K-17"))
    begun = await began(calls, beginning("call-2", customer_id="K-18"))

    assert begun.memory.holds == ()
    assert [contact.id for contact in begun.number] == ["call-1"]


async def test_scripts_that_redis_forgot(own_redis: EmbeddedServer) -> None:
    """A Redis that forgot its scripts, as one does that took over, is taught them on the way."""
    client = StoreClient(own_redis.url, ClientSettings(read_within=5.0))
    calls = CallStore(await claimed(client, Keys(b"a secret of the tests")))
    for number in (None, _NUMBER):
        await client.write(lambda redis: redis.script_flush())
        begun = await began(calls, beginning(f"call-{number}", number=number))
        assert begun.session.revision == 1
    await client.aclose()


async def test_registers_are_bounded(vault: Vault, calls: CallStore) -> None:
    """S10: a test number, or a customer rung without end, does not make later calls dearer."""
    for number in range(120):
        await began(calls, beginning(f"call-{number}"))
    begun = await began(calls, beginning("last"))
    kept = await vault.client.write(lambda redis: redis.hlen(vault.keys.number(_NUMBER)))

    assert (len(begun.number), len(begun.memory.holds)) == (101, 50)
    assert kept == 101
    assert "call-119" in {contact.id for contact in begun.number}


async def test_call_that_is_not_made_is_released(calls: CallStore) -> None:
    """A call that was not allowed counts for nobody."""
    call = beginning()
    begun = await began(calls, call)
    await calls.release(call, begun.session.decision_id)
    next_one = await began(calls, beginning("call-2"))

    assert (next_one.memory.holds, next_one.number) == ((), ())


async def test_a_call_that_was_dialled_all_the_same_counts(calls: CallStore) -> None:
    """What was rung was rung, for the person and the number, once, however late the release is."""
    call = beginning()
    begun = await began(calls, call)
    await calls.release(call, begun.session.decision_id)
    await calls.dialled(call)
    await calls.dialled(call)
    await calls.release(call, begun.session.decision_id)
    next_one = await began(calls, beginning("call-2"))

    assert [hold.id for hold in next_one.memory.holds] == ["call-1"]
    assert [contact.id for contact in next_one.number] == ["call-1"]


async def test_a_call_that_is_known_of_no_more_counts_when_it_was_dialled(
    calls: CallStore,
) -> None:
    """A call to a number that nobody names counts for the person, though its session is gone."""
    await calls.dialled(beginning(number=None))
    next_one = await began(calls, beginning("call-2"))

    assert [hold.id for hold in next_one.memory.holds] == ["call-1"]
    assert next_one.number == ()


async def test_late_release_spares_a_newer_decision(calls: CallStore) -> None:
    """A release that comes after the call was decided anew takes nothing away."""
    call = beginning(number=None)
    first = await began(calls, call)
    await began(calls, replace(call, digest="another"))
    await calls.release(call, first.session.decision_id)
    next_one = await began(calls, beginning("call-2"))

    assert [hold.id for hold in next_one.memory.holds] == ["call-1"]


async def test_settled_call_leaves_no_hold_again(vault: Vault, calls: CallStore) -> None:
    """Asking about a call that has its outcome, or dialling it, does not make it an open one."""
    call = beginning()
    await began(calls, call)
    identity = Identity(kind="outcome", id="o-1", digest="d")
    contact = replace(call.attempt, disposition=Disposition.NO_ANSWER)
    await MemoryStore(vault).settle(
        "K-17",
        "call-1",
        identity,
        lambda _before: Remembering(memory=Memory(contacts=(contact,)), settled=Settled(id="o-1")),
    )
    await calls.settle_number(contact, "call-1")
    await began(calls, replace(call, digest="another"))
    await calls.dialled(call)
    next_one = await began(calls, beginning("call-2"))

    assert next_one.memory == Memory(contacts=(contact,))
    assert next_one.number == (contact,)


async def test_call_of_nobody_known(calls: CallStore) -> None:
    """A call without a customer has a session of its own, and shares nothing with another."""
    first = await began(calls, beginning("call-1", customer_id=None, number=None))
    again = await began(calls, beginning("call-1", customer_id=None, number=None))
    other = await began(calls, beginning("call-2", customer_id=None, number=None))

    assert again.session.decision_id == first.session.decision_id
    assert other.memory.holds == ()


async def test_reference_tells_its_call(vault: Vault, calls: CallStore) -> None:
    """A reference is found as it is heard, and says that it was asked for before."""
    begun = await began(calls, beginning())
    evidence = EvidenceStore(vault)
    heard = begun.session.reference.replace("-", " ").replace("0", "o").lower()
    first, second = await evidence.reference(heard), await evidence.reference(heard)

    assert first is not None
    assert second is not None
    assert (first.call_id, first.customer_id, first.brand) == ("call-1", "K-17", "shop")
    assert (first.purpose_id, first.at, first.settled) == ("delivery", _NOW, False)
    assert (first.lookups, second.lookups) == (0, 1)


@pytest.mark.parametrize("said", ["", "three", "ZZ-ZZZ-ZZZ", "3F-K7Q-29X", "3F-K7Q-29é"])
async def test_reference_that_is_none_of_ours(vault: Vault, said: str) -> None:
    """Who quotes something else learns that it is not ours."""
    assert await EvidenceStore(vault).reference(said) is None


async def test_decision_is_kept_as_it_was_made(vault: Vault, calls: CallStore) -> None:
    """What explains a decision is what it was made from, whatever has been stored since."""
    customers, evidence, call = CustomerStore(vault), EvidenceStore(vault), beginning()
    await customers.update("K-17", Change(profile=Profile(goal="a house"), observed_at=_NOW))
    begun = await began(calls, call)
    record = decision_record(begun, call, pack_version="p", request=b"\xff\x00", response=b"\x01")
    await evidence.keep_decision(record)
    later = _NOW + timedelta(hours=1)
    await customers.update("K-17", Change(profile=Profile(goal="a boat"), observed_at=later))
    kept = await evidence.decision(begun.session.decision_id)

    assert kept is not None
    assert (kept.request, kept.response, kept.pack_version) == (b"\xff\x00", b"\x01", "p")
    assert (kept.stored, kept.memory, kept.number) == (begun.stored, begun.memory, begun.number)
    assert (kept.call_id, kept.at, kept.known) == ("call-1", _NOW, True)


@pytest.mark.parametrize("decision_id", ["", "not one", "ff00", "00112233"])
async def test_decision_that_was_never_made(vault: Vault, decision_id: str) -> None:
    """Of an unknown decision nothing is kept."""
    assert await EvidenceStore(vault).decision(decision_id) is None


async def test_emptied_redis_is_unknown_not_empty(vault: Vault, calls: CallStore) -> None:
    """Fault 14: where the mark is gone, what is kept of a customer is unknown, not empty."""
    await began(calls, beginning())
    shard = vault.keys.customer("K-17").of
    await vault.client.write(lambda redis: redis.delete(shard.generation))

    assert await calls.begin(beginning("call-2")) == Unavailable(reason=Reason.LOST)


async def test_no_key_tells_whose_it_is(vault: Vault, calls: CallStore, namespace: str) -> None:
    """No key holds the id of a customer or a call, or a number."""
    await began(calls, beginning("call-0815", customer_id="customer-0815"))
    keys = await vault.client.write(lambda redis: redis.keys(f"{namespace}:*"))

    assert any(b":number:" in key for key in keys)
    assert not [key for key in keys if b"0815" in key or _NUMBER.encode() in key]
