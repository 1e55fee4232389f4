"""Customers and their past, imported through the whole service."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import grpc
import pytest
from google.rpc import error_details_pb2
from redis.asyncio import Redis

from advisor.store.embedded.server import EmbeddedServer
from advisor.v1 import vocabulary_customer_pb2 as terms
from advisor.v1.customer_pb2 import CustomerProfile
from advisor.v1.customer_service_pb2 import (
    ExportCustomerRequest,
    ExportCustomerResponse,
    GetCustomerRequest,
    ImportCustomersRequest,
    ImportCustomersResponse,
    ImportedCustomer,
    UpdateCustomerRequest,
)
from advisor.v1.history_pb2 import Contact
from advisor.v1.vocabulary_decision_pb2 import (
    DECISION_ALLOW,
    DECISION_BLOCK,
    DECISION_DEFER,
    REASON_CODE_FREQUENCY_CAP,
)
from tests.server.desk import Refused
from tests.server.running import NOW, Client, pin_call, running, settings_for

_METHOD: Final = "CustomerService/ImportCustomers"
_NUMBER: Final = "+442079460999"
_MORE: Final = """
facts:
  bank.note: {type: text, tell: claimed, about: "A note.", sent_by: CRM, absent_means: unknown}
  bank.uses: {type: choices, tell: claimed, about: "What for.", sent_by: CRM, absent_means: unknown}
limits:
  - {id: seven-a-week, at_most: 7, count: attempts, in: 7 days, basis: policy}
  - {id: a-number, at_most: 3, count: attempts, per: number, in: 7 days, basis: policy}
