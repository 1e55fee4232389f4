"""``advisor``: the command line."""

from __future__ import annotations

from typing import Final

import click

from advisor.cli.lazy import LazyGroup, Place

COMMANDS: Final = {
    "serve": Place("advisor.cli.serve:serve", "Serve guidance over gRPC."),
    "advise": Place("advisor.cli.advise:advise", "Show what the agent would see of one call."),
    "call": Place("advisor.cli.call:call", "Play a whole call, and show both sides."),
    "desk": Place("advisor.cli.desk:desk", "Serve the agent's page."),
    "rules": Place("advisor.cli.rules.group:rules", "Work on a pack of rules."),
    "promises": Place("advisor.cli.promises.group:promises", "List the call-backs that are owed."),
    "import": Place(
        "advisor.cli.importing.command:import_command", "Load customers and calls from a file."
    ),
    "restore": Place("advisor.cli.restore:restore_command", "Bring Redis as far as its journal."),
    "healthcheck": Place("advisor.cli.healthcheck:healthcheck", "Ask a service how it is."),
}


@click.command(
    cls=LazyGroup,
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="advisor", message="%(prog)s %(version)s")
def main() -> None:
    """Explained, real-time guidance for outbound calls.

    Exit codes: 0 fine, 1 the thing checked is wrong, 2 used wrongly, 3 the service is out of reach.
    """
