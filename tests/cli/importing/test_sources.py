"""What a mapping makes of the values of a row."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.cli.importing.filling import Filled, fill
from advisor.cli.importing.mapping import read_mapping
from advisor.cli.importing.rows import FileRefused, Row, Shape, read_rows
from advisor.rules.problems import Problems


def _fill(row: str, **cells: str) -> Filled:
    problems = Problems()
    mapping = read_mapping(
        "map.yaml", f"row:\n  customer_id: {{line: r-}}\n  {row}".encode(), problems
    )
    assert mapping is not None
    assert list(problems) == []
    return fill(mapping, Row(7, cells))


@pytest.mark.parametrize(
    ("source", "said", "kind", "value"),
    [
        ("{column: a}", "12", "whole", "12"),
        ("{column: a, as: text}", "12", "text", "12"),
        ("{column: a, prefix: K}", "12", "text", "K12"),
        ('{column: a, dates: "%d/%m/%y"}', "31/01/26", "date", "2026-01-31"),
        (
            '{column: a, dates: "%d/%m/%y %H:%M", zone: Europe/Lisbon}',
            "01/07/25 10:00",
            "instant",
            "2025-07-01T09:00:00Z",
        ),
        ('{column: a, split: ","}', "x, y,", "several", "x y"),
    ],
)
def test_a_fact_from_a_column(source: str, said: str, kind: str, value: str) -> None:
    """A fact takes the type its value looks like, or the one that its source names."""
    filled = _fill(f"profile: {{attributes: {{bank.note: {source}}}}}", a=said)
    assert filled.problems == []
    fact = filled.customer.profile.attributes["bank.note"]
    assert fact.WhichOneof("value") == kind
    found = {
        "instant": fact.instant.ToJsonString(),
        "several": " ".join(fact.several.words),
    }.get(kind, str(getattr(fact, kind)))
    assert found == value


def test_words_of_a_list() -> None:
    """A column becomes a list of words, each translated."""
    row = 'profile: {care_needs: {column: a, split: "|", words: {LP: large_print}}}'
    assert list(_fill(row, a="LP|slow").customer.profile.care_needs.words) == [
        "large_print",
        "slow",
    ]


def test_what_is_the_same_in_every_row_means_nothing_alone() -> None:
    """A part whose columns are all empty is left out, with what is the same in every row."""
    row = "contacts: [{call_id: {column: a}, at: {column: b}, disposition: sale}]"
    assert len(_fill(row, a="1", b="2026-01-01T00:00Z").customer.contacts) == 1
    assert len(_fill(row).customer.contacts) == 0
    assert _fill("profile: {goal: to save}").customer.profile.goal == "to save"


def test_ids_of_content_differ_where_columns_differ() -> None:
    """An id made from columns depends on each of them, and is none where all are empty."""
    row = "contacts: [{call_id: {made_from: [a, b]}, at: 2026-01-01T00:00:00Z}]"
    ids = {
        _fill(row, **cells).customer.contacts[0].call_id
        for cells in ({"a": "1", "b": "23"}, {"a": "12", "b": "3"}, {"a": "123"})
    }
    assert len(ids) == 3
    assert len(_fill(row).customer.contacts) == 0
    assert _fill(row).customer.customer_id == "r-7"


@pytest.mark.parametrize("said", ["-1", "x", "999999", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_days_are_a_small_whole_number(said: str) -> None:
    """A number of days that is none is told with its column."""
    row = "contacts: [{call_id: {line: c-}, at: {column: d, days_before: 2026-01-10T00:00:00Z}}]"
    assert _fill(row, d="9").customer.contacts[0].at.ToJsonString() == "2026-01-01T00:00:00Z"
    assert _fill(row, d=said).problems == [
        f'd: "{said}"; expected a number of days, 100000 at most'
    ]


def test_days_before_all_years_are_told() -> None:
    """A number of days that leads before the first year is told."""
    row = "contacts: [{call_id: {line: c-}, at: {column: d, days_before: 0099-01-10T00:00:00Z}}]"
    assert _fill(row, d="99999").problems == ['d: "99999"; expected fewer days']


def test_an_instant_needs_its_offset_or_a_zone() -> None:
    """A date without offset and zone is told, not guessed."""
    row = "contacts: [{call_id: {line: c-}, at: {column: d}}]"
    assert "with its offset" in _fill(row, d="2026-01-01T10:00").problems[0]
    assert "a date like 2026-01-31" in _fill(row, d="soon").problems[0]
    assert "with its offset" in _fill(row, d="0001-01-01T00:00+05:00").problems[0]


_ANY = b"""
file: {dates: "%Y-%m-%dT%H:%M:%S%z"}
row:
  customer_id: {column: a}
  profile: {goal: {column: b}, attributes: {bank.note: {column: c}}}
  contacts: [{call_id: {made_from: [a, b]}, at: {column: c}, disposition: {column: b}}]
"""


@given(
    data=st.binary(max_size=200)
    | st.lists(
        st.sampled_from([b"a", b"b,c", b'"', b"\n", b",", b"{", b":", b"}", b"1"]), max_size=40
    ).map(b"".join),
    head=st.sampled_from(
        [b"a,b,c\n", b'{"a":"\\ud800","b":1,"c":"9999-12-31T23:00:00-0900"}\n', b""]
    ),
    shape=st.sampled_from(Shape),
)
def test_no_file_breaks_the_reading(data: bytes, head: bytes, shape: Shape) -> None:
    """Whatever a file holds is a row, a bad row with its line, or a file that is refused."""
    mapping = read_mapping("map.yaml", _ANY, Problems())
    assert mapping is not None
    lines = [0]
    try:
        for row in read_rows(io.BytesIO(head + data), shape, ",", mapping.columns):
            lines.append(row.line)
            if not row.problem:
                fill(mapping, row)
    except FileRefused:
        pass
    assert lines == sorted(set(lines))
