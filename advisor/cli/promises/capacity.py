"""`advisor promises capacity`: how many call-backs a team can keep, and when."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from advisor.cli.client import WRONG, address_option, service
from advisor.cli.promises.reading import PATIENCE
from advisor.v1.callback_service_pb2 import SetSlotCapacityRequest
from advisor.v1.callback_service_pb2_grpc import CallbackServiceStub

#: Most slots in one request, and the greatest capacity: as in the contract.
_BATCH: Final = 1_000
_MOST: Final = 10_000

#: Columns of a file.
_STARTS, _CAPACITY, _TEAM = "starts_at", "capacity", "team"

#: What can be kept: capacities of slots by when they begin, by team.
Rooms = Mapping[str, Mapping[datetime, int]]


@click.command()
@click.argument("slots", metavar="FILE | START=N...", nargs=-1, required=True)
@click.option("--team", default="", help="The team; the pack's own if not given.")
@address_option
def capacity(slots: tuple[str, ...], team: str, address: str) -> None:
    """Say how many call-backs a team can keep in some slots, instead of what the pack says.

    Either slots, each by when it begins, with its offset from UTC:

    \b
        advisor promises capacity --team cards 2026-01-13T16:00Z=4 2026-01-13T16:30Z=0

    or one CSV file with the columns starts_at and capacity, and team where it names several. Again
    replaces what was said. What is promised already stays promised.
    """  # noqa: D301 - click reads the character
    rooms = _stated(slots, team) if "=" in slots[0] else _in_file(slots, team)
    count = overbooked = 0
    with service(address) as channel:
        stub = CallbackServiceStub(channel)
        for request in _requests(rooms):
            count += len(request.slots)
            overbooked += stub.SetSlotCapacity(request, timeout=PATIENCE).overbooked
    teams = ", ".join(name or "the pack's own team" for name in rooms)
    click.echo(f"{_slots(count)} set for {teams}.")
    if overbooked:
        click.echo(
            f"{_slots(overbooked)} of them with more promises than can be kept: see to them."
        )


def _stated(slots: Sequence[str], team: str) -> Rooms:
    rooms: dict[datetime, int] = {}
    for each in slots:
        start, _, number = each.partition("=")
        try:
            rooms[_start(start)] = _number(number)
        except ValueError as error:
            raise click.BadParameter(f"{each}: {error}", param_hint="START=N") from error
    return {team: rooms}


def _in_file(slots: Sequence[str], team: str) -> Rooms:
    if len(slots) > 1:
        raise click.UsageError("One FILE, or slots as START=N.")
    path, rooms = Path(slots[0]), defaultdict[str, dict[datetime, int]](dict)
    wrong: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                try:
                    rooms[row.get(_TEAM) or team][_start(row.get(_STARTS))] = _number(
                        row.get(_CAPACITY)
                    )
                except ValueError as error:
                    wrong.append(f"{path}:{number}: {error}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise click.BadParameter(f"{path} cannot be read: {error}", param_hint="FILE") from error
    if not rooms and not wrong:
        wrong.append(f"{path}: no slots; the first line names {_STARTS} and {_CAPACITY}")
    for line in wrong:
        click.echo(line, err=True)
    if wrong:
        raise SystemExit(WRONG)
    return rooms


def _start(text: str | None) -> datetime:
    """Read when a slot begins.

    Raises:
        ValueError: It is no instant, or without its offset.
    """
    try:
        at = datetime.fromisoformat((text or "").strip())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ValueError(f"{_STARTS} is no instant with its offset, such as 2026-01-13T16:00Z")
    return at.astimezone(UTC)


def _number(text: str | None) -> int:
    """Read a capacity.

    Raises:
        ValueError: It is none.
    """
    bare = (text or "").strip()
    if not (bare.isascii() and bare.isdecimal() and int(bare) <= _MOST):
        raise ValueError(f"{_CAPACITY} is no whole number from 0 to {_MOST}")
    return int(bare)


def _requests(rooms: Rooms) -> Iterator[SetSlotCapacityRequest]:
    """Iterate over what is sent, no more than the contract allows at once."""
    for team, capacities in rooms.items():
        ordered = sorted(capacities.items())
        for begin in range(0, len(ordered), _BATCH):
            request = SetSlotCapacityRequest(team=team)
            for start, number in ordered[begin : begin + _BATCH]:
                request.slots.add(capacity=number).starts_at.FromDatetime(start)
            yield request


def _slots(count: int) -> str:
    return f"{count} slot{'' if count == 1 else 's'}"
