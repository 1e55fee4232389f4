"""`advisor promises watch`: promises as they become due, and as they are missed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, cast

import click
import grpc
from google.protobuf.json_format import MessageToJson

from advisor.cli.client import address_option, service
from advisor.cli.promises.reading import owners_option
from advisor.cli.promises.table import line
from advisor.v1.callback_service_pb2 import WatchDuePromisesRequest
from advisor.v1.callback_service_pb2_grpc import CallbackServiceStub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from advisor.v1.history_pb2 import Promise

#: Seconds until a service that went away is asked again.
_AGAIN: Final = 1.0


@click.command()
@address_option
@owners_option
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each.")
def watch(address: str, owners: tuple[str, ...], *, as_json: bool) -> None:
    """Show promises as they become due, and as they are missed, until Ctrl-C.

    Those that are due now come first. A service that goes away is asked again every second.
    """
    try:
        for promise in watched(address, owners, time.sleep):
            if as_json:
                click.echo(MessageToJson(promise, preserving_proto_field_name=True, indent=None))
            else:
                click.echo(line(promise))
    except KeyboardInterrupt:
        return


def watched(
    address: str, owners: tuple[str, ...], pause: Callable[[float], None]
) -> Iterator[Promise]:
    """Iterate over promises each time that they become due or are missed.

    What was shown before the service went away is not shown again because it is back.

    Ends the program with 3 where there is no service at first, and with 1 where it refuses.

    Args:
        address: Where the service listens.
        owners: Agents and teams; empty for everybody.
        pause: Waits for so many seconds before a service that went away is asked again.
    """
    before: set[tuple[str, int]] = set()
    reached = False
    with service(address) as channel:
        stub = CallbackServiceStub(channel)
        while True:
            shown: set[tuple[str, int]] = set()
            try:
                for answer in stub.WatchDuePromises(WatchDuePromisesRequest(owners=owners)):
                    reached = True
                    key = (answer.promise.id, answer.promise.state)
                    if not answer.HasField("promise"):
                        continue
                    shown.add(key)
                    if key in before:
                        before.remove(key)
                    else:
                        yield answer.promise
            except grpc.RpcError as raised:
                away = cast("grpc.Call", raised).code() is grpc.StatusCode.UNAVAILABLE
                if not (reached and away):
                    raise
                click.echo(f"advisor: {address} does not answer; it is asked again.", err=True)
            before |= shown
            pause(_AGAIN)
