"""`advisor rules facts`: what rules may speak of."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from advisor.cli.rules.common import WRONG, console, json_option, load_right, print_json
from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.workbench.facts_page import Row, markdown, rows, unused_facts


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--only", default="", metavar="BEGINNING", help="Only facts whose name begins so (customer.)."
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print a table in Markdown.")
@click.option(
    "--unused", is_flag=True, help="Only those that the pack declares and no rule or text uses."
)
@json_option
def facts(path: Path | None, *, only: str, unused: bool, as_markdown: bool, as_json: bool) -> None:
    """List the facts that rules may speak of.

    With PATH, those that the pack there adds are listed too. What is asked of customers or kept of
    them and never used for them is better not asked: `--unused` lists it.
    """
    if unused and path is None:
        raise click.UsageError("--unused is about a pack: name its folder.")
    guide = None if path is None else load_right(path)
    catalogue = BUILT_IN if guide is None else guide.pack.catalogue
    found = rows(catalogue, only)
    if unused and guide is not None:
        names = unused_facts(guide)
        found = tuple(row for row in found if row.name in names)
        if not found:
            click.echo("Every fact that the pack declares is used.")
            return
    if as_json:
        print_json([row.as_dict() for row in found])
    elif as_markdown:
        click.echo("\n".join(markdown(found)))
    else:
        out = console()
        for row in found:
            out.print(_title(row))
            out.print(_body(row))
    if not found:
        click.echo(f"no fact begins with {only}", err=True)
        raise SystemExit(WRONG)


def _title(row: Row) -> Text:
    unit = f", {row.unit}" if row.unit else ""
    return Text.assemble((row.name, "bold cyan"), f"  {row.type}{unit}")


def _body(row: Row) -> Text:
    text = Text(f"    {row.about}\n")
    if row.choices:
        text.append(f"    One of: {', '.join(row.choices)}\n", style="green")
    absent = f"Absence means {row.absent_means}."
    text.append(f"    Heard by {row.told}. Sent by {row.sent_by}. {absent}", style="dim")
    return text
