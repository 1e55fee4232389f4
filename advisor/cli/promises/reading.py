"""How the commands about promises read what they are given, and what a service has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from advisor.v1.callback_service_pb2 import ListPromisesRequest
    from advisor.v1.callback_service_pb2_grpc import CallbackServiceStub
    from advisor.v1.history_pb2 import Promise

#: Seconds a person waits for one answer before a command gives up.
PATIENCE: Final = 5.0

#: Most promises on one page: the most that the contract allows.
_PAGE: Final = 500

_ID: Final = re.compile(r"[!-~]{1,128}")


def identifier(value: str) -> str:
    """Take an id of the company, as the contract allows it.

    Raises:
        click.BadParameter: It is none.
    """
    if _ID.fullmatch(value) is None:
        raise click.BadParameter(f"{value!r}: an id is 1 to 128 visible characters of ASCII")
    return value


#: Adds ``--owner``, as ``owners``, to a command.
owners_option: Final = click.option(
    "--owner",
    "owners",
    multiple=True,
    type=identifier,
    metavar="ID",
    help="Only those of this agent or team; may be repeated.",
)


def everything(
    service: CallbackServiceStub, request: ListPromisesRequest, patience: float
) -> list[Promise]:
    """Read all pages of a list.

    Args:
        service: Where they are.
        request: What to list; its page is set here.
        patience: Seconds that each page may take.

    Raises:
        grpc.RpcError: The service refused or was out of reach.
    """
    request.page_size = _PAGE
    found: list[Promise] = []
    while True:
        page = service.ListPromises(request, timeout=patience)
        found += page.promises
        request.page_token = page.next_page_token
        if not request.page_token:
            return found
