"""``advisor rules``: the commands for those who write rules."""

from __future__ import annotations

from typing import Final

import click

from advisor.cli.lazy import LazyGroup, Place

COMMANDS: Final = {
    "check": Place("advisor.cli.rules.check:check", "Report every mistake at its place."),
    "test": Place("advisor.cli.rules.test:test", "Run the pack's own tests."),
    "read": Place("advisor.cli.rules.read:read", "Read the pack aloud, a sentence a rule."),
    "explain": Place("advisor.cli.rules.explain:explain", "Say which rules speak, and why."),
    "why-not": Place("advisor.cli.rules.explain:why_not", "Say why a rule does not speak."),
    "facts": Place("advisor.cli.rules.facts:facts", "List what rules may speak of."),
    "schema": Place("advisor.cli.rules.schema:schema", "Print the JSON Schema for editors."),
}


@click.command(cls=LazyGroup, places=COMMANDS)
def rules() -> None:
    """Work on a pack: a folder of YAML files, or one file (default: rules)."""
