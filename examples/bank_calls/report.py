"""Counts what the service said, and says it: row numbers and counts, nothing about anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from advisor.v1.advisor_service_pb2 import AdviseResponse
from advisor.v1.decision_pb2 import Reason
from advisor.v1.vocabulary_decision_pb2 import DECISION_DEFER, Decision, ReasonCode
from examples.bank_calls.client import Answers
from examples.bank_calls.rows import Row

#: The answers of a run, by scenario and kind.
Run = Mapping[tuple[str, str], Answers]

#: Rows named where the two ways to ask disagree, at most.
_NAMED: Final = 10

#: What belongs to one answer, and not to what it decides.
_ITS_OWN = frozenset({"decision_id", "valid_until", "proof", "revision"})


def verdict(answer: AdviseResponse) -> list[str]:
    """Return the verdict's word."""
    return [Decision.Name(answer.verdict.decision).removeprefix("DECISION_")]


def reasons(answer: AdviseResponse) -> list[str]:
    """Return every reason with the rule that gave it."""
    return sorted({_with_rule(each) for each in answer.verdict.reasons})


def reason_sets(answer: AdviseResponse) -> list[str]:
    """Return what the reasons are together."""
    return [" + ".join(sorted({_code(each) for each in answer.verdict.reasons})) or "(none)"]


def first_item(answer: AdviseResponse) -> list[str]:
    """Return the first thing to say or do."""
    return [answer.items[0].id if answer.items else "(no script)"]


def first_brief(answer: AdviseResponse) -> list[str]:
    """Return the first thing to know."""
    return [answer.brief[0].id if answer.brief else "(nothing)"]


def opening(answer: AdviseResponse) -> list[str]:
    """Return the name of the opening order."""
    return [answer.opening or "(none)"]


def without_end(answer: AdviseResponse) -> list[str]:
    """Return the reasons of a DEFER that have no end, with the rule that gave them."""
    return sorted(
        {
            _with_rule(each)
            for each in answer.verdict.reasons
            if each.decision == DECISION_DEFER and not each.HasField("until")
        }
    )


#: What is counted of every answer.
TABLES: Final[dict[str, Callable[[AdviseResponse], list[str]]]] = {
    "verdict": verdict,
    "reason (rule)": reasons,
    "reasons together": reason_sets,
    "first item": first_item,
    "first of the brief": first_brief,
    "opening": opening,
    "deferred without a known end": without_end,
}


def sold(rows: Sequence[Row], answers: Sequence[AdviseResponse]) -> dict[str, tuple[int, int]]:
    """Return how many real calls each verdict would have had, and how many of them ended in a sale.

    The advisor was not told how they ended; a manager asks what its advice would have cost.
    """
    found: dict[str, tuple[int, int]] = {}
    for row, answer in zip(rows, answers, strict=True):
        for word in verdict(answer):
            calls, sales = found.get(word, (0, 0))
            found[word] = (calls + 1, sales + row.sold)
    return found


def counted(
    answers: Iterable[AdviseResponse], what: Callable[[AdviseResponse], list[str]]
) -> Counter[str]:
    """Count something of every answer."""
    return Counter(word for answer in answers for word in what(answer))


def tables(title: str, columns: Mapping[str, Sequence[AdviseResponse]]) -> Iterator[str]:
    """Return every table, a column for each scenario and kind, as Markdown."""
    yield f"## {title}"
    for name, what in TABLES.items():
        counts = {column: counted(answers, what) for column, answers in columns.items()}
        words = sorted(
            {word for each in counts.values() for word in each},
            key=lambda word: (-sum(each[word] for each in counts.values()), word),
        )
        yield ""
        yield f"| {name} | {' | '.join(counts)} |"
        yield f"| --- |{' ---: |' * len(counts)}"
        for word in words:
            yield f"| {word} | {' | '.join(str(each[word]) for each in counts.values())} |"


def disagreements(rows: Sequence[Row], answers: Answers) -> dict[int, list[str]]:
    """Return the rows of which `Advise` and `EvaluatePack` say different things, and what differs.

    Each decision has an id of its own, and an instant until which it holds that moves with the
    clock; neither is compared.
    """
    different: dict[int, list[str]] = {}
    for row, one, other in zip(rows, answers.advised, answers.replanned, strict=True):
        fields = [
            field.name
            for field in AdviseResponse.DESCRIPTOR.fields
            if field.name not in _ITS_OWN and getattr(one, field.name) != getattr(other, field.name)
        ]
        if fields:
            different[row.number] = fields
    return different


def agreement(rows: Sequence[Row], run: Run) -> Iterator[str]:
    """Say where `Advise` and `EvaluatePack` disagree on the same context at the same instant."""
    yield "## Advise and EvaluatePack, the same context at the same instant"
    yield ""
    for (scenario, kind), answers in run.items():
        different = disagreements(rows, answers)
        yield f"{scenario} {kind}: {len(rows) - len(different)} agree, {len(different)} differ"
        for number in list(different)[:_NAMED]:
            yield f"  row {number}: {', '.join(different[number])}"


def sales(rows: Sequence[Row], run: Run) -> Iterator[str]:
    """Say how the real calls ended that would have had each verdict; they were sales calls."""
    yield "## How the real calls ended, by the verdict each would have had"
    yield ""
    yield "| scenario | verdict | calls | sales | share |"
    yield "| --- | --- | ---: | ---: | ---: |"
    for (scenario, kind), answers in run.items():
        if kind != "marketing":
            continue
        for word, (calls, sales_) in sorted(sold(rows, answers.planned).items()):
            yield f"| {scenario} | {word} | {calls} | {sales_} | {sales_ / calls:.1%} |"


def report(rows: Sequence[Row], run: Run, clocks: Mapping[str, datetime]) -> Iterator[str]:
    """Return the whole report, line by line."""
    yield from tables(
        "EvaluatePack: each call at its own instant",
        {f"{scenario} {kind}": answers.planned for (scenario, kind), answers in run.items()},
    )
    yield ""
    instants = ", ".join(f"{name} {at.isoformat()}" for name, at in clocks.items())
    yield from tables(
        f"Advise: all calls by the service's clock ({instants})",
        {f"{scenario} {kind}": answers.advised for (scenario, kind), answers in run.items()},
    )
    yield ""
    yield from sales(rows, run)
    yield ""
    yield from agreement(rows, run)


def _with_rule(reason: Reason) -> str:
    unsure = ", unsure" if reason.unsure else ""
    return f"{_code(reason)} ({reason.rule_id}{unsure})"


def _code(reason: Reason) -> str:
    return ReasonCode.Name(reason.code).removeprefix("REASON_CODE_")
