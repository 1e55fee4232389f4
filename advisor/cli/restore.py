"""`advisor restore`: brings Redis as far as its journal, after it has lost data."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from advisor.cli.client import WRONG
from advisor.cli.serve import settings_or_exit
from advisor.server.logs import logger
from advisor.server.settings import Settings
from advisor.server.stores import opened_client, retention_of
from advisor.store.errors import StoreError
from advisor.store.journal import files_of
from advisor.store.restoring import Restored, restore
from advisor.store.vault import Vault


@click.command("restore")
@click.argument(
    "journal", nargs=-1, type=click.Path(exists=True, path_type=Path, resolve_path=True)
)
def restore_command(journal: tuple[Path, ...]) -> None:
    """Bring Redis as far as JOURNAL: files, or folders of them; the service's own if not given.

    Settings come from the environment, as for `advisor serve`. Run it with the service stopped: an
    embedded server belongs to one process, and otherwise a running service takes all state for
    unknown until it is done. Running it again changes nothing more.
    """
    settings = settings_or_exit()
    try:
        done = asyncio.run(_restored(settings, journal))
    except (StoreError, OSError) as error:
        click.echo(f"advisor: {error}", err=True)
        raise SystemExit(WRONG) from error
    click.echo(f"{done.lines} changes in the journal, {done.applied} of them restored.")


async def _restored(settings: Settings, paths: tuple[Path, ...]) -> Restored:
    async with opened_client(settings, logger(sys.stderr, settings.log_format)) as opened:
        folders = paths or (() if opened.journal is None else (opened.journal.folder,))
        vault = Vault(opened.client, opened.keys, retention=retention_of(settings))
        return await restore(vault, files_of(folders))
