"""Commands on their way through a cluster: where each goes, and what the servers answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Never

from redis.asyncio import Redis
from redis.exceptions import AskError, MovedError, ResponseError

from advisor.store.urls import Address

#: A command by its words, and what its answer is read with.
Command = tuple[Sequence[Any], Mapping[str, Any]]

#: Commands that ask how safe all is that was sent before them.
QUESTIONS: Final = frozenset({"WAIT", "WAITAOF"})

_SCRIPTS: Final = frozenset({"EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"})
#: Where the number of keys is among a script's words, and the first key after it.
_MANY, _FIRST = 2, 3
#: Commands of one word that name no key, or not first; those of two words never do.
_OF_NO_KEY: Final = frozenset(
    {
        "BGREWRITEAOF",
        "BGSAVE",
        "BITOP",
        "DBSIZE",
        "FLUSHALL",
        "FLUSHDB",
        "INFO",
        "KEYS",
        "LASTSAVE",
        "MIGRATE",
        "OBJECT",
        "RANDOMKEY",
        "SAVE",
        "SCAN",
        "SWAPDB",
        "TIME",
        "XREAD",
        "XREADGROUP",
    }
)


class Delivery:
    """Commands on their way: which are still to be sent, where, and what the others gave.

    Attributes:
        moved: Redirects for good since the last round, each with the server that said so.
    """

    def __init__(self, commands: Sequence[Command]) -> None:
        """Take the commands, in order."""
        self._commands = commands
        self._answers: list[Any] = [None] * len(commands)
        self._said: dict[int, list[Any]] = {}
        self._open = list(range(len(commands)))
        self._asking: dict[int, Address] = {}
        self.moved: list[tuple[MovedError, Address]] = []

    def batches(self, owner: Callable[[object], Address]) -> dict[Address, list[int]]:
        """Say which commands each server is to be sent, by their places; none when all is done."""
        batches: dict[Address, list[int]] = {}
        for at in self._open:
            words = self._commands[at][0]
            if words[0] in QUESTIONS:
                if not batches:
                    raise ValueError(f"{words[0]} is asked after what it asks about.")
                for batch in batches.values():
                    batch.append(at)
            else:
                to = self._asking.get(at) or owner(_key(words))
                batches.setdefault(to, []).append(at)
        self._open, self.moved = [], []
        return batches

    async def send(self, client: Redis, batch: Sequence[int]) -> list[Any]:
        """Send a server what it is to be sent, over one connection."""
        if len(batch) == 1 and batch[0] not in self._asking:
            words, options = self._commands[batch[0]]
            try:
                return [await client.execute_command(*words, **options)]  # type: ignore[no-untyped-call]
            except ResponseError as error:
                return [error]
        async with client.pipeline(transaction=False) as pipe:
            counts = []
            for at in batch:
                words, options = self._commands[at]
                if at in self._asking:
                    pipe.execute_command("ASKING")
                pipe.execute_command(*words, **options)
                counts.append(len(pipe) - 1)
            answers = await pipe.execute(raise_on_error=False)
        return [answers[place] for place in counts]

    def heard(self, address: Address, batch: Sequence[int], said: Sequence[Any]) -> None:
        """Take a server's answers; what it redirected is sent again, and asked about again."""
        done = False
        for at, answer in zip(batch, said, strict=True):
            if self._commands[at][0][0] in QUESTIONS:
                # Of a server that only redirected, there is nothing to ask about.
                if done:
                    self._said.setdefault(at, []).append(answer)
                continue
            self._answers[at] = answer
            self._asking.pop(at, None)
            if isinstance(answer, MovedError):
                self.moved.append((answer, address))
            elif isinstance(answer, AskError):
                self._asking[at] = target(answer, address)
            else:
                done = True
                continue
            self._open.append(at)
        self._open = sorted({*self._open, *self._questions_after(min(self._open, default=None))})

    def answers(self) -> list[Any]:
        """Return the answers in the order of the commands."""
        for at, said in self._said.items():
            self._answers[at] = _least(said)
        return self._answers

    def _questions_after(self, first: int | None) -> set[int]:
        if first is None:
            return set()
        return {
            at for at in range(first, len(self._commands)) if self._commands[at][0][0] in QUESTIONS
        }


def target(error: AskError, asked: Address) -> Address:
    """Return where a redirect leads that this server gave."""
    return (error.host or asked[0], error.port)


def _key(words: Sequence[Any]) -> object:
    name = str(words[0])
    if name in _SCRIPTS:
        return words[_FIRST] if int(words[_MANY]) else _keyless(name)
    if name in _OF_NO_KEY or " " in name or len(words) == 1:
        _keyless(name)
    return words[1]


def _keyless(name: str) -> Never:
    raise ValueError(f"{name} names no key: ask each of `primaries(redis)`.")


def _least(said: Sequence[Any]) -> object:
    """Return what all servers reach; the first error where one has none."""
    for answer in said:
        if isinstance(answer, Exception):
            return answer
    if isinstance(said[0], list):
        return [min(column) for column in zip(*said, strict=True)]
    return min(said)
