"""A context file is read into the contract's request, or refused at its line and column."""

from __future__ import annotations

from datetime import UTC

import pytest

from advisor.cli.context import read_context
from advisor.rules.problems import Problems
from advisor.v1.advisor_service_pb2 import AdviseRequest
from advisor.v1.vocabulary_call_pb2 import CALL_STAGE_BODY


def _read(text: str) -> tuple[AdviseRequest, list[str]]:
    problems = Problems()
    request = read_context("call.yaml", text.encode(), problems)
    return request, [f"{problem.mark}: {problem.message}" for problem in problems]


def test_words_of_packs_become_the_contracts_values() -> None:
    """Stages are words, lists need no wrapper, and a region called NO is Norway."""
    request, problems = _read(
        "call: {call_id: c-1, stage: body, regions: [NO, US-FL], attempt: 2,"
        " agent: {skills: [debt, english]}}\n"
        "customer: {profile: {complaints_open: 0, card: {balance: 1.5}}}\n"
    )
    assert problems == []
    assert request.call.stage == CALL_STAGE_BODY
    assert list(request.call.regions) == ["NO", "US-FL"]
    assert request.call.attempt == 2
    assert list(request.call.agent.skills.words) == ["debt", "english"]
    assert request.customer.profile.HasField("complaints_open")
    assert request.customer.profile.card.balance == 1.5


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("no", "yes_no", False),
        ("yes", "yes_no", True),
        ('"no"', "text", "no"),
        ("never", "never", True),
        ("12", "whole", 12),
        ("-0.5", "number", -0.5),
        ("2026-02-01", "date", "2026-02-01"),
        ("18:00", "clock", "18:00"),
        ("plain words", "text", "plain words"),
        ("2026-99-99T10:00:00Z", "text", "2026-99-99T10:00:00Z"),
        ("2026-01-12T10:00:00", "text", "2026-01-12T10:00:00"),
        ("1e999", "text", "1e999"),
        ("9999999999999999999999", "number", 1e22),
    ],
)
def test_a_bare_value_has_the_type_it_looks_like(written: str, kind: str, value: object) -> None:
    """Facts are written as bare values; quotes make a text of anything."""
    request, problems = _read(f"attributes: {{bank.fact: {written}}}\n")
    fact = request.attributes["bank.fact"]
    assert (problems, fact.WhichOneof("value"), getattr(fact, kind)) == ([], kind, value)


def test_instants_sets_and_durations_are_read() -> None:
    """An instant keeps its offset, and a set is a list."""
    request, problems = _read(
        "attributes:\n  a.at: 2026-01-12T15:00:00+01:00\n  a.set: [x, y]\n"
        "customer: {profile: {registers_checked_at: 2026-01-01T00:00:00Z}}\n"
    )
    assert problems == []
    assert request.attributes["a.at"].instant.ToDatetime(UTC).hour == 14
    assert list(request.attributes["a.set"].several.words) == ["x", "y"]
    assert request.customer.profile.registers_checked_at.ToDatetime(UTC).year == 2026


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("call: {call_idd: c}", 'call.yaml:1:8: unknown key "call_idd"; expected call_id'),
        ("call: c-1", 'call.yaml:1:7: "c-1"; expected a mapping with call_id'),
        ("call: {stage: bodyy}", 'call.yaml:1:15: "bodyy"; expected pre_call'),
        ("call: {regions: US}", 'call.yaml:1:17: "US"; expected a list'),
        ("call: {attempt: two}", 'call.yaml:1:17: "two"; expected a whole number'),
        ("call: {attempt: 99999999999}", 'call.yaml:1:17: "99999999999"; expected a whole number'),
        ("call: {call_id: [c]}", "call.yaml:1:17: a list; expected one value"),
        ("attributes: [a]", "call.yaml:1:13: a list; expected a mapping"),
        ("attributes: {a.b: {c: d}}", "call.yaml:1:19: a mapping; expected one value, or a list"),
        (
            "customer: {profile: {card: {balance: high}}}",
            'call.yaml:1:38: "high"; expected a number',
        ),
        (
            "customer: {profile: {safe_contact_restricted: maybe}}",
            'call.yaml:1:47: "maybe"; expected yes or no',
        ),
        (
            "customer: {profile: {registers_checked_at: yesterday}}",
            'call.yaml:1:44: "yesterday"; expected an instant with its offset',
        ),
        ("call: {", "call.yaml:2:1: nothing; expected a value"),
    ],
)
def test_a_mistake_is_shown_at_its_place(text: str, said: str) -> None:
    """Every mistake names its line and column, what was found, and what was expected."""
    _, problems = _read(text)
    assert problems[0].startswith(said)


def test_all_mistakes_are_shown_at_once() -> None:
    """Two mistakes are two reports."""
    _, problems = _read("call: {attempt: two, stage: bodyy}\npurpos: {}\n")
    assert len(problems) == 3
