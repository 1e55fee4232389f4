"""Groups of commands that import what is called."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from advisor.cli.lazy import LazyGroup, Place
from advisor.cli.main import COMMANDS, main
from advisor.cli.promises.group import COMMANDS as PROMISES
from advisor.cli.rules.group import COMMANDS as RULES


@pytest.mark.parametrize(
    "place",
    [*COMMANDS.values(), *RULES.values(), *PROMISES.values()],
    ids=lambda p: p.where,
)
def test_every_command_is_where_it_is_said_to_be(place: Place) -> None:
    """Each command can be imported, and says what it is for, in words and not in their marks."""
    group = LazyGroup(name="all", places={"it": place})
    command = group.get_command(click.Context(group), "it")
    assert command is not None
    assert command.help
    assert "\\b" not in CliRunner().invoke(command, ["--help"]).output
    assert place.help.endswith(".")


def test_the_list_of_commands_imports_none_of_them() -> None:
    """Help is there at once: it loads neither gRPC nor the language."""
    code = (
        "import sys; from click.testing import CliRunner; from advisor.cli.main import main; "
        "result = CliRunner().invoke(main, ['--help']); "
        "sys.exit(result.exit_code or any(m in sys.modules for m in ('grpc', 'yaml', 'rich')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_help_lists_the_commands_in_their_order() -> None:
    """The commands stand in the order in which they are needed."""
    result = CliRunner().invoke(main, ["-h"])
    listed = [
        line.split()[0] for line in result.stdout.partition("Commands:")[2].splitlines() if line
    ]
    assert [name for name in listed if name in COMMANDS] == list(COMMANDS)
    assert main.list_commands(click.Context(main)) == list(COMMANDS)
    assert CliRunner().invoke(main, ["--version"]).exit_code == 0


def test_a_place_without_a_command_is_a_mistake_of_the_program() -> None:
    """Something that is no command is not run as one."""
    group = LazyGroup(name="all", places={"it": Place("advisor.cli.main:COMMANDS", "No command.")})
    with pytest.raises(TypeError, match="is not a command"):
        group.get_command(click.Context(group), "it")
