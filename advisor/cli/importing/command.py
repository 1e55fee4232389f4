"""`advisor import`: customers and their past calls, from a file to a running service."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from advisor.cli.client import WRONG, address_option, service
from advisor.cli.context import instant_of
from advisor.cli.importing.batches import Sending, send
from advisor.cli.importing.filling import fill
from advisor.cli.importing.mapping import Mapping, read_mapping
from advisor.cli.importing.rows import FileRefused, Row, Shape, read_rows
from advisor.rules.problems import Problems, render
from advisor.rules.source import Source
from advisor.server.validation import Checker
from advisor.v1.customer_service_pb2 import ImportedCustomer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from grpc import Channel

_USED_WRONGLY: Final = 2
_SHAPES: Final = {".jsonl": Shape.JSON_LINES, ".ndjson": Shape.JSON_LINES, ".csv": Shape.CSV}
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("file", type=_FILE)
@click.option("--mapping", required=True, type=_FILE, help="Which column becomes which field.")
@address_option
@click.option(
    "--format",
    "shape",
    type=click.Choice([each.value for each in Shape]),
    help="How the file holds its rows; by its name if not given.",
)
@click.option("--observed-at", metavar="INSTANT", help="When the file was made.")
@click.option("--dry-run", is_flag=True, help="Read and check every row, and send none.")
@click.option("--batch", type=click.IntRange(1, 1000), default=500, show_default=True, help="Rows.")
@click.option(
    "--at-once", type=click.IntRange(1, 16), default=2, show_default=True, help="Batches."
)
@click.option(
    "--patience",
    type=click.FloatRange(0, 3600),
    default=60.0,
    show_default=True,
    help="Seconds in which a batch is sent again where the service does not answer.",
)
@click.option(
    "--progress",
    type=click.FloatRange(0, 3600),
    default=2.0,
    show_default=True,
    help="Seconds between two lines of progress, at least.",
)
def import_command(
    file: Path,
    mapping: Path,
    address: str,
    *,
    shape: str | None,
    observed_at: str | None,
    batch: int,
    at_once: int,
    patience: float,
    progress: float,
    dry_run: bool,
) -> None:
    """Load customers and their past calls from FILE into a running service.

    FILE is CSV with names of columns in its first line, or JSON lines. Each row that is refused is
    printed with its line; the others are kept. Running it again changes nothing more.

    Exit codes: 0 every row is kept, 1 some were refused, 2 the mapping, the file or an option is
    wrong, 3 the service is out of reach.
    """
    how = _mapping_or_exit(mapping)
    at = _observed_at(file, how, observed_at)
    kind = Shape(shape) if shape else _SHAPES.get(file.suffix.lower())
    if kind is None:
        raise click.UsageError(f"{file.name}: say what it is, with --format")
    with file.open("rb") as opened:
        run = _Run(file, opened, how, checking=dry_run, every=progress)
        try:
            rows = read_rows(opened, kind, how.delimiter, how.columns)
            if dry_run:
                for _customer in run.customers(rows):
                    run.kept += 1
            else:
                with service(address) as channel:
                    run.send(
                        rows,
                        channel,
                        at,
                        Sending(
                            rows=batch, at_once=at_once, patience=patience, waiting=run.waiting
                        ),
                    )
        except FileRefused as refused:
            raise click.UsageError(f"{file.name}:{refused}") from refused
        finally:
            run.summary()
    raise SystemExit(WRONG if run.refused else 0)


def _mapping_or_exit(path: Path) -> Mapping:
    """Read a mapping, or end the program with every mistake in it."""
    data, problems = path.read_bytes(), Problems()
    found = read_mapping(path.name, data, problems)
    if found is None or problems.has_errors:
        sources = {path.name: Source.of_bytes(path.name, data)}
        for problem in problems:
            click.echo(render(problem, sources), err=True)
        raise SystemExit(_USED_WRONGLY)
    return found


def _observed_at(file: Path, mapping: Mapping, given: str | None) -> datetime:
    """Return when the file was made: as given, as the mapping says, or when it was written."""
    if given is not None:
        at = instant_of(given)
        if at is None:
            raise click.UsageError("--observed-at is an instant such as 2026-01-12T15:00:00Z")
        return at
    return mapping.observed_at or datetime.fromtimestamp(file.stat().st_mtime, UTC)


class _Run:
    """One run over a file: what was kept, what was refused, how far it is."""

    def __init__(
        self, path: Path, file: IO[bytes], mapping: Mapping, *, checking: bool, every: float
    ) -> None:
        self._name = path.name
        self._size = max(path.stat().st_size, 1)
        self._file = file
        self._every = every
        self._mapping = mapping
        self._checker = Checker(ImportedCustomer) if checking else None
        self._done = "right" if checking else "kept"
        self._began = self._told = time.monotonic()
        self._unseen = set(mapping.columns)
        self._repeated = False
        self.kept = self.refused = self.contacts = 0

    def customers(self, rows: Iterable[Row]) -> Iterator[tuple[int, ImportedCustomer]]:
        """Give the customer of each row that can be read, and report the others."""
        for row in rows:
            self._progress()
            self._unseen.difference_update(row.cells)
            problems = [row.problem] if row.problem else []
            if not problems:
                filled = fill(self._mapping, row)
                problems = filled.problems or self._checked(filled.customer)
                if not problems:
                    yield row.line, filled.customer
            if problems:
                self._refuse(row.line, problems)

    def send(self, rows: Iterable[Row], channel: Channel, at: datetime, how: Sending) -> None:
        """Send every row that can be read."""
        for answer in send(channel, self.customers(rows), at, how):
            if answer.problems:
                self._refuse(answer.line, answer.problems)
            else:
                self.kept += 1
                self.contacts += answer.contacts_added

    def waiting(self, seconds: float) -> None:
        """Say that a batch is sent again; from any thread."""
        self._repeated = True
        click.echo(f"the service does not answer; sending again in {seconds:g} s", err=True)

    def summary(self) -> None:
        """Say what came of the whole file."""
        if self.kept + self.refused:
            for column in sorted(self._unseen):
                click.echo(f'advisor: no row says anything in column "{column}"', err=True)
        # What a batch stored before it had to be sent again is not counted by its last answer.
        least = "at least " if self._repeated else ""
        added = f", {least}{self.contacts} contacts added" if self._checker is None else ""
        click.echo(f"{self.kept} rows {self._done}, {self.refused} refused{added}.")

    def _checked(self, customer: ImportedCustomer) -> list[str]:
        if self._checker is None:
            return []
        found = [f"{each.path}: {each.description}" for each in self._checker.violations(customer)]
        if not customer.HasField("profile") and not customer.contacts:
            found.append("must tell of something: a profile or contacts")
        return found + [
            f"contacts[{index}].call_id: is required"
            for index, contact in enumerate(customer.contacts)
            if not contact.call_id
        ]

    def _refuse(self, line: int, problems: Iterable[str]) -> None:
        self.refused += 1
        for problem in problems:
            click.echo(f"{self._name}:{line}: {problem}")

    def _progress(self) -> None:
        now = time.monotonic()
        if now - self._told < self._every:
            return
        self._told = now
        rate = (self.kept + self.refused) / max(now - self._began, 0.001)
        part = 100 * self._file.tell() // self._size
        click.echo(
            f"{part} % read, {self.kept} rows {self._done}, {self.refused} refused,"
            f" {rate:.0f} rows/s",
            err=True,
        )
