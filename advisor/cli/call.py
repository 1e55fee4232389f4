"""`advisor call`: a whole story, played against a running service."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from advisor.cli.client import WRONG, address_option, service
from advisor.cli.page import page
from advisor.cli.play import Player
from advisor.cli.story import Story, read_story
from advisor.desk.words import next_spoken, word
from advisor.rules.problems import Problems, render
from advisor.rules.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    import grpc

    from advisor.cli.story import Step, Told
    from advisor.v1.advisor_service_pb2 import RecordOutcomeResponse
    from advisor.v1.callback_service_pb2 import MakePromiseResponse, ProposeSlotsResponse
    from advisor.v1.event_pb2 import CallGuidance

#: Characters that a person says in a second, and seconds that nobody speaks between two turns.
_SPOKEN_A_SECOND: Final = 14
_BETWEEN: Final = 0.8


@click.command()
@click.argument("story", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@address_option
@click.option(
    "--speed",
    type=click.Choice(["human", "full"]),
    default="human",
    show_default=True,
    help="At the pace of people, or without pauses.",
)
def call(story: Path, address: str, speed: str) -> None:
    """Play the calls of STORY against a running service, and show both sides.

    \b
        advisor call tests/stories/K1-the-interruption.yaml

    Every playing has customers of its own, so that it knows nothing of an earlier one. Calls are
    decided at the service's own time, whatever instant the story names.
    """  # noqa: D301 - click reads the character
    told = story_from(story)
    pause = time.sleep if speed == "human" else _no_pause
    with service(address) as channel:
        play(told, channel, Console(highlight=False), pause)


def story_from(path: Path) -> Story:
    """Read a story, or end the program with every mistake in it."""
    data = path.read_bytes()
    problems = Problems()
    story = read_story(path.name, data, problems)
    if problems.has_errors:
        sources = {path.name: Source.of_bytes(path.name, data)}
        for problem in problems:
            click.echo(render(problem, sources), err=True)
        raise SystemExit(WRONG)
    return story


def play(
    story: Story, channel: grpc.Channel, console: Console, pause: Callable[[float], None]
) -> None:
    """Play a story.

    Args:
        story: What is played.
        channel: To the service.
        console: Where both sides are shown.
        pause: Waits for so many seconds.
    """
    player = Player(channel)
    for told in story.calls:
        _play(told, player, console, pause)


def _play(told: Told, player: Player, console: Console, pause: Callable[[float], None]) -> None:
    console.rule(f"[bold]{told.title}[/bold]")
    if not player.is_time_for(told):
        # A promise is due by the service's clock, which nobody can put forward from here.
        console.print(Text("  Its time has not come at this service.", "dim"))
        return
    answer = player.begin(told)
    console.print(page(answer))
    told_not_to = list(answer.do_not_ask)
    for step in told.steps:
        pause(_BETWEEN)
        _show_step(step, console, pause)
        guidance = player.report(step).guidance
        console.print(_answer(guidance, told_not_to))
        told_not_to = list(guidance.do_not_ask)
    if told.promise is not None:
        console.print(_promised(*player.promise(told.promise)))
    if told.ending is not None:
        outcome = player.end(told.ending)
        console.print(_came_of_it(outcome, player))


def _show_step(step: Step, console: Console, pause: Callable[[float], None]) -> None:
    happened = word(step.event, "kind")
    for who, words, style in (
        ("Agent", step.agent, "cyan"),
        ("Customer", step.customer, "magenta"),
    ):
        if words:
            console.print(Text.assemble((f"\n{who}: ", f"bold {style}"), words))
            pause(len(words) / _SPOKEN_A_SECOND)
    console.print(Text(f"  {happened}", "dim"))


def _answer(guidance: CallGuidance, told_not_to: list[str]) -> Padding:
    """Lay out what the agent sees: what to say now first, or else what comes next.

    Args:
        guidance: What holds now.
        told_not_to: What was not to be asked before; it is said again where it has changed.
    """
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="green")
    table.add_column(ratio=1)
    shown = list(guidance.reactions)
    after = next_spoken(guidance.items)
    if next_spoken(shown) is None and after is not None:
        shown.append(after)
    for item in shown:
        table.add_row(word(item, "kind").upper(), Text(item.text, "bold"))
    if guidance.do_not_ask != told_not_to:
        asks = ", ".join(ask.replace("_", " ") for ask in guidance.do_not_ask)
        table.add_row("do not ask", Text(asks, "dim"))
    if guidance.uncovered:
        words = "The pack has no words for this; it is counted for its authors."
        table.add_row("", Text(words, "yellow"))
    if guidance.context_report.degraded:
        words = f"Degraded: {guidance.context_report.degraded_because}"
        table.add_row("", Text(words, "yellow"))
    return Padding(table, (0, 0, 0, 4))


def _promised(proposed: ProposeSlotsResponse, made: MakePromiseResponse | None) -> Text:
    text = Text("\nA call-back\n", "bold underline")
    for reason in proposed.refused:
        text.append(f"  cannot be kept: {reason.text}\n", "yellow")
    for slot in proposed.slots:
        text.append(f"  can be kept: {slot.spoken}\n", "dim")
    if made is not None:
        text.append(f"  promised: {made.spoken}\n", "bold green")
    return text


def _came_of_it(outcome: RecordOutcomeResponse, player: Player) -> Text:
    text = Text("\nWhat came of it\n", "bold underline")
    for entry in outcome.entries:
        colour = "green" if entry.points > 0 else "red"
        text.append(f"  {entry.points:+.1f}", colour)
        text.append(f"  {entry.because or entry.reason}\n")
    if not outcome.entries:
        text.append("  The card is as it was.\n", "dim")
    card = player.card()
    if card is not None:
        tier = word(card.card, "tier") or "unknown"
        text.append(f"  The card, by our estimate: {tier}", "bold")
        text.append(f" ({outcome.balance_before:.1f} before, {outcome.balance_after:.1f} after)\n")
        for line in card.lines:
            text.append(f"    {line.text}\n", "dim")
    return text


def _no_pause(_seconds: float) -> None:
    """Go on at once."""
