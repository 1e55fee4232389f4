"""The files of a pack, read from a folder into memory: bounded, and never from outside it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

#: Endings of the files that make up a pack; all others are left alone.
ENDINGS: Final = (".yaml", ".yml")

#: Files of one pack.
MAX_FILES: Final = 5_000

#: Bytes of all files of one pack together.
MAX_BYTES: Final = 64 * 1024 * 1024

#: Folders within folders.
MAX_DEPTH: Final = 16


class PackUnreadable(Exception):
    """The files of a pack cannot be read; the message says which, why, and what to do."""


def read_pack_files(path: Path) -> Mapping[str, bytes]:
    """Read all files of a pack.

    Hidden files and folders are left alone. A symbolic link to a file counts if its target lies
    in the folder (so a mounted Kubernetes ConfigMap works); folders behind links are not entered.

    Args:
        path: A folder, or a single file.

    Returns:
        Content by name inside the folder, with forward slashes, in the order of the names.

    Raises:
        PackUnreadable: There is no pack there, a link leaves the folder, something is no plain
            file, may not be read, or the whole is too large.
    """
    try:
        root = path.resolve(strict=True)
    except (OSError, RuntimeError):
        raise PackUnreadable(f"{path}: there is no such file or folder") from None
    if not root.is_dir():
        return {root.name: _content(root, path, MAX_BYTES)}
    files: dict[str, bytes] = {}
    left = MAX_BYTES
    for name in sorted(_names(root, path, "", MAX_DEPTH)):
        if len(files) == MAX_FILES:
            raise PackUnreadable(f"{path}: more than {MAX_FILES:,} files; split it into packs")
        files[name] = _content(_target(root, path, name), path / name, left)
        left -= len(files[name])
    if not files:
        raise PackUnreadable(f"{path}: holds no .yaml file; name the folder of a pack")
    return files


def _names(root: Path, path: Path, folder: str, depth: int) -> Iterator[str]:
    try:
        entries = list(os.scandir(root / folder))
    except OSError as error:
        raise PackUnreadable(f"{path / folder}: cannot be listed: {error.strerror}") from None
    for entry in entries:
        name = f"{folder}{entry.name}"
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth == 0:
                raise PackUnreadable(f"{path / name}: folders within folders end here")
            yield from _names(root, path, f"{name}/", depth - 1)
        elif entry.name.endswith(ENDINGS):
            yield name


def _target(root: Path, path: Path, name: str) -> Path:
    try:
        target = (root / name).resolve(strict=True)
    except (OSError, RuntimeError):
        raise PackUnreadable(f"{path / name}: is a link that leads nowhere; remove it") from None
    if not target.is_relative_to(root):
        raise PackUnreadable(f"{path / name}: is a link out of the pack; copy the file instead")
    return target


def _content(target: Path, shown: Path, limit: int) -> bytes:
    """Read one file; `limit` is what is left of the bytes of the whole pack."""
    try:
        # Not to hang on a pipe that stands where a file was a moment ago.
        descriptor = os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise PackUnreadable(f"{shown}: is not a plain file")
            content = file.read(limit + 1)
    except OSError as error:
        raise PackUnreadable(f"{shown}: cannot be read: {error.strerror}") from None
    if len(content) > limit:
        raise PackUnreadable(f"{shown}: the pack is larger than {MAX_BYTES >> 20} MiB; split it")
    return content
