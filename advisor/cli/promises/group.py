"""``advisor promises``: lists what is owed, and the commands beside it."""

from __future__ import annotations

from typing import Final

import click
from click.core import ParameterSource
from google.protobuf.json_format import MessageToJson

from advisor.cli.client import address_option, service
from advisor.cli.lazy import LazyGroup, Place
from advisor.cli.promises.reading import PATIENCE, everything, identifier, owners_option
from advisor.cli.promises.table import lines
from advisor.v1 import callback_service_pb2 as wire
from advisor.v1.callback_service_pb2_grpc import CallbackServiceStub
from advisor.v1.vocabulary_customer_pb2 import PROMISE_STATE_DUE, PROMISE_STATE_MISSED

COMMANDS: Final = {
    "watch": Place("advisor.cli.promises.watching:watch", "Show promises as they become due."),
    "capacity": Place(
        "advisor.cli.promises.capacity:capacity", "Say how many call-backs can be kept."
    ),
    "cancel": Place("advisor.cli.promises.cancelling:cancel", "Release a promise."),
}


@click.group(cls=LazyGroup, places=COMMANDS, invoke_without_command=True)
@address_option
@click.option("--due", is_flag=True, help="Only what is due now.")
@click.option("--missed", is_flag=True, help="What was missed in the last seven days instead.")
@owners_option
@click.option(
    "--customer", type=identifier, metavar="ID", help="Of this customer, all that are remembered."
)
@click.option("--json", "as_json", is_flag=True, help="Print the promises as JSON.")
@click.pass_context
def promises(
    context: click.Context,
    address: str,
    owners: tuple[str, ...],
    customer: str | None,
    *,
    due: bool,
    missed: bool,
    as_json: bool,
) -> None:
    """List the promises to ring back that are owed, the one due first first.

    Times are by the clock of the place that each promise names.
    """
    if context.invoked_subcommand is not None:
        _refuse_what_it_does_not_take(context)
        return
    if due and missed:
        raise click.UsageError("--due and --missed are not for use together.")
    request = wire.ListPromisesRequest(
        customer_id=customer or "", owners=owners, missed=missed and customer is None
    )
    with service(address) as channel:
        found = everything(CallbackServiceStub(channel), request, PATIENCE)
    if due or missed:
        state = PROMISE_STATE_DUE if due else PROMISE_STATE_MISSED
        found = [each for each in found if each.state == state]
    if as_json:
        answer = wire.ListPromisesResponse(promises=found)
        click.echo(MessageToJson(answer, preserving_proto_field_name=True))
        return
    for line in lines(found, nothing=_nothing(customer, due=due, missed=missed)):
        click.echo(line)


def _nothing(customer: str | None, *, due: bool, missed: bool) -> str:
    if missed:
        return "Nothing was missed." if customer else "Nothing was missed in the last seven days."
    if due:
        return "Nothing is due now."
    return "Nothing that is remembered was promised." if customer else "Nothing is owed."


def _refuse_what_it_does_not_take(context: click.Context) -> None:
    given = [
        name
        for name in context.params
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise click.UsageError(f"Options of `{context.invoked_subcommand}` stand after it.")
