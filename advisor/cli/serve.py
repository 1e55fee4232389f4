"""`advisor serve`: the service, until it is told to stop."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click
import grpc
from pydantic import ValidationError
from rich.console import Console

from advisor.cli.call import play, story_from
from advisor.cli.client import WRONG, service
from advisor.cli.desk import bound, serve_on
from advisor.rules.problems import render
from advisor.rules.source import Source
from advisor.server.addresses import AddressRefused
from advisor.server.clocks import clock_from
from advisor.server.packs import PackRefused
from advisor.server.run import run
from advisor.server.settings import Settings
from advisor.store.errors import StoreError
from advisor.store.pack_files import PackUnreadable

if TYPE_CHECKING:
    from advisor.cli.story import Story
    from advisor.server.app import Running

#: Exit code of a command that was used wrongly; click's own.
_MISUSED = 2


@click.command()
@click.option(
    "--play",
    "stories",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Once the service answers, play the calls of this story, as `advisor call` does.",
)
@click.option("--desk", is_flag=True, help="Serve the agent's page too, as `advisor desk` does.")
def serve(stories: tuple[Path, ...], *, desk: bool) -> None:
    """Serve guidance over gRPC until SIGTERM or Ctrl-C.

    Settings come from the environment (ADVISOR_LISTEN, ADVISOR_RULES, ...). Without
    ADVISOR_REDIS_URL an embedded server keeps the data in the folder ADVISOR_DATA.
    """
    settings = settings_or_exit()
    told = [story_from(path) for path in stories]
    taken = bound() if desk else None

    def on_running(running: Running) -> None:
        if taken is not None:
            page = (taken, running.address, clock_from(settings.clock_start))
            threading.Thread(target=serve_on, args=page, daemon=True).start()
        if told:
            # The service must go on answering while it is asked, as by any other client.
            threading.Thread(target=_show, args=(running.address, told), daemon=True).start()

    try:
        run(settings, on_running)
    except PackRefused as refused:
        sources = {name: Source.of_bytes(name, data) for name, data in refused.files.items()}
        for problem in refused.problems:
            click.echo(render(problem, sources), err=True)
        _end(str(refused))
    except (AddressRefused, PackUnreadable, StoreError, OSError) as error:
        _end(str(error))


def _show(address: str, stories: list[Story]) -> None:
    console = Console(highlight=False)
    with service(address) as channel:
        grpc.channel_ready_future(channel).result(timeout=5)
        for story in stories:
            play(story, channel, console, lambda _seconds: None)
    console.rule()
    console.print("Play a story again, at the pace of people: advisor call STORY   Stop: Ctrl-C")


def settings_or_exit() -> Settings:
    """Read the settings; a wrong one ends the process with a sentence that says which."""
    try:
        return Settings()
    except ValidationError as error:
        for wrong in error.errors(include_url=False, include_input=False):
            name = ".".join(str(part) for part in wrong["loc"])
            click.echo(f"advisor: ADVISOR_{name.upper()}: {wrong['msg']}", err=True)
        raise SystemExit(_MISUSED) from None


def _end(message: str) -> None:
    click.echo(f"advisor: {message}", err=True)
    raise SystemExit(WRONG)
