"""`advisor desk`: the agent's page, until it is told to stop."""

from __future__ import annotations

import ipaddress
import os

import click
import uvicorn

from advisor.cli.client import address_option
from advisor.desk.app import desk as application

#: Where the page is served unless it is told otherwise.
DEFAULT_LISTEN = "127.0.0.1:8080"


@click.command()
@address_option
@click.option(
    "--listen",
    envvar="ADVISOR_DESK_LISTEN",
    default=DEFAULT_LISTEN,
    show_default=True,
    metavar="HOST:PORT",
    help="Where the page is served; an address of this machine only.",
)
def desk(address: str, listen: str) -> None:
    """Serve the agent's page, a client of a running service, until Ctrl-C."""
    server(address, listen).run()


def beside(address: str) -> None:
    """Serve the page beside the service that listens at an address, in a thread of its own."""
    server(address, os.environ.get("ADVISOR_DESK_LISTEN", DEFAULT_LISTEN)).run()


def server(address: str, listen: str) -> uvicorn.Server:
    """Make the server of the page, and say where it will be.

    Raises:
        click.BadParameter: As `listening`.
    """
    host, port = listening(listen)
    click.echo(f"The desk: http://{listen}/")
    return uvicorn.Server(
        uvicorn.Config(
            application(address), host=host, port=port, log_level="warning", server_header=False
        )
    )


def listening(listen: str) -> tuple[str, int]:
    """Read an address; others than this machine are refused, because there is no log-in.

    Raises:
        click.BadParameter: It is no address, or not of this machine.
    """
    host, _, port = listen.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    try:
        local = bare == "localhost" or ipaddress.ip_address(bare).is_loopback
    except ValueError:
        local = False
    if not local or not port.isdecimal() or int(port) > 65_535:  # noqa: PLR2004 - the last port
        raise click.BadParameter(
            f"{listen} is not an address of this machine, such as {DEFAULT_LISTEN}. The page has no"
            " log-in; put a proxy with one in front of it.",
            param_hint="--listen",
        )
    return bare, int(port)
