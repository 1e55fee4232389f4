"""Two thousand real calls: what would have been advised?

The data is the "Bank Marketing" set of the UCI Machine Learning Repository (S. Moro, P. Cortez,
P. Rita, 2014, CC BY 4.0): the last contact with each customer of a Portuguese bank. It says little
of what a decision needs; a mapping says what is assumed instead, and the report prints it all.

    python -m examples.bank_calls outbound-bank-calls.csv

asks about every row as a sales call and as a service call, under two mappings, and counts verdicts,
reasons and what the agent would say first. Without --address it starts a service for the purpose.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import grpc

from examples.bank_calls.client import Answers, ask
from examples.bank_calls.mapping import (
    USED_COLUMNS,
    Mapping,
    MappingRefused,
    assumptions,
    read_mapping,
)
from examples.bank_calls.report import report
from examples.bank_calls.rows import Row, RowRefused, read_rows
from examples.bank_calls.service import ServiceFailed, own_service

_HERE = Path(__file__).parent


def main() -> int:
    """Run the example; 0 when every call was answered."""
    arguments = _arguments()
    try:
        asyncio.run(_run(arguments))
    except (MappingRefused, RowRefused, ServiceFailed, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except grpc.aio.AioRpcError as error:
        print(
            f"the service refused or is away: {error.code().name} {error.details()}",
            file=sys.stderr,
        )
        return 3 if error.code() is grpc.StatusCode.UNAVAILABLE else 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m examples.bank_calls",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("calls", type=Path, help="the CSV file of the data")
    parser.add_argument(
        "--mapping",
        type=Path,
        action="append",
        help="what is assumed; once for each scenario (default: cautious.yaml and consented.yaml)",
    )
    parser.add_argument("--address", help="a running service (default: one is started)")
    parser.add_argument(
        "--clock",
        type=_instant,
        help="with --address: what that service's clock says, with its offset (default: the time)",
    )
    parser.add_argument(
        "--rules", type=Path, default=Path("rules"), help="the pack of the service started here"
    )
    return parser.parse_args()


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError("needs its offset, as in 2009-05-13T11:00:00+01:00")
    return at


async def _run(arguments: argparse.Namespace) -> None:
    rows, columns = read_rows(arguments.calls)
    mappings = [
        read_mapping(path)
        for path in arguments.mapping or [_HERE / "cautious.yaml", _HERE / "consented.yaml"]
    ]
    begun = time.monotonic()
    # Each scenario has a service of its own, so all are asked at once.
    told = await asyncio.gather(*(_told(arguments, rows, mapping) for mapping in mappings))
    took = time.monotonic() - begun
    run: dict[tuple[str, str], Answers] = {}
    clocks: dict[str, datetime] = {}
    for mapping, (clock, by_kind) in zip(mappings, told, strict=True):
        clocks[mapping.scenario] = clock
        run |= {(mapping.scenario, kind): answers for kind, answers in by_kind.items()}

    print(f"# {len(rows)} calls, {len(run)} times\n\n## What is assumed\n")
    for mapping in mappings:
        print("\n".join(assumptions(mapping)))
        unexplained = set(columns) - set(USED_COLUMNS) - set(mapping.unused)
        print(f"  ignored without a reason: {', '.join(sorted(unexplained)) or 'none'}\n")
    print("\n".join(report(rows, run, clocks)))
    asked = sum(
        len(each.planned) + len(each.advised) + len(each.replanned) for each in run.values()
    )
    print(f"\n{asked} answers in {took:.1f} s")


async def _told(
    arguments: argparse.Namespace, rows: list[Row], mapping: Mapping
) -> tuple[datetime, dict[str, Answers]]:
    """Return what the service says of every row, and what its clock said."""
    async with _service(arguments, mapping) as (address, clock):
        return clock, await ask(address, rows, mapping, clock)


@asynccontextmanager
async def _service(
    arguments: argparse.Namespace, mapping: Mapping
) -> AsyncIterator[tuple[str, datetime]]:
    """Yield the address of a service, and what its clock says."""
    if arguments.address is not None:
        yield arguments.address, arguments.clock or datetime.fromtimestamp(time.time(), UTC)
        return
    clock = mapping.clock.starts_at
    async with own_service(arguments.rules, clock) as address:
        yield address, clock


if __name__ == "__main__":
    sys.exit(main())
