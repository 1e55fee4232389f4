"""How safe a write is: what was reached, and how it is asked for in the write's own round trip."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from advisor.store.errors import Reason, StoreUnavailable
from advisor.store.scripts import Argument


class Durability(IntEnum):
    """What holds an acknowledged write, weakest first."""

    #: The memory of the server; a crash of it may lose the write.
    MEMORY = 1
    #: The server's append-only file, synced: a crash of the server loses nothing.
    DISK = 2
    #: As many replicas as are demanded; the loss of the server loses nothing.
    REPLICA = 3

    @property
    def word(self) -> str:
        """The word that settings and answers use for it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What an operator demands of every write.

    Attributes:
        level: What must be reached.
        replicas: How many replicas must have a write where `level` is REPLICA.
        within_ms: How long a write waits for that, in milliseconds.
        always_synced: Whether the server syncs every write before it answers, and cannot be asked
            (Redis before 7.2).
    """

    level: Durability = Durability.MEMORY
    replicas: int = 1
    within_ms: int = 250
    always_synced: bool = False

    @property
    def question(self) -> tuple[Argument, ...] | None:
        """The command to send after a write on the same connection; None where none is needed."""
        match self.level:
            case Durability.MEMORY:
                return None
            case Durability.DISK:
                return None if self.always_synced else ("WAITAOF", 1, 0, self.within_ms)
            case Durability.REPLICA:
                return ("WAIT", self.replicas, self.within_ms)

    def reached(self, answer: object) -> Durability:
        """Return the level that a write reached, which is the one that was demanded.

        Args:
            answer: What Redis said to `question`; anything where there is none.

        Raises:
            StoreUnavailable: It was written and may yet be lost; the same id again settles it.
        """
        confirmed = answer[0] if isinstance(answer, list) else answer
        least = self.replicas if self.level is Durability.REPLICA else 1
        enough = isinstance(confirmed, int) and confirmed >= least
        if self.question is None or enough:
            return self.level
        raise StoreUnavailable(
            f"It was written, and not confirmed by the {self.level.word} in time. The same request"
            " again settles it.",
            reason=Reason.NOT_DURABLE,
        )
