"""`advisor desk`: the agent's page, until it is told to stop."""

from __future__ import annotations

import ipaddress
import os
import socket

import click
import uvicorn

from advisor.cli.client import address_option
from advisor.desk.app import desk as application
from advisor.server.clocks import Clock, machine_clock

#: Where the page is served unless it is told otherwise.
DEFAULT_LISTEN = "127.0.0.1:8080"
_LISTEN = "ADVISOR_DESK_LISTEN"


@click.command()
@address_option
@click.option(
    "--listen",
    envvar=_LISTEN,
    default=DEFAULT_LISTEN,
    show_default=True,
    metavar="HOST:PORT",
    help="Where the page is served; an address of this machine only.",
)
def desk(address: str, listen: str) -> None:
    """Serve the agent's page, a client of a running service, until Ctrl-C."""
    serve_on(bound(listen), address, machine_clock)


def bound(listen: str | None = None) -> socket.socket:
    """Take the address of the page; where none is named, that of the environment.

    Raises:
        click.BadParameter: As `listening`.
        click.ClickException: It is taken.
    """
    listen = listen or os.environ.get(_LISTEN, DEFAULT_LISTEN)
    host, port = listening(listen)
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise click.ClickException(
            f"the desk cannot be served at {listen}: {error.strerror}. Name another address with"
            f" {_LISTEN}."
        ) from error


def serve_on(taken: socket.socket, address: str, clock: Clock) -> None:
    """Serve the page on a socket, as a client of the service that listens at an address.

    Args:
        taken: The socket.
        address: Where the service listens.
        clock: Says which day is today.
    """
    host, port = taken.getsockname()[:2]
    click.echo(f"The desk: http://{f'[{host}]' if ':' in host else host}:{port}/")
    config = uvicorn.Config(application(address, clock), log_level="warning", server_header=False)
    uvicorn.Server(config).run(sockets=[taken])


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
