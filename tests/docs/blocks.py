"""The code blocks of a page, and what each says should be done with it.

The first word of the fence says what a block is; the words after it how it is checked. A block
without a word, or with one that is not in this list, fails.

| fence | what is done |
| --- | --- |
| `yaml pack` | a whole pack: it must be right, and its own tests pass |
| `yaml rules` | sections beside `base.yaml`: they must be right, and their own tests pass |
| `yaml context` | the context of a call: the service must be able to decide it |
| `yaml file=PATH` | written to PATH for the commands that follow on the page |
| `python file=PATH` | the same, for a program; a command of the page must run it |
| `python` | run against a service, and must end well |
| `console` | each `$ command` is run and its output compared; `exit=1` where it must end so |
| `sh` | commands of an operator: known programs, options, targets and settings; not run |
| `ini` | a unit of systemd: its command and settings are known |
| `json log` | lines of the log: their fields are those that the service writes |
| `text` | a drawing or words; it must hold no command |

In a console block `...` stands for anything within its line, and alone on a line for any lines.
Ids of decisions, versions of packs and `valid until` instants differ from run to run and are not
compared. Commands run at a width of 80 with `rules/` and `examples/` of the project at hand, and
`advisor` finds the service of the tests, whose clock starts at 2026-01-12T15:00:00Z.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,}|~{3,})(?P<info>.*)$")
_UNSTABLE = (
    (re.compile(r"\b[0-9a-f]{32}\b"), "<decision>"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "<version>"),
    (re.compile(r"valid until \d{4}-\d\d-\d\d \d\d:\d\d"), "valid until <instant>"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    Attributes:
        place: The page and line where it begins.
        language: The first word of its fence.
        words: The other words that are no settings.
        settings: The words of the form `name=value`.
        text: What it holds, ending with a newline.
    """

    place: str
    language: str
    words: tuple[str, ...]
    settings: dict[str, str]
    text: str

    @property
    def kind(self) -> str:
        """The words of the fence by which it is checked."""
        return " ".join((self.language, *self.words)).strip()


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a console block, and what it must print."""

    line: str
    output: str


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    found: list[Block] = []
    lines = iter(enumerate(page.read_text("utf-8").splitlines(), start=1))
    for number, line in lines:
        opening = _FENCE.match(line)
        if opening is None:
            continue
        held: list[str] = []
        for _, inner in lines:
            if inner.strip() == opening["ticks"]:
                break
            held.append(inner.removeprefix(opening["indent"]))
        else:
            raise ValueError(f"{page.name}:{number}: this block is never closed")
        language, *rest = opening["info"].split() or [""]
        settings = dict(word.split("=", 1) for word in rest if "=" in word)
        words = tuple(word for word in rest if "=" not in word)
        text = "".join(f"{inner}\n" for inner in held)
        found.append(Block(f"{page.name}:{number}", language, words, settings, text))
    return found


def commands(block: Block) -> list[Command]:
    """Return the commands of a console block; lines that end in a backslash go on."""
    first, *parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    if first.strip() or not parts:
        raise ValueError(f"{block.place}: a console block begins with a line `$ command`")
    found: list[Command] = []
    for part in parts:
        joined = part.replace("\\\n", "")
        line, _, output = joined.partition("\n")
        found.append(Command(line, output))
    return found


def matches(written: str, actual: str) -> bool:
    """Tell whether a command printed what the page says."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else _line(line)
        for line in _stable(written).splitlines()
    )
    return re.fullmatch(pattern, _stable(actual)) is not None


def _line(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split("...")) + r"\n"


def _stable(output: str) -> str:
    lines = [line.rstrip() for line in output.strip("\n").splitlines()]
    text = "".join(f"{line}\n" for line in lines)
    for pattern, placeholder in _UNSTABLE:
        text = pattern.sub(placeholder, text)
    return text
