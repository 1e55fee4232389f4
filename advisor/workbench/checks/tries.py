"""A bound on what a proof may try, so that a crowded pack ends in a message and not in a wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Combinations of conditions that are tried before something counts as too crowded.
LIMIT: Final = 10_000


class CrowdedError(Exception):
    """There are more combinations of rules than may be tried."""


@dataclass(slots=True)
class Tries:
    """Counts what has been tried, and ends what would take too long."""

    left: int

    def take(self) -> None:
        """Count one more try.

        Raises:
            CrowdedError: There are none left.
        """
        if not self.left:
            raise CrowdedError
        self.left -= 1
