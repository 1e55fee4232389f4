"""Does what a page says, block by block, and collects what is not so."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import grpc
from click.testing import CliRunner

from advisor.cli.context import read_context
from advisor.cli.main import main
from advisor.rules.problems import Problems, Severity, render
from advisor.rules.source import Source
from advisor.server.logs import FIELDS
from advisor.v1.rule_service_pb2 import EvaluatePackRequest
from advisor.v1.rule_service_pb2_grpc import RuleServiceStub
from advisor.workbench.preparing import prepare
from tests.docs.blocks import Block, blocks, commands, matches
from tests.docs.service import ROOT
from tests.docs.shell import wrong_in_shell, wrong_in_unit

_BASE = Path(__file__).with_name("base.yaml")
_COMMAND = re.compile(r"^\s*(\$|advisor|make|python|pip|docker|curl) ", re.MULTILINE)
_SETTINGS = {"file", "exit"}


class Page:
    """One page at work: its folder holds what its blocks have written so far."""

    def __init__(self, page: Path, folder: Path, address: str) -> None:
        """Make the folder ready; `address` is where the service listens."""
        self._page = page
        self._folder = folder
        self._address = address
        self._environment = {
            "ADVISOR_ADDRESS": address,
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "TERM": "dumb",
        }
        for name in ("rules", "examples"):
            (folder / name).symlink_to(ROOT / name)

    def wrong(self) -> list[str]:
        """Go through the page; say what is wrong, each with its place."""
        found = blocks(self._page)
        problems: list[str] = []
        for block in found:
            problems += [f"{block.place}: {words}" for words in self._wrong_in(block)]
        ran = "".join(block.text for block in found if block.language == "console")
        for block in found:
            file = block.settings.get("file")
            if file is not None and block.language == "python" and f"python {file}" not in ran:
                problems.append(f"{block.place}: no command runs {file}")
        return problems

    def _wrong_in(self, block: Block) -> list[str]:
        unknown = block.settings.keys() - _SETTINGS
        if unknown:
            return [f"unknown settings of a block: {', '.join(sorted(unknown))}"]
        if "file" in block.settings:
            return self._write(block)
        check = self._checks().get(block.kind)
        if check is None:
            return [
                f"nobody knows how to check a block of `{block.kind}`; see tests/docs/blocks.py"
            ]
        return check(block)

    def _checks(self) -> dict[str, Callable[[Block], list[str]]]:
        return {
            "yaml pack": _wrong_in_pack,
            "yaml rules": _wrong_in_rules,
            "yaml context": self._wrong_in_context,
            "python": self._wrong_in_program,
            "console": self._wrong_in_console,
            "sh": lambda block: wrong_in_shell(block.text),
            "ini": lambda block: wrong_in_unit(block.text),
            "json log": _wrong_in_log,
            "text": _wrong_in_drawing,
        }

    def _write(self, block: Block) -> list[str]:
        path = self._folder / block.settings["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, "utf-8")
        return [] if block.kind in {"yaml", "python"} else [f"a file of `{block.kind}`"]

    def _wrong_in_context(self, block: Block) -> list[str]:
        problems = Problems()
        data = block.text.encode()
        context = read_context("context", data, problems)
        if problems.has_errors:
            sources = {"context": Source.of_bytes("context", data)}
            return [render(problem, sources) for problem in problems]
        with grpc.insecure_channel(self._address) as channel:
            try:
                request = EvaluatePackRequest(context=context)
                RuleServiceStub(channel).EvaluatePack(request, timeout=10)
            except grpc.RpcError as error:
                return [f"the service refuses it: {error}"]
        return []

    def _wrong_in_program(self, block: Block) -> list[str]:
        code, output = self._python(["-c", block.text])
        return [] if code == 0 else [f"the program fails:\n{output}"]

    def _wrong_in_console(self, block: Block) -> list[str]:
        found: list[str] = []
        todo = commands(block)
        for number, command in enumerate(todo, start=1):
            code, output = self._run(command.line)
            expected = int(block.settings.get("exit", 0)) if number == len(todo) else 0
            if code != expected:
                found.append(f"`{command.line}` ends with {code}, not {expected}:\n{output}")
            elif not matches(command.output, output):
                found.append(f"`{command.line}` prints:\n{output}")
        return found

    def _run(self, line: str) -> tuple[int, str]:
        program, *arguments = shlex.split(line)
        if program == "python":
            return self._python(arguments)
        if program != "advisor":
            raise ValueError(f"`{program}` is no program that a console block may run")
        with chdir(self._folder):
            result = CliRunner(env=self._environment).invoke(main, arguments, prog_name="advisor")
        return result.exit_code, result.output

    def _python(self, arguments: list[str]) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self._folder,
            env={**os.environ, **self._environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=20,
            check=False,
        )
        return done.returncode, done.stdout


def _wrong_in_pack(block: Block) -> list[str]:
    return _mistakes({"pack.yaml": block.text.encode()})


def _wrong_in_rules(block: Block) -> list[str]:
    return _mistakes({"base.yaml": _BASE.read_bytes(), "rules.yaml": block.text.encode()})


def _mistakes(files: dict[str, bytes]) -> list[str]:
    sources = {name: Source.of_bytes(name, data) for name, data in files.items()}
    return [
        render(problem, sources)
        for problem in prepare(files).problems
        if problem.severity is Severity.ERROR
    ]


def _wrong_in_log(block: Block) -> list[str]:
    return [
        f"the service writes no field {name}"
        for line in block.text.splitlines()
        for name in json.loads(line)
        if name not in FIELDS
    ]


def _wrong_in_drawing(block: Block) -> list[str]:
    held = _COMMAND.search(block.text)
    return [] if held is None else [f"a drawing holds a command: {held[0].strip()}"]
