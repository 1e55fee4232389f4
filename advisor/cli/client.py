"""How the commands reach a running service, and how they report that they could not."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

import click
import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Exit codes of every command; 0 is fine.
WRONG: Final = 1
UNREACHABLE: Final = 3

#: Where a service listens unless it is told otherwise.
DEFAULT_ADDRESS: Final = "127.0.0.1:50051"

address_option = click.option(
    "--address",
    envvar="ADVISOR_ADDRESS",
    default=DEFAULT_ADDRESS,
    show_default=True,
    metavar="HOST:PORT",
    help="Where the service listens.",
)


@contextmanager
def service(address: str) -> Iterator[grpc.Channel]:
    """Open a channel; an answer that is an error ends the program in words.

    Exits with 3 where the service cannot be reached, and with 1 where it refused the request,
    naming every violation.
    """
    with grpc.insecure_channel(address) as channel:
        try:
            yield channel
        except grpc.RpcError as raised:
            # What a unary call raises is a Call as well; the stubs do not say so.
            error = cast("grpc.Call", raised)
            for line in _lines(error, address):
                click.echo(line, err=True)
            unreachable = error.code() in {
                grpc.StatusCode.UNAVAILABLE,
                grpc.StatusCode.DEADLINE_EXCEEDED,
            }
            raise SystemExit(UNREACHABLE if unreachable else WRONG) from None


def _lines(error: grpc.Call, address: str) -> Iterator[str]:
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        yield f"advisor: no service answers at {address}; start one with: advisor serve"
        return
    yield f"advisor: {error.details()}"
    status = rpc_status.from_call(error)
    for detail in status.details if status is not None else ():
        request = error_details_pb2.BadRequest()
        if detail.Unpack(request):
            for violation in request.field_violations:
                yield f"  {violation.field}: {violation.description}"
