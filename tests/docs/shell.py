"""Checks commands that a page shows and no test may run: do they exist as they are written?"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import click

from advisor.cli.main import main
from advisor.server.settings import Settings
from tests.docs.service import ROOT

#: Settings of the service, and of the commands that ask it.
SETTINGS = {f"ADVISOR_{name.upper()}" for name in Settings.model_fields} | {"ADVISOR_ADDRESS"}
#: Programs of an operator's machine that pages may name.
_OTHERS = {"curl", "docker", "export", "git", "kill", "openssl", "systemctl", "journalctl"}
_ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9_]*=.*")


def wrong_in_shell(text: str) -> list[str]:
    """Say what is wrong with the commands of a `sh` block."""
    joined = text.replace("\\\n", " ")
    found: list[str] = []
    for line in joined.splitlines():
        words = shlex.split(line, comments=True)
        if words:
            found += _wrong_in_command(words)
    return found


def wrong_in_unit(text: str) -> list[str]:
    """Say what is wrong with a unit of systemd."""
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    service = parser["Service"]
    words = shlex.split(service["ExecStart"])
    found = _wrong_in_command([Path(words[0]).name, *words[1:]])
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name == "Environment":
            found += _wrong_assignment(value)
    return found


def _wrong_in_command(words: list[str]) -> list[str]:
    found: list[str] = []
    while words and _ASSIGNMENT.fullmatch(words[0]):
        found += _wrong_assignment(words.pop(0))
    if not words:
        return found
    program, *arguments = words
    if program == "advisor":
        found += _wrong_arguments(main, "advisor", arguments)
    elif program == "make":
        found += _wrong_target(arguments)
    elif program == "export":
        for argument in arguments:
            found += _wrong_assignment(argument)
    elif program not in _OTHERS:
        found.append(f"`{program}` is no program that pages may name")
    return found


def _wrong_assignment(words: str) -> list[str]:
    name = words.partition("=")[0]
    known = name in SETTINGS or not name.startswith("ADVISOR_")
    return [] if known else [f"{name} is no setting"]


def _wrong_arguments(command: click.Command, name: str, arguments: list[str]) -> list[str]:
    try:
        with command.make_context(name, list(arguments)) as context:
            if isinstance(command, click.Group):
                rest = [*context._protected_args, *context.args]  # noqa: SLF001 - parsed, not run
                if not rest and command.invoke_without_command:
                    return []
                inner_name, inner, left = command.resolve_command(context, rest)
                assert inner is not None
                return _wrong_arguments(inner, inner_name or "", left)
    except click.ClickException as error:
        return [f"{name} {shlex.join(arguments)}: {error.format_message()}"]
    return []


def _wrong_target(arguments: list[str]) -> list[str]:
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "--dry-run", "--no-print-directory", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return [] if done.returncode == 0 else [f"make {shlex.join(arguments)}: {done.stderr}"]
