"""`advisor rules schema`: the JSON Schema of a pack's files, for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from advisor.cli.rules.common import load_right
from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.workbench.schema.document import pack_schema


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, exists=True))
def schema(path: Path | None) -> None:
    """Print the JSON Schema (draft 2020-12) of a pack's files.

    With PATH, the facts of that pack are known too, and any other name is refused.
    """
    if path is None:
        document = pack_schema(BUILT_IN)
    else:
        guide = load_right(path)
        document = pack_schema(guide.pack.catalogue, closed=True)
    click.echo(json.dumps(document, indent=1, ensure_ascii=False))
