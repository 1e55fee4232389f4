"""Reading the files of a pack from a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from advisor.store import pack_files
from advisor.store.pack_files import PackUnreadable, read_pack_files


def test_all_yaml_files_of_a_folder_are_read_by_their_name_inside_it(tmp_path: Path) -> None:
    """A pack is its YAML files; notes, hidden files and hidden folders are no part of it."""
    (tmp_path / "us").mkdir()
    (tmp_path / ".git").mkdir()
    for name in (
        "pack.yaml",
        "us/_for.yaml",
        "us/limits.yml",
        "notes.txt",
        ".git/x.yaml",
        ".y.yaml",
    ):
        (tmp_path / name).write_text(name)
    assert read_pack_files(tmp_path) == {
        "pack.yaml": b"pack.yaml",
        "us/_for.yaml": b"us/_for.yaml",
        "us/limits.yml": b"us/limits.yml",
    }


def test_a_single_file_is_a_pack(tmp_path: Path) -> None:
    """A single file may be named, whatever its ending."""
    file = tmp_path / "one.txt"
    file.write_text("pack: {}")
    assert read_pack_files(file) == {"one.txt": b"pack: {}"}


def test_a_mounted_config_map_is_read(tmp_path: Path) -> None:
    """A link to a file inside the folder is the file, as Kubernetes mounts it."""
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "pack.yaml").write_text("x")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "pack.yaml").symlink_to("..data/pack.yaml")
    assert read_pack_files(tmp_path) == {"pack.yaml": b"x"}


def test_a_folder_behind_a_link_is_not_entered(tmp_path: Path) -> None:
    """A link to a folder cannot make the reader go in circles."""
    (tmp_path / "pack.yaml").write_text("x")
    (tmp_path / "again").symlink_to(tmp_path)
    assert list(read_pack_files(tmp_path)) == ["pack.yaml"]


def _outside(folder: Path) -> None:
    (folder / "pack" / "secret.yaml").symlink_to("/etc/hostname")


def _nowhere(folder: Path) -> None:
    (folder / "pack" / "gone.yaml").symlink_to("gone")


def _circle(folder: Path) -> None:
    (folder / "pack" / "circle.yaml").symlink_to("circle.yaml")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pack" / "pipe.yaml")


def _deep(folder: Path) -> None:
    (folder / "pack" / "/".join("d" * 17)).mkdir(parents=True)


def _empty(folder: Path) -> None:
    (folder / "pack" / "notes.txt").write_text("nothing")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (_outside, "link out of the pack"),
        (_nowhere, "leads nowhere"),
        (_circle, "leads nowhere"),
        (_pipe, "not a plain file"),
        (_deep, "folders within folders"),
        (_empty, "no .yaml file"),
    ],
)
def test_what_is_no_plain_pack_is_refused(tmp_path: Path, prepare: object, message: str) -> None:
    """Nothing outside the folder is read, and nothing that could hang."""
    (tmp_path / "pack").mkdir()
    assert callable(prepare)
    prepare(tmp_path)
    with pytest.raises(PackUnreadable, match=message):
        read_pack_files(tmp_path / "pack")


def test_a_missing_pack_is_named(tmp_path: Path) -> None:
    """The error says which path was meant."""
    with pytest.raises(PackUnreadable, match=re.escape(f"{tmp_path}/none: there is no such")):
        read_pack_files(tmp_path / "none")


def test_what_may_not_be_read_is_an_error_of_the_pack(tmp_path: Path) -> None:
    """A folder that vanishes between two looks is reported, not raised as an operating error."""
    with pytest.raises(PackUnreadable, match="cannot be listed"):
        list(pack_files._names(tmp_path / "gone", tmp_path / "gone", "", 1))  # noqa: SLF001
    with pytest.raises(PackUnreadable, match="cannot be read"):
        pack_files._content(tmp_path / "gone", tmp_path / "gone", 1)  # noqa: SLF001


def test_size_and_number_of_files_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pack that would fill the memory is refused before it does."""
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("12345")
    monkeypatch.setattr(pack_files, "MAX_BYTES", 9)
    with pytest.raises(PackUnreadable, match=r"b\.yaml: the pack is larger"):
        read_pack_files(tmp_path)
    monkeypatch.setattr(pack_files, "MAX_FILES", 1)
    with pytest.raises(PackUnreadable, match="more than 1 files"):
        read_pack_files(tmp_path)
