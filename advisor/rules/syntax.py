"""What libyaml says about a file that is not YAML, in words for its author."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from advisor.rules.source import Mark, Source

if TYPE_CHECKING:
    import yaml

    from advisor.rules.problems import Problems


class _Words(NamedTuple):
    found: str
    expected: str
    hint: str = ""


_NO_START: Final = "found character that cannot start any token"
_NO_COLON: Final = "could not find expected ':'"
_BAD_ESCAPE: Final = _Words(
    "a backslash in double quotes that begins no escape",
    "\\\\ for a backslash",
    "In single quotes a backslash is only a backslash.",
)

#: Ours for libyaml's; what is not here is repeated as libyaml says it.
_WORDS: Final = MappingProxyType(
    {
        "did not find expected key": _Words(
            "something that does not line up with what stands above it",
            "a key at the same indentation, or the end of the mapping",
        ),
        "did not find expected '-' indicator": _Words(
            "something that does not line up with the list above it",
            "an entry (- ...) at the same indentation, or the end of the list",
        ),
        "did not find expected ',' or ']'": _Words("a list in [ ] that is not closed", ", or ]"),
        "did not find expected ',' or '}'": _Words("a mapping in { } that is not closed", ", or }"),
        "did not find expected node content": _Words("nothing", "a value"),
        "mapping values are not allowed in this context": _Words(
            "a : where no key can stand",
            "one key a line",
            "A text with a colon and a space must be quoted.",
        ),
        "block sequence entries are not allowed in this context": _Words(
            "a list entry (-) where none can stand",
            "the list on lines of its own, below its key",
        ),
        "did not find expected <document start>": _Words(
            "something after the end of what the file says", "nothing more"
        ),
        "found unexpected end of stream": _Words("a quoted text that is not closed", "its quote"),
        "did not find expected hexdecimal number": _BAD_ESCAPE,
        "found unknown escape character": _BAD_ESCAPE,
        _NO_START: _Words("a character that cannot begin a value", "a quoted text"),
        _NO_COLON: _Words("a line that is neither a key nor a list entry", "key: value"),
    }
)

_TAB: Final = _Words("a tab used for indentation", "spaces")

#: What was being read when it went wrong, by a word of libyaml's.
_BEGUN: Final = (("quoted", "text"), ("mapping", "mapping"), ("sequence", "list"), ("coll", "list"))


def report(name: str, text: str, error: yaml.MarkedYAMLError, problems: Problems) -> None:
    """Report a syntax error at its place.

    Args:
        name: The file's name inside the pack.
        text: What stands in it.
        error: What libyaml raised.
        problems: Takes the report.
    """
    said = str(error.problem)
    # A missing colon is noticed on the next line.
    place: Any = error.context_mark if said == _NO_COLON else error.problem_mark
    begun: Any = error.context_mark or place
    mark = Mark(name, place.line + 1, place.column + 1)
    words = _WORDS.get(said, _Words(said, "YAML 1.2"))
    here = Source(name, text).line(mark.line)[place.column :]
    if said == _NO_START and here.startswith("\t"):
        words = _TAB
    hint = words.hint
    if begun.line < place.line:
        what = next((ours for theirs, ours in _BEGUN if theirs in str(error.context)), "value")
        hint = f"{hint} The {what} begins at line {begun.line + 1}.".strip()
    problems.error(mark, "syntax", words.found, words.expected, hint=hint)
