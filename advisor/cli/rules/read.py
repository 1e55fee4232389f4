"""`advisor rules read`: a pack read aloud, a sentence a rule."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from advisor.cli.rules.common import (
    WRONG,
    console,
    json_option,
    load_right,
    path_argument,
    print_json,
)
from advisor.workbench.reading import read_aloud


@click.command()
@path_argument
@click.option("--only", metavar="NAME", help="Only this rule, calendar, limit, purpose or section.")
@json_option
def read(path: Path, *, only: str | None, as_json: bool) -> None:
    """Read the pack at PATH aloud: what each rule does, as a plain sentence."""
    pack = load_right(path).pack
    found = [each for each in read_aloud(pack) if only in (None, each.id, each.section)]
    if as_json:
        print_json([{"id": e.id, "section": e.section, "sentences": e.sentences} for e in found])
    else:
        out = console()
        section = ""
        for each in found:
            if each.section != section:
                section = each.section
                out.print(Text(f"\n{section}\n", style="bold"))
            out.print(Text.assemble((each.id, "cyan"), f"  {each.sentences}"))
    if not found:
        click.echo(f"nothing in {path} is called {only}", err=True)
        raise SystemExit(WRONG)
