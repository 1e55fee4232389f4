"""`advisor import`: a file of the company's own shape, into a running service."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from advisor.cli.main import main
from advisor.store.embedded.server import EmbeddedServer
from advisor.v1 import vocabulary_customer_pb2 as terms
from advisor.v1.customer_service_pb2 import ExportCustomerRequest, ExportCustomerResponse
from tests.server.running import Client, running, settings_for

_MAPPING: Final = """\
file:
  {delimiter: ";", dates: "%d.%m.%Y %H:%M", zone: Europe/Lisbon, observed_at: 2026-01-11T00:00:00Z}
row:
  customer_id: {column: id, prefix: crm-}
  profile:
    preferred_name: {column: name}
    relationship: {column: kind, words: {client: customer, none: ""}}
    complaints_open: {column: complaints}
    attributes:
      bank.pin_used: {column: pin, words: {S: yes, N: no}}
  contacts:
    - call_id: {made_from: [id, called], prefix: old-}
      if: {column: called}
      at: {column: called}
      disposition: {column: result, words: {sold: sale, nobody: no_answer}}
"""
_CSV: Final = """\
id;name;kind;complaints;pin;called;result
1;"Ms Kirkby
of Leeds";client;0;N;05.01.2026 10:30;sold
2;Mr Okafor;none;;S;;
"""


@pytest.fixture(name="client")
async def _client(tmp_path: Path) -> AsyncIterator[Client]:
    async with running(settings_for(tmp_path)) as client:
        yield client


def _written(folder: Path, data: str | bytes, name: str = "customers.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def _mapped(folder: Path, mapping: str = _MAPPING) -> Path:
    return _written(folder, mapping, "map.yaml")


async def _import(file: Path, mapping: Path, *options: str, client: Client | None = None) -> Result:
    address = client.running.address if client is not None else "127.0.0.1:1"
    arguments = ["import", str(file), "--mapping", str(mapping), "--address", address, *options]
    return await asyncio.to_thread(CliRunner().invoke, main, arguments)


async def _export(client: Client, customer_id: str) -> ExportCustomerResponse:
    request = ExportCustomerRequest(customer_id=customer_id)
    raw = await client.raw("CustomerService/ExportCustomer", request.SerializeToString())
    return ExportCustomerResponse.FromString(raw)


async def test_columns_become_fields(client: Client, tmp_path: Path) -> None:
    """Columns, translated words, local dates and facts arrive; what is empty stays unknown."""
    done = await _import(_written(tmp_path, _CSV), _mapped(tmp_path), client=client)
    assert (done.exit_code, done.stdout) == (0, "2 rows kept, 0 refused, 1 contacts added.\n")
    first, second = [await _export(client, f"crm-{number}") for number in (1, 2)]
    assert first.profile.preferred_name == "Ms Kirkby\nof Leeds"
    assert first.profile.relationship == terms.RELATIONSHIP_CUSTOMER
    assert first.profile.complaints_open == 0
    assert first.profile.HasField("complaints_open")
    assert first.profile.attributes["bank.pin_used"].yes_no is False
    (contact,) = first.history.contacts
    assert contact.at.ToJsonString() == "2026-01-05T10:30:00Z"
    assert contact.disposition == terms.DISPOSITION_SALE
    assert contact.call_id.startswith("old-")
    assert second.profile.relationship == terms.RELATIONSHIP_UNSPECIFIED
    assert not second.profile.HasField("complaints_open")
    assert second.profile.attributes["bank.pin_used"].yes_no is True
    assert not second.history.contacts


async def test_a_second_run_changes_nothing(client: Client, tmp_path: Path) -> None:
    """The same file again keeps every row and adds nothing, its lines in another order or not."""
    file, mapping = _written(tmp_path, _CSV), _mapped(tmp_path)
    await _import(file, mapping, client=client)
    before = [await _export(client, f"crm-{number}") for number in (1, 2)]
    again = await _import(file, mapping, client=client)
    assert (again.exit_code, again.stdout) == (0, "2 rows kept, 0 refused, 0 contacts added.\n")
    head, rows = _CSV.split("\n", 1)
    moved = f"{head}\n2;Mr Okafor;none;;S;;\n{rows}"
    assert (await _import(_written(tmp_path, moved), mapping, client=client)).exit_code == 0
    assert [await _export(client, f"crm-{number}") for number in (1, 2)] == before


async def test_json_lines(client: Client, tmp_path: Path) -> None:
    """JSON lines are read as CSV is: numbers as they are written, null and absent as empty."""
    rows = (
        b'\xef\xbb\xbf{"id": 12345678901234567890, "name": "Zo\xc3\xab", "kind": null}\n'
        b"\n"
        b'{"id": 2, "name": ["a"]}\n'
        b"[]\n"
        b'{"id": 3,\n'
        b'{"id": 4, "pin": true}'
    )
    file, mapping = _written(tmp_path, rows, "rows.jsonl"), _mapped(tmp_path)
    done = await _import(file, mapping, client=client)
    assert done.exit_code == 1
    assert [line.partition(": ")[0] for line in done.stdout.splitlines()[:-1]] == [
        "rows.jsonl:3",
        "rows.jsonl:4",
        "rows.jsonl:5",
    ]
    kept = await _export(client, "crm-12345678901234567890")
    assert kept.profile.preferred_name == "Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}"
    assert (await _export(client, "crm-4")).profile.attributes["bank.pin_used"].yes_no
    assert 'no row says anything in column "complaints"' in done.stderr


_BAD: Final = b"""\
id;name;kind;complaints;pin;called;result
1;One;client;;;;
2;Two
3;Zo\xeb;client;;;;
4;Four;pirate;;;;
5;Five;;many;;;
6;Six;;;;31.02.2026 10:00;sold
7;Seven;;;perhaps;;
8;Eight;;;;05.01.2030 10:00;sold
;Nine;;;;;

