"""The example with real calls, on a few rows of the same form."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from advisor.v1.advisor_service_pb2 import AdviseResponse
from advisor.v1.customer_pb2 import Consents, CustomerProfile
from advisor.v1.vocabulary_customer_pb2 import (
    CONSENT_STATE_NEVER_ASKED,
    CONSENT_TYPE_MARKETING_CALL,
    DISPOSITION_NO_ANSWER,
    DISPOSITION_NOT_INTERESTED,
    DISPOSITION_SALE,
    Disposition,
)
from examples.bank_calls.client import Answers
from examples.bank_calls.contexts import contacts, marketing_call, placed_at, service_call
from examples.bank_calls.mapping import (
    USED_COLUMNS,
    Mapping,
    MappingRefused,
    assumptions,
    read_mapping,
)
from examples.bank_calls.report import disagreements
from examples.bank_calls.rows import Row, RowRefused, read_rows

_ROOT = Path(__file__).parents[2]
_EXAMPLE = _ROOT / "examples" / "bank_calls"
_CAUTIOUS = _EXAMPLE / "cautious.yaml"
_CONSENTED = _EXAMPLE / "consented.yaml"
_AT = datetime(2009, 5, 13, 10, 0, tzinfo=UTC)

_COLUMNS = [*USED_COLUMNS, "age"]

# Made up; a contact centre's oddities are all here: 999 with and without earlier contacts, a
# contact of the same day, and very many contacts.
_ROWS = [
    ["may", "wed", 1, 999, 0, "nonexistent", 5099.1, "no"],
    ["may", "thu", 2, 999, 1, "failure", 5099.1, "no"],
    ["jun", "tue", 5, 3, 2, "success", 5076.2, "yes"],
    ["aug", "fri", 1, 0, 1, "failure", 5228.1, "no"],
    ["nov", "mon", 27, 6, 1, "success", 4963.6, "no"],
    ["dec", "fri", 1, 999, 0, "nonexistent", 1.0, "no"],
]


def _file(folder: Path, rows: list[list[object]] | None = None) -> Path:
    lines = [";".join(f'"{column}"' for column in _COLUMNS)]
    for row in _ROWS if rows is None else rows:
        cells = [f'"{cell}"' if isinstance(cell, str) else str(cell) for cell in row]
        lines.append(";".join([*cells, "40"]))
    path = folder / "calls.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _row(**said: object) -> Row:
    told: dict[str, object] = {
        "number": 1,
        "month": 5,
        "weekday": 2,
        "contacts": 1,
        "days_since": None,
        "earlier": 0,
        "outcome": "nonexistent",
        "employed": 5099.1,
        "sold": False,
    }
    return Row(**(told | said))  # type: ignore[arg-type]


def _history(row: Row, mapping: Mapping) -> list[tuple[timedelta, int]]:
    return [
        (_AT - contact.at.ToDatetime(UTC), contact.disposition)
        for contact in contacts(row, mapping, _AT)
    ]


@pytest.fixture(name="cautious")
def _cautious() -> Mapping:
    return read_mapping(_CAUTIOUS)


@pytest.fixture(name="consented")
def _consented() -> Mapping:
    return read_mapping(_CONSENTED)


def test_999_days_is_no_day(tmp_path: Path) -> None:
    """The data writes 999 where no day of an earlier contact is known."""
    rows, columns = read_rows(_file(tmp_path))

    assert [row.days_since for row in rows] == [None, None, 3, 0, 6, None]
    assert columns == _COLUMNS


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("month", "foo", "one of jan, feb"),
        ("campaign", "-1", "a whole number"),
        ("poutcome", "perhaps", "one of failure, success, nonexistent"),
        ("nr.employed", "many", "a number"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path: Path, column: str, cell: str, expected: str) -> None:
    """A cell that cannot be read is reported by row and column, without what stands there."""
    row: list[object] = list(_ROWS[0])
    row[USED_COLUMNS.index(column)] = cell

    with pytest.raises(RowRefused) as refused:
        read_rows(_file(tmp_path, [list(_ROWS[1]), row]))

    assert str(refused.value).startswith(f"row 2, column {column}: {expected}")
    assert cell not in str(refused.value).removeprefix(f"row 2, column {column}: {expected}")


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    """A file that lacks columns is refused by naming them all."""
    path = tmp_path / "other.csv"
    path.write_text('"month";"campaign"\n"may";1\n', encoding="utf-8")

    with pytest.raises(RowRefused, match="day_of_week, pdays, previous, poutcome, nr"):
        read_rows(path)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    """A file in another encoding is reported by name and place, not with a traceback."""
    path = _file(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"wed"', b'"\xff"'))

    with pytest.raises(RowRefused, match="is not UTF-8: invalid start byte at"):
        read_rows(path)


def test_a_call_falls_on_its_weekday_in_its_month(cautious: Mapping) -> None:
    """The day is a guess, yet month and weekday are the row's and the year follows the quarter."""
    zone = ZoneInfo(cautious.hours.zone)
    instants = [
        placed_at(_row(number=number, employed=5191.0), cautious) for number in range(1, 60)
    ]

    local = [at.astimezone(zone) for at in instants]
    assert {(at.year, at.month, at.weekday()) for at in local} == {(2008, 5, 2)}
    assert {at.time() for at in local} == set(cautious.hours.local[: -(-59 // 4)])
    assert {at.day for at in local} == {7, 14, 21, 28}


def test_a_quarter_that_the_mapping_does_not_know_has_a_declared_year(cautious: Mapping) -> None:
    """Data with another figure is dated by the mapping's own word."""
    assert placed_at(_row(employed=1.0), cautious).year == cautious.dates.otherwise


def test_a_first_contact_has_an_empty_history(cautious: Mapping) -> None:
    """Where the data says that there was nothing, nothing is sent: that is knowledge."""
    request = marketing_call(_row(), cautious, _AT)

    assert request.customer.HasField("history")
    assert list(request.customer.history.contacts) == []


def test_contacts_of_this_campaign_came_before_the_call(cautious: Mapping) -> None:
    """The count of contacts includes the call itself."""
    assert _history(_row(contacts=3), cautious) == [
        (timedelta(hours=72), DISPOSITION_NO_ANSWER),
        (timedelta(hours=144), DISPOSITION_NO_ANSWER),
    ]


def test_what_is_known_wins_over_what_is_assumed(consented: Mapping) -> None:
    """Contacts of this campaign fit between the last of the campaign before and the call."""
    history = _history(_row(contacts=3, days_since=3, earlier=2, outcome="success"), consented)

    assert history == [
        (timedelta(days=1), DISPOSITION_NO_ANSWER),
        (timedelta(days=2), DISPOSITION_NO_ANSWER),
        (timedelta(days=3), DISPOSITION_SALE),
        (timedelta(days=33), DISPOSITION_NO_ANSWER),
    ]


def test_an_earlier_contact_without_a_day_has_a_declared_one(
    cautious: Mapping, consented: Mapping
) -> None:
    """999 days and earlier contacts all the same: the mapping says when the last one was."""
    row = _row(earlier=1, outcome="failure")

    assert _history(row, cautious) == [(timedelta(days=30), DISPOSITION_NOT_INTERESTED)]
    assert _history(row, consented) == [(timedelta(days=180), DISPOSITION_NOT_INTERESTED)]


def test_a_contact_of_the_same_day_is_before_the_call(cautious: Mapping) -> None:
    """No contact of a history is at the call or after it."""
    history = _history(_row(contacts=27, days_since=0, earlier=1, outcome="failure"), cautious)

    assert len(history) == 27
    assert min(ago for ago, _how in history) > timedelta()


def test_what_nobody_knows_is_not_sent(cautious: Mapping) -> None:
    """An unknown fact is left out of the message, never filled in."""
    request = service_call(_row(), cautious, _AT)

    never_asked = Consents()
    never_asked.consents.add(type=CONSENT_TYPE_MARKETING_CALL, state=CONSENT_STATE_NEVER_ASKED)
    assert request.customer.profile == CustomerProfile(consents=never_asked)
    assert dict(request.attributes) == {}
    assert request.call.dialled_number == ""
    assert request.purpose.occasion["starts_on"].date == "2009-06-10"


@pytest.mark.parametrize("path", [_CAUTIOUS, _CONSENTED])
def test_every_assumption_says_why(path: Path) -> None:
    """The report prints each value of a mapping with its reason."""
    said = yaml.safe_load(path.read_text(encoding="utf-8"))
    text = "\n".join(assumptions(read_mapping(path)))

    for name, part in said.items():
        if isinstance(part, dict) and name != "unused":
            assert f"  {name}: {part['why']}" in text
            assert all(f"    {key} = " in text for key in part if key != "why")


@pytest.mark.parametrize("path", [_CAUTIOUS, _CONSENTED])
def test_every_disposition_of_a_mapping_exists(path: Path) -> None:
    """A mapping's words for how contacts ended are those of the contract."""
    mapping = read_mapping(path)
    used = {mapping.campaign.disposition, mapping.earlier.others, *mapping.earlier.last.values()}

    names = {name.removeprefix("DISPOSITION_").lower() for name in Disposition.keys()}  # noqa: SIM118
    assert used - names == set()


def test_a_misspelt_assumption_is_a_mistake(tmp_path: Path) -> None:
    """A key that a mapping does not have is refused, as is one that it lacks."""
    said = yaml.safe_load(_CAUTIOUS.read_text(encoding="utf-8"))
    said["customer"]["relation"] = said["customer"].pop("relationship")
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(said), encoding="utf-8")

    with pytest.raises(MappingRefused) as refused:
        read_mapping(path)

    assert {line.split(": ")[1] for line in str(refused.value).splitlines()} == {
        "customer.relation",
        "customer.relationship",
    }


def _example(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "examples.bank_calls", *map(str, arguments)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )


def _table(report: str, title: str, name: str) -> dict[str, list[int]]:
    lines = iter(report.split(f"## {title}", 1)[1].splitlines())
    for line in lines:
        if line.startswith(f"| {name} |"):
            break
    next(lines)
    counts: dict[str, list[int]] = {}
    for line in lines:
        if not line.startswith("|"):
            break
        word, *numbers = (cell.strip() for cell in line.strip("|").split("|"))
        counts[word] = [int(number) for number in numbers]
    return counts


def test_the_example_asks_about_every_row_in_every_way(tmp_path: Path) -> None:
    """Each row has one verdict of each way to ask; the two ways agree; nothing personal is said."""
    done = _example(_file(tmp_path))

    assert (done.returncode, done.stderr) == (0, "")
    for title in ("EvaluatePack", "Advise"):
        for name in ("verdict", "reasons together", "first item", "first of the brief", "opening"):
            columns = zip(*_table(done.stdout, title, name).values(), strict=True)
            assert [sum(column) for column in columns] == [len(_ROWS)] * 4
    for column in ("cautious marketing", "cautious service", "consented marketing"):
        assert f"{column}: {len(_ROWS)} agree, 0 differ" in done.stdout
    assert "| cautious | DEFER | 6 | 1 | 16.7% |" in done.stdout
    assert f"{len(_ROWS) * 2 * 2 * 3} answers" in done.stdout


def test_ways_that_disagree_are_named() -> None:
    """A row of which Advise and EvaluatePack say different things is reported with what differs."""
    allow = AdviseResponse(decision_id="one", opening="standard")
    same = AdviseResponse(decision_id="", opening="standard")
    other = AdviseResponse(opening="proof-first", do_not_ask=["identity"])
    answers = Answers(planned=[], advised=[allow, allow], replanned=[same, other])

    rows = [_row(number=1), _row(number=2)]
    assert disagreements(rows, answers) == {2: ["do_not_ask", "opening"]}


def test_a_clock_needs_its_offset(tmp_path: Path) -> None:
    """An instant without an offset from UTC could be anywhere; it is a wrong use of the command."""
    done = _example(_file(tmp_path), "--clock", "2009-05-13T11:00:00")

    assert done.returncode == 2
    assert "needs its offset" in done.stderr


def test_the_example_says_that_no_service_answers(tmp_path: Path) -> None:
    """A service that is away is exit code 3 and one line."""
    done = _example(_file(tmp_path), "--address", f"unix:{tmp_path / 'nobody.sock'}")

    assert done.returncode == 3
    assert done.stderr.startswith("the service refused or is away: UNAVAILABLE")
    assert "Traceback" not in done.stderr


def test_the_example_says_why_its_service_did_not_come_up(tmp_path: Path) -> None:
    """A pack that cannot be read is reported in the service's own words."""
    done = _example(_file(tmp_path), "--rules", tmp_path / "no-pack")

    assert done.returncode == 1
    assert "no-pack" in done.stderr
    assert "Traceback" not in done.stderr
