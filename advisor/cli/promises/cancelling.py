"""`advisor promises cancel`: a promise that nobody is to keep any more."""

from __future__ import annotations

import hashlib

import click

from advisor.cli.client import address_option, service
from advisor.cli.promises.reading import PATIENCE, identifier
from advisor.cli.promises.table import line
from advisor.v1.callback_service_pb2 import CancelPromiseRequest
from advisor.v1.callback_service_pb2_grpc import CallbackServiceStub


@click.command()
@click.argument("promise_id", metavar="ID", type=identifier)
@address_option
def cancel(promise_id: str, address: str) -> None:
    """Release the promise ID, because the customer does not want the call any more.

    Nobody is debited for it. Again changes nothing.
    """
    digest = hashlib.sha256(promise_id.encode()).hexdigest()[:40]
    request = CancelPromiseRequest(request_id=f"operator-{digest}", promise_id=promise_id)
    with service(address) as channel:
        answer = CallbackServiceStub(channel).CancelPromise(request, timeout=PATIENCE)
    click.echo(line(answer.promise))
    if answer.repeated:
        click.echo("It had been released before.")