10;Ten;;;;;
"""


async def test_bad_rows_are_reported_with_their_lines(client: Client, tmp_path: Path) -> None:
    """Every bad row is told with its line and what is wrong, here or there; the rest is kept."""
    done = await _import(_written(tmp_path, _BAD), _mapped(tmp_path), client=client)
    told = sorted(done.stdout.splitlines()[:-1])
    assert done.exit_code == 1
    assert [line.split(":", 2)[:2] for line in told] == [
        ["customers.csv", str(number)] for number in (10, 3, 4, 5, 6, 7, 8, 9)
    ]
    expected = [
        "customer_id",
        "2 columns; expected 7",
        "not UTF-8 (byte 0xeb at 5)",
        'kind: "pirate"; expected',
        'complaints: "many"; expected a whole number',
        'called: "31.02.2026 10:00"; expected a date like %d.%m.%Y %H:%M',
        "profile.attributes[bank.pin_used]",
        "must not be in the future",
    ]
    for line, words in zip(told, expected, strict=True):
        assert words in line
    assert done.stdout.endswith("2 rows kept, 8 refused, 0 contacts added.\n")
    assert (await _export(client, "crm-10")).profile.preferred_name == "Ten"


async def test_a_dry_run_sends_nothing(client: Client, tmp_path: Path) -> None:
    """`--dry-run` reports what can be told without the service, and keeps nothing."""
    file, mapping = _written(tmp_path, _BAD), _mapped(tmp_path)
    done = await _import(file, mapping, "--dry-run", client=client)
    assert done.exit_code == 1
    assert done.stdout.endswith("4 rows right, 6 refused.\n")
    assert not (await _export(client, "crm-10")).profile.preferred_name


async def test_progress_is_told(client: Client, tmp_path: Path) -> None:
    """While it runs, the standard error says how much is read, kept and refused, and how fast."""
    file, mapping = _written(tmp_path, _BAD), _mapped(tmp_path)
    options = ["--progress", "0", "--batch", "1", "--at-once", "1"]
    done = await _import(file, mapping, *options, client=client)
    told = [line for line in done.stderr.splitlines() if " % read, " in line]
    assert len(told) == 10
    assert re.fullmatch(r"100 % read, 1 rows kept, 6 refused, \d+ rows/s", told[-1])


async def test_a_dry_run_knows_what_every_contact_needs(tmp_path: Path) -> None:
    """`--dry-run` refuses a row that tells of nothing, and a contact without its id."""
    mapping = """
row:
  customer_id: {column: id}
  contacts: [{call_id: {column: call}, at: {column: at}}]
