"""What is built and what is pinned: the wheel, the version, the lock files."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import advisor

ROOT = Path(__file__).parent.parent
LOCKS = (
    "requirements.lock",
    "requirements-embedded.lock",
    "requirements-dev.lock",
    "requirements-bench.lock",
)


@pytest.fixture(name="project", scope="module")
def _project() -> dict[str, object]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert isinstance(project, dict)
    return project


@pytest.fixture(name="wheel", scope="module")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return frozenset(archive.namelist())


def _pinned(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==", (ROOT / lock).read_text(), re.MULTILINE))


def _installed() -> set[str]:
    return {distribution.name.lower() for distribution in metadata.distributions()}


def _declared(requirements: object) -> set[str]:
    assert isinstance(requirements, list)
    names = (re.match(r"[A-Za-z0-9-]+", requirement) for requirement in requirements)
    return {name[0].lower() for name in names if name}


def test_version_is_that_of_the_distribution(project: dict[str, object]) -> None:
    """The version stands in one file and the package reports it."""
    assert advisor.__version__ == project["version"] == metadata.version("advisor")


def test_package_has_no_other_lazy_names() -> None:
    """A misspelt name of the package is an AttributeError that repeats it."""
    with pytest.raises(AttributeError, match="'versoin'"):
        _ = advisor.versoin


def test_wheel_holds_every_file_of_the_package(wheel: frozenset[str]) -> None:
    """Whatever the package needs at run time is in the wheel: code, type marker, scripts."""
    tracked = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "advisor").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert tracked - wheel == set()
    assert "advisor/py.typed" in wheel


def test_wheel_holds_nothing_of_the_workshop(wheel: frozenset[str]) -> None:
    """Tests, benches and examples stay out of an installed service."""
    tops = {name.split("/")[0] for name in wheel}
    assert tops == {"advisor", f"advisor-{advisor.__version__}.dist-info"}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_address(lock: str) -> None:
    """A lock file works with any index: it carries no address, path or option."""
    text = (ROOT / lock).read_text()
    assert re.findall(r"://|^-.*|@ ", text, re.MULTILINE) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_and_hashes_every_line(lock: str) -> None:
    """Every requirement has one exact version and at least one hash."""
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    pattern = re.compile(
        r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==[^ ]+ (; [^\n]+ )?\\\n +--hash=sha256:[0-9a-f]{64}"
    )
    assert [entry for entry in entries if not pattern.match(entry)] == []


def test_extras_are_pinned_as_they_are_asked_for() -> None:
    """A pip older than 23.3 takes `coverage==7.1` for no pin of `coverage[toml]`."""
    asked = {
        extra[0].lower()
        for name in _pinned("requirements-dev.lock") & _installed()
        for line in metadata.requires(name) or ()
        if "extra ==" not in line and (extra := re.match(r"[A-Za-z0-9-]+\[[a-z0-9,-]+\]", line))
    }
    pinned = set(
        re.findall(r"^(\S+)==", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE)
    )
    assert "coverage[toml]" in asked
    assert asked - pinned == set()


def test_runtime_lock_covers_what_is_declared(project: dict[str, object]) -> None:
    """Every declared dependency is pinned for `make run`."""
    assert _declared(project["dependencies"]) - _pinned("requirements.lock") == set()


def test_runtime_pins_are_those_of_development() -> None:
    """What the tests run with is what the service runs with."""
    pins = [
        set(re.findall(r"^(\S+==[^ ]+)", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in ("requirements.lock", "requirements-dev.lock")
    ]
    assert pins[0] - pins[1] == set()
