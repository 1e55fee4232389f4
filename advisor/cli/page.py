"""What the agent would see, as a page for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from advisor.desk.words import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from google.protobuf.timestamp_pb2 import Timestamp
    from rich.console import RenderableType

    from advisor.v1.advisor_service_pb2 import AdviseResponse
    from advisor.v1.decision_pb2 import GuidanceItem, Reason, Verdict
    from advisor.v1.facts_pb2 import UsedFact

_VERDICT_STYLE: Final[Mapping[str, str]] = {
    "allow": "bold white on green",
    "allow with conditions": "bold black on yellow",
    "use other channel": "bold white on blue",
    "defer": "bold black on yellow",
    "human review": "bold white on magenta",
    "block": "bold white on red",
}
_KIND_STYLE: Final[Mapping[str, str]] = {
    "say": "bold",
    "ask": "bold cyan",
    "offer": "bold green",
    "avoid": "red",
    "stop": "bold red",
    "close": "bold",
}


def page(advice: AdviseResponse, *, explain: bool = False) -> RenderableType:
    """Lay out a decision for the person who will make the call.

    Args:
        advice: The answer of the service.
        explain: Also show why: each item's reason and facts, and what was not shown.
    """
    parts: list[RenderableType] = [_verdict(advice.verdict, advice, explain=explain)]
    if advice.brief:
        parts += [_heading("Know"), *(_known(item, explain=explain) for item in advice.brief)]
    if advice.items:
        parts += [_heading("The call"), _script(advice.items, explain=explain)]
    if advice.items and advice.do_not_ask:
        parts.append(_line("Do not ask", ", ".join(_plain(w) for w in advice.do_not_ask), "red"))
    report = advice.context_report
    if report.degraded:
        parts.append(_line("Degraded", report.degraded_because, "yellow"))
    if explain:
        if advice.suppressed:
            parts += [_heading("Not shown"), _bullets(_not_shown(advice))]
        if report.missing:
            parts.append(_line("Not known", ", ".join(report.missing)))
        if report.unsure:
            parts.append(_line("Not sure", ", ".join(report.unsure)))
        parts.append(_line("Zones", f"{', '.join(report.candidate_zones)} ({report.zones_from})"))
        parts.append(_line("Decision", f"{advice.decision_id}, pack {advice.pack_version}"))
    return Group(*parts)


def _verdict(verdict: Verdict, advice: AdviseResponse, *, explain: bool) -> RenderableType:
    decision = word(verdict, "decision")
    line = Text.assemble((f" {decision.upper()} ", _VERDICT_STYLE.get(decision, "bold")))
    if verdict.HasField("not_before"):
        line.append(f"  not before {_instant(verdict.not_before)}")
    elif decision == "defer":
        line.append("  until further notice")
    if advice.HasField("valid_until"):
        line.append(f"  valid until {_instant(advice.valid_until)}", "dim")
    return Group(line, *(_reason(reason, explain=explain) for reason in verdict.reasons))


def _reason(reason: Reason, *, explain: bool) -> RenderableType:
    line = Text.assemble((word(reason, "code"), "bold"), f": {reason.text}")
    if reason.HasField("until"):
        line.append(f" Until {_instant(reason.until)}.")
    if reason.HasField("citation"):
        line.append(f" [{reason.citation.cite}]", "dim")
    if reason.unsure:
        line.append(" (unsure)", "yellow")
    if explain:
        line.append(f"\n{_rule(reason.rule_id, reason.facts_used)}", "dim")
    return Padding(line, (0, 0, 0, 2))


def _script(items: Iterable[GuidanceItem], *, explain: bool) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    before = ""
    for item in items:
        stage, kind = word(item, "stage"), word(item, "kind")
        style = _KIND_STYLE.get(kind, "")
        body = Text(item.text, style)
        if word(item, "force") != "must":
            body.append(f"  ({word(item, 'force')})", "dim")
        if explain:
            body.append(_why(item), "dim")
        table.add_row(stage if stage != before else "", Text(kind.upper(), style), body)
        before = stage
    return Padding(table, (0, 0, 0, 2))


def _known(item: GuidanceItem, *, explain: bool) -> RenderableType:
    text = Text(item.text)
    if explain:
        text.append(_why(item), "dim")
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_row("-", text)
    return Padding(row, (0, 0, 0, 2))


def _why(item: GuidanceItem) -> str:
    return f"\nWhy: {item.because}\n{_rule(item.id, item.facts_used)}"


def _rule(name: str, facts: Iterable[UsedFact]) -> str:
    """Name a rule, and the facts that made it speak."""
    shown = "; ".join(f"{fact.name}: {fact.value}" if fact.value else fact.name for fact in facts)
    return f"Rule: {name} ({shown})" if shown else f"Rule: {name}"


def _not_shown(advice: AdviseResponse) -> Iterator[str]:
    """Say why items are not shown; where there is no call, once for all that would be in it."""
    uncalled = [item for item in advice.suppressed if word(item, "reason") == "no call"]
    for item in advice.suppressed:
        if item not in uncalled:
            yield f"{item.id}: {item.text}"
    if uncalled:
        yield f"{len(uncalled)} of its items: {uncalled[0].text}"


def _heading(words: str) -> RenderableType:
    return Text(f"\n{words}", "bold underline")


def _bullets(lines: Iterable[str]) -> RenderableType:
    return Group(*(Padding(Text(f"- {line}"), (0, 0, 0, 2)) for line in lines))


def _line(name: str, words: str, style: str = "") -> RenderableType:
    return Text.assemble((f"\n{name}: ", "bold"), (words, style))


def _plain(words: str) -> str:
    return words.replace("_", " ")


def _instant(at: Timestamp) -> str:
    return at.ToDatetime().strftime("%Y-%m-%d %H:%M UTC")