"""
    file = _written(tmp_path, "id,call,at\n1,,\n2,,2026-01-01T00:00Z\n3,c,2026-01-01T00:00Z\n")
    done = await _import(file, _mapped(tmp_path, mapping), "--dry-run")
    assert done.stdout == (
        "customers.csv:2: must tell of something: a profile or contacts\n"
        "customers.csv:3: contacts[0].call_id: is required\n"
        "1 rows right, 2 refused.\n"
    )


async def test_many_batches_keep_the_order_of_a_customer(client: Client, tmp_path: Path) -> None:
    """Of many rows of one customer in many batches the last one counts, and all calls are added."""
    head = _CSV.split("\n", 1)[0]
    rows = [f"{n % 3};name {n};;;;05.01.2026 {n // 60:02}:{n % 60:02};nobody" for n in range(120)]
    file = _written(tmp_path, "\n".join([head, *rows]))
    done = await _import(file, _mapped(tmp_path), "--batch", "2", "--at-once", "4", client=client)
    assert done.stdout == "120 rows kept, 0 refused, 120 contacts added.\n"
    names = [(await _export(client, f"crm-{n}")).profile.preferred_name for n in range(3)]
    assert names == ["name 117", "name 118", "name 119"]


@pytest.mark.parametrize(
    ("wrong", "right", "at", "words"),
    [
        ("relationship:", "relationshp:", "relationshp", "did you mean relationship?"),
        ("words: {client", "wrods: {client", "wrods", "did you mean words?"),
        ("{column: name}", "[a]", "[a]", "one value"),
        ("Europe/Lisbon", "Europe/Lisboa", "Europe/Lisboa", "a zone such as"),
        ("2026-01-11T00:00:00Z", "yesterday", "yesterday", "an instant such as"),
        ('delimiter: ";"', 'delimiter: ";;"', '";;"', "one character"),
        ("if: {column: called}", "if: called", "called\n      at", "a source such as"),
        (
            "{column: complaints}",
            "{column: complaints, as: text}",
            "{column: complaints",
            "no split",
        ),
        ("[id, called]", "called", "called, prefix", "the name of a column"),
        ("  customer_id: {column: id, prefix: crm-}\n", "", "profile", "no customer_id"),
        ("row:", "rows:", "file", "a mapping with row"),
        ("{S: yes, N: no}", "[S]", "[S]", "to another word"),
        ("{column: pin,", "{column: [pin],", "[pin]", "a text"),
        (
            "preferred_name: {column: name}",
            "quiet_times: {column: name}",
            "{column: name}",
            "one value",
        ),
    ],
)
async def test_a_wrong_mapping_is_told_at_its_place(
    tmp_path: Path, wrong: str, right: str, at: str, words: str
) -> None:
    """A mistake in a mapping is told at line and column before a row is read: exit code 2."""
    assert wrong in _MAPPING
    text = _MAPPING.replace(wrong, right, 1)
    before = text[: text.index(at)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    done = await _import(_written(tmp_path, _CSV), _mapped(tmp_path, text))
    assert done.exit_code == 2
    assert f"map.yaml:{line}:{column}: error: " in done.stderr
    assert words in done.stderr


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("row: [", "map.yaml:2:1: error: nothing"),
        ("file: csv\nrow: {customer_id: {line: r-}}", "map.yaml:1:7: error: "),
        ("files: {}\nrow: {customer_id: {line: r-}}", "did you mean file?"),
        ("row: {customer_id: {line: r-}, profile: {column: name}}", "a column is one value"),
        ("row: {customer_id: {line: r-}, profile: {care_needs: {column: a}}}", "no split"),
        ("row: {customer_id: {column: id, as: number}}", "text"),
    ],
)
async def test_a_mapping_of_the_wrong_shape_is_told(
    tmp_path: Path, mapping: str, words: str
) -> None:
    """A mapping that is no mapping, or has a column where many values belong: exit code 2."""
    done = await _import(_written(tmp_path, _CSV), _mapped(tmp_path, mapping))
    assert done.exit_code == 2
    assert words in done.stderr


@pytest.mark.parametrize(
    ("data", "name", "options", "words"),
    [
        (_CSV.encode("utf-16"), "a.csv", [], "is UTF-16; save it as UTF-8"),
        (b"id,name\n1,2\n", "a.csv", [], 'has no column "id"; it has id,name'),
        (b"id;id\n1;2\n", "a.csv", [], 'column "id" is there twice'),
        (b"", "a.csv", [], "it has none"),
        (b"Zo\xeb\n", "a.csv", [], "is not UTF-8"),
        (_CSV.encode(), "a.txt", [], "say what it is, with --format"),
        (_CSV.encode(), "a.csv", ["--observed-at", "today"], "is an instant"),
    ],
)
async def test_what_cannot_be_read_at_all_is_used_wrongly(
    tmp_path: Path, data: bytes, name: str, options: list[str], words: str
) -> None:
    """A file of another encoding, without the columns, or of no known shape: exit code 2."""
    done = await _import(_written(tmp_path, data, name), _mapped(tmp_path), *options)
    assert done.exit_code == 2
    assert words in done.stderr


async def test_when_the_file_was_made(client: Client, tmp_path: Path) -> None:
    """Where the mapping does not say it, it is when the file was written; an option wins."""
    mapping = _mapped(tmp_path, "row: {customer_id: {column: id}, profile: {goal: {column: goal}}}")
    file = tmp_path / "customers.csv"
    for day, goal in ((2, "second"), (1, "first")):
        file.write_text(f"id,goal\n1,{goal}\n")
        written = datetime(2026, 1, day, tzinfo=UTC).timestamp()
        os.utime(file, (written, written))
        assert (await _import(file, mapping, client=client)).exit_code == 0
    assert (await _export(client, "1")).profile.goal == "second"
    newest = ["--observed-at", "2026-01-03T00:00:00Z"]
    assert (await _import(file, mapping, *newest, client=client)).exit_code == 0
    assert (await _export(client, "1")).profile.goal == "first"


async def test_a_batch_that_is_refused_as_a_whole(client: Client, tmp_path: Path) -> None:
    """A file that was made in the future is refused in words, and nothing is kept."""
    options = ["--observed-at", "2027-01-01T00:00:00Z"]
    file, mapping = _written(tmp_path, _CSV), _mapped(tmp_path)
    done = await _import(file, mapping, *options, client=client)
    assert done.exit_code == 1
    assert "observed_at: must not be in the future" in done.stderr


async def test_out_of_reach(tmp_path: Path) -> None:
    """A service that does not answer within the patience is exit code 3."""
    file, mapping = _written(tmp_path, _CSV), _mapped(tmp_path)
    done = await _import(file, mapping, "--patience", "0.3")
    assert done.exit_code == 3
    assert "sending again in 0.25 s\nadvisor: no service answers" in done.stderr


async def test_a_batch_is_sent_again_until_it_is_kept(
    tmp_path: Path, own_redis: EmbeddedServer
) -> None:
    """Fault 2: while Redis hangs batches are sent again, and in the end every row is kept once."""
    async with running(settings_for(tmp_path, redis_url=own_redis.url)) as client:
        assert own_redis.pid is not None
        os.kill(own_redis.pid, signal.SIGSTOP)
        try:
            run = asyncio.create_task(
                _import(_written(tmp_path, _CSV), _mapped(tmp_path), client=client)
            )
            async with asyncio.timeout(30):
                while "UNAVAILABLE" not in client.log.getvalue():
                    await asyncio.sleep(0.01)
        finally:
            os.kill(own_redis.pid, signal.SIGCONT)
        done = await run
        kept = await _export(client, "crm-1")
    assert done.exit_code == 0
    # Whether the write that nobody waited for had come through is up to Redis.
    assert re.fullmatch(r"2 rows kept, 0 refused, at least [01] contacts added\.\n", done.stdout)
    assert len(kept.history.contacts) == 1


async def test_a_line_without_an_end_is_one_bad_row(client: Client, tmp_path: Path) -> None:
    """A line of many megabytes and a quote that never closes are refused, not held."""
    head, rows = _CSV.split("\n", 1)
    data = f'{head}\n{"x" * 3_000_000}\n{rows}3;"open;;;;;\n'
    done = await _import(_written(tmp_path, data), _mapped(tmp_path), client=client)
    assert done.exit_code == 1
    assert "customers.csv:2: is longer than 1,000,000 bytes" in done.stdout
    assert "customers.csv:6: has 2 columns; expected 7" in done.stdout
    assert "2 rows kept, 2 refused" in done.stdout


async def test_the_bank_mapping(client: Client, tmp_path: Path) -> None:
    """The mapping of the example reads rows of the bank: the call, and the one before it."""
    file = _written(
        tmp_path,
        "previous;pdays;poutcome;y\n0;999;nonexistent;no\n2;6;success;yes\n1;999;failure;no\n",
    )
    example = Path(__file__).parents[3] / "examples" / "bank-import.yaml"
    # Calls of 2010 are too old to be remembered by the clock of the tests.
    mapping = _mapped(tmp_path, example.read_text("utf-8").replace("2010-", "2025-"))
    done = await _import(file, mapping, client=client)
    assert (done.exit_code, done.stdout) == (0, "3 rows kept, 0 refused, 5 contacts added.\n")
    kept = await _export(client, "bank-3")
    assert kept.profile.region == "PT-11"
    assert [(each.at.ToJsonString(), each.disposition) for each in kept.history.contacts] == [
        ("2025-11-30T12:00:00Z", terms.DISPOSITION_SALE),
        ("2025-11-24T09:00:00Z", terms.DISPOSITION_SALE),
    ]
