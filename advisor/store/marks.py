"""Generation marks: they tell a customer who is new from data that was lost.

Every shard has a mark: the epoch in which its namespace was claimed, and a count that every write
raises. Marks are made once, when the namespace is claimed. A mark that is gone, of another epoch,
or lower than this process has seen it means that Redis was emptied or an older copy of it came
back: what it holds of the shard is unknown, not empty, until an operator has restored it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from advisor.store.errors import Reason, StoreLost

_NEW: Final = "new"
_RESTORED: Final = "restored"


@dataclass(frozen=True, slots=True)
class Mark:
    """One shard's mark.

    Attributes:
        epoch: Which claim or restoring of the namespace it goes back to.
        count: How many writes there have been.
    """

    epoch: str
    count: int

    @property
    def restored(self) -> bool:
        """Whether an operator restored the data of this epoch."""
        return self.epoch.startswith(_RESTORED)

    def __str__(self) -> str:
        return f"{self.epoch}:{self.count}"


def new_epoch(*, restored: bool = False) -> str:
    """Name an epoch as nobody has named one before."""
    return f"{_RESTORED if restored else _NEW}-{secrets.token_hex(8)}"


def read_mark(stored: object) -> Mark | None:
    """Read a mark; None where there is none, or it is damaged."""
    if not isinstance(stored, bytes | str):
        return None
    text = stored.decode("ascii", "replace") if isinstance(stored, bytes) else stored
    epoch, _, count = text.rpartition(":")
    return Mark(epoch, int(count)) if epoch and count.isdecimal() else None


class Marks:
    """The marks that this process has seen, the highest of each shard."""

    __slots__ = ("_highest", "_kept_only", "_lost")

    def __init__(self, *, kept_only: bool = False) -> None:
        """Begin without having seen any.

        Args:
            kept_only: Whether only counts that came through `kept` must be found again. A primary
                that fails may have shown writes that no replica had: nobody was told that these
                are stored, so that the next primary may lack them.
        """
        self._highest: dict[int, Mark] = {}
        self._kept_only = kept_only
        self._lost: set[int] = set()

    def expect(self, heads: Mapping[int, Mark]) -> None:
        """Take over the marks that somebody else has seen: a journal's."""
        self._highest.update(heads)

    def expected(self, shard: int) -> Mark | None:
        """Return what a command sent now must find at least; None where none has been seen."""
        return self._highest.get(shard)

    def check(self, shard: int, expected: Mark | None, stored: object) -> Mark:
        """Judge the mark that a command found.

        Args:
            shard: The shard.
            expected: What `expected` gave before the command was sent: answers overtake each
                other, so that a later one may have been seen since.
            stored: The mark as it lies in Redis.

        Raises:
            StoreLost: The shard's data is not what it was, or was not, and nobody has restored it.
        """
        mark = read_mark(stored)
        if mark is None or not self._goes_on(shard, expected, mark):
            self._lost.add(shard)
            raise StoreLost(
                "What was stored in Redis is gone or older than it was: nobody can know what is"
                " missing. Stop the service and run `advisor restore` with the journal.",
                reason=Reason.LOST,
            )
        self._lost.discard(shard)
        self._raise(shard, Mark(mark.epoch, 0) if self._kept_only else mark)
        return mark

    def kept(self, shard: int, mark: Mark) -> None:
        """Note that a write after this mark was confirmed, and with it all before it."""
        self._raise(shard, mark)

    def _raise(self, shard: int, mark: Mark) -> None:
        known = self._highest.get(shard)
        if known is None or known.epoch != mark.epoch or known.count < mark.count:
            self._highest[shard] = mark

    def _goes_on(self, shard: int, expected: Mark | None, mark: Mark) -> bool:
        if expected is None:
            return shard not in self._lost or mark.restored
        if mark.epoch == expected.epoch:
            return shard not in self._lost and mark.count >= expected.count
        return mark.restored
