"""`advisor rules explain` and `why-not`: which rules speak in a situation, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from advisor.cli.rules.common import WRONG, console, load_right, pack_argument
from advisor.facts.events import EVENTS
from advisor.rules.problems import nearest
from advisor.rules.scalars import MisreadError, moment
from advisor.workbench.explaining import UnknownRuleError
from advisor.workbench.explaining import advised as workbench_advised
from advisor.workbench.explaining import explain as workbench_explain
from advisor.workbench.explaining import why_not as workbench_why_not
from advisor.workbench.scenes import scene

if TYPE_CHECKING:
    from datetime import datetime

    from advisor.facts.situation import Situation
    from advisor.guidance.decision import Advice
    from advisor.guidance.guide import Guide

_context = click.argument("context")
_at = click.option(
    "--at",
    metavar="INSTANT",
    help='When the call is made, such as "2026-01-12 15:00 Europe/London"; now, if not given.',
)
_event = click.option(
    "--event", type=click.Choice(EVENTS), metavar="EVENT", help="After this event of the call."
)


@click.command()
@pack_argument
@_context
@_at
@_event
def explain(pack: Path, context: str, at: str | None, event: str | None) -> None:
    """Say which rules of PACK speak in CONTEXT, with the facts that made them.

    CONTEXT is a YAML file in the shape of AdviseRequest, or the name of a test of the pack.
    """
    guide = load_right(pack)
    situation = _situation(guide, context, at)
    out = console()
    out.print(_verdict(workbench_advised(guide, situation, event)))
    for explanation in workbench_explain(guide, situation, event):
        title, *rest = explanation.lines(guide.pack.catalogue)
        out.print()
        out.print(Text(title, style="bold"))
        for line in rest:
            out.print(line)


@click.command(name="why-not")
@pack_argument
@_context
@click.argument("rule")
@_at
@_event
def why_not(pack: Path, context: str, rule: str, at: str | None, event: str | None) -> None:
    """Say why RULE (or an item, as rule/item) of PACK is not shown in CONTEXT.

    CONTEXT is a YAML file in the shape of AdviseRequest, or the name of a test of the pack.
    """
    guide = load_right(pack)
    situation = _situation(guide, context, at)
    try:
        lines = list(workbench_why_not(guide, situation, rule, event))
    except UnknownRuleError as error:
        hint = f"; did you mean {error.nearest}?" if error.nearest else ""
        raise click.UsageError(f"{error}{hint}") from None
    out = console()
    for number, line in enumerate(lines):
        out.print(line, style="bold" if number == 0 else None)


def _verdict(advice: Advice) -> Text:
    verdict = advice.verdict
    text = Text(verdict.decision.word.replace("_", " ").upper(), style="bold")
    for reason in verdict.reasons:
        text.append(f"\n  {reason.code.value} ({reason.rule}): {reason.text}", style="not bold")
    if verdict.not_before is not None:
        text.append(f"\n  not before {verdict.not_before:%Y-%m-%d %H:%M} UTC", style="not bold")
    return text


def _situation(guide: Guide, context: str, at: str | None) -> Situation:
    """Read a situation from a file, or take the scene of a test."""
    if Path(context).is_file():
        return _requested(guide, Path(context), _instant(at))
    for case in guide.pack.cases:
        if case.name == context:
            return scene(guide.pack, case)
    names = [case.name for case in guide.pack.cases]
    near = nearest(context, names)
    hint = f"; did you mean “{near}”?" if near else ""
    raise click.UsageError(f"no file and no test of the pack is called “{context}”{hint}")


def _instant(at: str | None) -> datetime:
    # The service's clock is only needed here, and costs the imports of the service.
    from advisor.server.clocks import machine_clock  # noqa: PLC0415

    if at is None:
        return machine_clock()
    try:
        return moment(at).at
    except MisreadError as error:
        raise click.UsageError(f"--at is {at}; expected {error}") from None


def _requested(guide: Guide, file: Path, now: datetime) -> Situation:
    # The contract is only needed for a file, and takes longer to import than all the rest.
    from advisor.cli.advise import request_from  # noqa: PLC0415
    from advisor.server.errors import Refusal  # noqa: PLC0415
    from advisor.server.scene import Known, situation_in, told_in  # noqa: PLC0415

    request = request_from(file)
    try:
        return situation_in(told_in(request, guide.pack), guide.pack, now, Known())
    except Refusal as refusal:
        click.echo(f"Error: {file}: {refusal.message}", err=True)
        for detail in refusal.details:
            click.echo(str(detail).rstrip(), err=True)
        raise SystemExit(WRONG) from None