"""


def _namespace(tmp_path: Path) -> str:
    return re.sub("[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")


@pytest.fixture(name="client")
async def _client(tmp_path: Path, redis_url: str) -> AsyncIterator[Client]:
    settings = settings_for(tmp_path, redis_url=redis_url, namespace=_namespace(tmp_path))
    (tmp_path / "rules" / "more.yaml").write_text(_MORE)
    async with running(settings) as client:
        yield client


async def _imported(
    client: Client, *rows: ImportedCustomer, observed_at: datetime = NOW - timedelta(days=1)
) -> ImportCustomersResponse:
    request = ImportCustomersRequest(rows=rows)
    request.observed_at.FromDatetime(observed_at)
    return ImportCustomersResponse.FromString(
        await client.raw(_METHOD, request.SerializeToString())
    )


async def _export(client: Client, customer_id: str = "K-1") -> ExportCustomerResponse:
    request = ExportCustomerRequest(customer_id=customer_id)
    raw = await client.raw("CustomerService/ExportCustomer", request.SerializeToString())
    return ExportCustomerResponse.FromString(raw)


def _contact(
    call: int,
    hours: float,
    disposition: terms.Disposition.ValueType = terms.DISPOSITION_NO_ANSWER,
    campaign: str = "",
    number: str = "",
) -> Contact:
    contact = Contact(
        call_id=f"old-{call}", disposition=disposition, campaign=campaign, number=number
    )
    contact.at.FromDatetime(NOW - timedelta(hours=hours))
    return contact


def _row(
    contacts: Sequence[Contact] = (), customer_id: str = "K-1", **profile: str
) -> ImportedCustomer:
    return ImportedCustomer(
        customer_id=customer_id,
        profile=CustomerProfile(**profile) if profile else None,  # type: ignore[arg-type]
        contacts=contacts,
    )


@pytest.mark.parametrize(
    ("before", "decision", "codes"),
    [(6, DECISION_ALLOW, []), (7, DECISION_DEFER, [REASON_CODE_FREQUENCY_CAP])],
)
async def test_the_eighth_attempt_of_two_campaigns_waits(
    client: Client, before: int, decision: int, codes: list[int]
) -> None:
    """K4: imported attempts of two campaigns count together; the eighth in a week is put off."""
    contacts = [
        _contact(
            each,
            20 * (each + 1),
            campaign=("autumn", "winter")[each % 2],
            number=f"+44207946010{each}",
        )
        for each in range(before)
    ]
    answer = await _imported(client, _row(contacts))
    assert [each.contacts_added for each in answer.results] == [before]
    assert answer.durability != terms.DURABILITY_UNSPECIFIED
    request = pin_call(customer_id="K-1")
    request.call.dialled_number = _NUMBER
    asked = await client.advise(request)
    assert asked.verdict.decision == decision
    assert [each.code for each in asked.verdict.reasons] == codes


@pytest.mark.parametrize(("before", "decision"), [(2, DECISION_ALLOW), (3, DECISION_DEFER)])
async def test_imported_calls_count_for_their_number(
    client: Client, before: int, decision: int
) -> None:
    """Calls to a number count for whoever is rung there; one that is told twice counts once."""
    contacts = [_contact(each, each + 1, number=_NUMBER) for each in range(before)]
    request = pin_call(customer_id="K-2")
    request.call.dialled_number = _NUMBER
    for _again in range(2):
        await _imported(client, _row(contacts))
    assert (await client.advise(request)).verdict.decision == decision


async def test_twice_changes_nothing(client: Client) -> None:
    """The same import again adds nothing, and what was learned since stands."""
    row = _row([_contact(1, 30), _contact(2, 20)], preferred_name="Ms Kirkby", goal="a mortgage")
    first = await _imported(client, row)
    update = UpdateCustomerRequest(customer_id="K-1", profile=CustomerProfile(goal="to save"))
    await client.update_customer(update)
    before = await _export(client)
    again = await _imported(client, row)
    assert [first.results[0].contacts_added, again.results[0].contacts_added] == [2, 0]
    assert await _export(client) == before
    kept = await client.get_customer(GetCustomerRequest(customer_id="K-1"))
    assert (kept.profile.preferred_name, kept.profile.goal) == ("Ms Kirkby", "to save")
    assert list(before.ledger) == []


async def test_a_request_to_stop_in_the_past_holds(client: Client) -> None:
    """K4: a customer who once asked for no more calls is not rung after the systems changed."""
    await _imported(client, _row([_contact(1, 9_000, terms.DISPOSITION_DNC_ALL)]))
    answer = await client.advise(pin_call(customer_id="K-1"))
    assert answer.verdict.decision == DECISION_BLOCK


async def test_a_suppression_of_the_profile_and_one_of_the_past_both_hold(client: Client) -> None:
    """What the CRM knows and what the customer said are kept side by side."""
    row = _row([_contact(1, 30, terms.DISPOSITION_DNC_ALL)])
    row.profile.suppressions.add(source=terms.SUPPRESSION_SOURCE_NATIONAL_REGISTRY)
    await _imported(client, row)
    kept = await client.get_customer(GetCustomerRequest(customer_id="K-1"))
    assert {each.source for each in kept.profile.suppressions} == {
        terms.SUPPRESSION_SOURCE_INTERNAL,
        terms.SUPPRESSION_SOURCE_NATIONAL_REGISTRY,
    }


async def test_bad_rows_are_answered_one_by_one(client: Client) -> None:
    """Each bad row says what is wrong in it, in its place; the others are kept."""
    late = _contact(1, -1)
    nameless = _contact(2, 1)
    nameless.call_id = ""
    unknown = _row()
    unknown.profile.attributes["bank.pin_usd"].yes_no = True
    unknown.customer_id = "K-6"
    answer = await _imported(
        client,
        _row(customer_id="", goal="a mortgage"),
        _row(customer_id="K-2", goal="a mortgage"),
        _row(customer_id="K-3"),
        _row([late], customer_id="K-4"),
        _row([nameless], customer_id="K-5"),
        unknown,
        _row([_contact(3, 1)], customer_id="K-7"),
        _row(customer_id="K-8", preferred_name="x" * 5_000),
    )
    assert [
        (each.reason, [problem.field for problem in each.problems]) for each in answer.results
    ] == [
        ("INVALID_REQUEST", ["customer_id"]),
        ("", []),
        ("INVALID_REQUEST", [""]),
        ("INVALID_REQUEST", ["contacts[0].at"]),
        ("INVALID_REQUEST", ["contacts[0].call_id"]),
        ("INVALID_REQUEST", ["profile.attributes[bank.pin_usd]"]),
        ("", []),
        ("INVALID_REQUEST", ["profile.preferred_name"]),
    ]
    kept = await client.get_customer(GetCustomerRequest(customer_id="K-2"))
    assert kept.profile.goal == "a mortgage"
    assert [each.call_id for each in (await _export(client, "K-7")).history.contacts] == ["old-3"]
    assert '"refused": 6' in client.log.getvalue()


async def test_only_bad_rows_keep_nothing(client: Client) -> None:
    """Where no row is kept, nothing is said to be safe, and each row says at most so much."""
    contacts = [Contact(number="nobody") for _each in range(200)]
    answer = await _imported(client, _row(contacts))
    assert answer.durability == terms.DURABILITY_UNSPECIFIED
    assert len(answer.results[0].problems) == 20


async def test_rows_of_one_customer_are_joined_in_order(client: Client) -> None:
    """Of two rows of a customer the later one tells how they want to be called."""
    rows = [_row([_contact(each, each + 1)], preferred_name=f"name {each}") for each in range(20)]
    answer = await _imported(client, *rows)
    assert sum(each.contacts_added for each in answer.results) == 20
    kept = await client.get_customer(GetCustomerRequest(customer_id="K-1"))
    assert kept.profile.preferred_name == "name 19"


async def test_a_record_nobody_can_read_stops_only_its_row(
    client: Client, redis_url: str, tmp_path: Path
) -> None:
    """A record of a newer version is left as it is, and the other customers are imported."""
    await _imported(client, _row([_contact(1, 30)]))
    async with Redis.from_url(redis_url) as redis:
        keys = [key async for key in redis.scan_iter(f"{_namespace(tmp_path)}:*")]
        (memory,) = [key for key in keys if key.endswith(b":memory")]
        await redis.set(memory, b'{"version":99}')
    answer = await _imported(
        client, _row([_contact(2, 20)]), _row([_contact(3, 10)], customer_id="K-2")
    )
    assert [each.reason for each in answer.results] == ["RECORD_UNREADABLE", ""]


@pytest.mark.parametrize(
    ("rows", "observed_at", "path"),
    [
        (1_001, NOW, "rows"),
        (0, NOW, "rows"),
        (1, NOW + timedelta(seconds=1), "observed_at"),
    ],
)
async def test_a_request_beyond_its_limits_is_refused_as_a_whole(
    client: Client, rows: int, observed_at: datetime, path: str
) -> None:
    """What is wrong with the batch itself refuses it, before anything is kept."""
    with pytest.raises(Refused) as caught:
        await _imported(client, *[_row(goal="a mortgage")] * rows, observed_at=observed_at)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    found = caught.value.detail(error_details_pb2.BadRequest()).field_violations
    assert [each.field for each in found] == [path]


async def test_an_import_that_breaks_off_is_sent_again(
    tmp_path: Path, own_redis: EmbeddedServer
) -> None:
    """Fault 2: a Redis that hangs is UNAVAILABLE, never a bad row; sent again, all is kept once."""
    rows = [_row([_contact(each, 30)], customer_id=f"K-{each}") for each in range(30)]
    async with running(settings_for(tmp_path, redis_url=own_redis.url)) as client:
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGSTOP)
        try:
            with pytest.raises(Refused) as caught:
                await _imported(client, *rows)
        finally:
            os.kill(own_redis.pid, signal.SIGCONT)
        answer = await _until_kept(client, rows)
        exports = [await _export(client, row.customer_id) for row in rows]
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE
    assert caught.value.detail(error_details_pb2.RetryInfo()).retry_delay.seconds == 1
    assert {each.reason for each in answer.results} == {""}
    assert {len(each.history.contacts) for each in exports} == {1}


async def _until_kept(client: Client, rows: Sequence[ImportedCustomer]) -> ImportCustomersResponse:
    async with asyncio.timeout(15):
        while True:
            try:
                return await _imported(client, *rows)
            except Refused as refused:
                assert refused.code is grpc.StatusCode.UNAVAILABLE  # noqa: PT017 - until it is kept
            await asyncio.sleep(0.02)


async def test_what_looks_like_a_card_is_not_kept(client: Client) -> None:
    """Digits of a card are taken out of every free text of a customer before anything is kept."""
    card = "4111 1111 1111 1111"
    row = _row([_contact(1, 30)], goal=f"to use {card}", complaint_topic=f"{card} refused")
    row.contacts[0].topic = f"my card {card}"
    profile = row.profile
    profile.preferred_name = profile.salutation = profile.name_hint = card
    profile.care_needs.words.append(f"reads {card} aloud")
    profile.attributes["bank.note"].text = f"has {card}"
    profile.attributes["bank.uses"].several.words.append(card)
    profile.consents.consents.add(
        type=terms.CONSENT_TYPE_MARKETING_CALL, state=terms.CONSENT_STATE_GIVEN, source=card
    )
    assert [each.reason for each in (await _imported(client, row)).results] == [""]
    kept = str(await _export(client))
    assert card not in kept
    assert kept.count("[card number removed]") == 10
