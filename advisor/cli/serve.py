"""`advisor serve`: the service, until it is told to stop."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click
import grpc
from pydantic import ValidationError
from rich.console import Console

from advisor.cli.advise import request_from
from advisor.cli.client import WRONG, service
from advisor.cli.page import page
from advisor.rules.problems import render
from advisor.rules.source import Source
from advisor.server.addresses import AddressRefused
from advisor.server.packs import PackRefused
from advisor.server.run import run
from advisor.server.settings import Settings
from advisor.store.errors import StoreError
from advisor.store.pack_files import PackUnreadable
from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceStub

if TYPE_CHECKING:
    from advisor.server.app import Running
    from advisor.v1.advisor_service_pb2 import AdviseRequest

#: Exit code of a command that was used wrongly; click's own.
_MISUSED = 2


@click.command()
@click.option(
    "--first-call",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Once the service answers, ask it about the call in this file and show the page.",
)
def serve(first_call: Path | None) -> None:
    """Serve guidance over gRPC until SIGTERM or Ctrl-C.

    Settings come from the environment (ADVISOR_LISTEN, ADVISOR_RULES, ...). Without
    ADVISOR_REDIS_URL an embedded server keeps the data in the folder ADVISOR_DATA.
    """
    settings = settings_or_exit()
    request = None if first_call is None else request_from(first_call)

    def on_running(running: Running) -> None:
        if request is not None and first_call is not None:
            # The service must go on answering while the page asks it, as any other client would.
            threading.Thread(
                target=_show, args=(running.address, request, first_call), daemon=True
            ).start()

    try:
        run(settings, on_running)
    except PackRefused as refused:
        sources = {name: Source.of_bytes(name, data) for name, data in refused.files.items()}
        for problem in refused.problems:
            click.echo(render(problem, sources), err=True)
        _end(str(refused))
    except (AddressRefused, PackUnreadable, StoreError, OSError) as error:
        _end(str(error))


def _show(address: str, request: AdviseRequest, first_call: Path) -> None:
    with service(address) as channel:
        grpc.channel_ready_future(channel).result(timeout=5)
        answer = AdvisorServiceStub(channel).Advise(request, timeout=5)
    console = Console(highlight=False)
    console.rule(f"What the agent sees of {first_call.name}")
    console.print(page(answer, explain=True))
    console.rule()
    console.print(f"Ask again: advisor advise {first_call} --why   Stop: Ctrl-C")


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
