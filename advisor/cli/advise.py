"""`advisor advise`: one call's context in, what the agent would see out."""

from __future__ import annotations

from pathlib import Path

import click
from google.protobuf.json_format import MessageToJson
from rich.console import Console

from advisor.cli.client import WRONG, address_option, service
from advisor.cli.context import read_context
from advisor.cli.page import page
from advisor.rules.problems import Problems, render
from advisor.rules.source import Source
from advisor.v1.advisor_service_pb2 import AdviseRequest
from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceStub

#: Seconds a person waits before the command gives up.
_PATIENCE = 5.0


@click.command()
@click.argument("context", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@address_option
@click.option("--why", is_flag=True, help="Also show why, and what was not shown.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def advise(context: Path, address: str, *, why: bool, as_json: bool) -> None:
    """Ask a running service about the call in CONTEXT, a YAML file.

    The file has the shape of AdviseRequest, in the words of packs:

    \b
        call: {call_id: c-1, brand: acme-bank, time_zones: [Europe/London]}
        purpose: {id: pin-migration, occasion: {starts_on: 2026-02-01}}
        attributes: {bank.pin_used: no}
    """  # noqa: D301 - click reads the character
    request = request_from(context)
    with service(address) as channel:
        answer = AdvisorServiceStub(channel).Advise(request, timeout=_PATIENCE)
    if as_json:
        click.echo(MessageToJson(answer, preserving_proto_field_name=True))
    else:
        Console(highlight=False).print(page(answer, explain=why))


def request_from(context: Path) -> AdviseRequest:
    """Read a context file, or end the program with every mistake in it."""
    data = context.read_bytes()
    problems = Problems()
    request = read_context(context.name, data, problems)
    if problems.has_errors:
        sources = {context.name: Source.of_bytes(context.name, data)}
        for problem in problems:
            click.echo(render(problem, sources), err=True)
        raise SystemExit(WRONG)
    return request
