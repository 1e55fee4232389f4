"""Scripts that Redis runs whole, and commands sent together in one round trip.

`client` says what a command may be, so that one server, Sentinels and a cluster take it alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from advisor.store.cluster import primaries
from advisor.store.delivery import QUESTIONS

#: What a command or a script is given.
Argument = bytes | str | int


class Script:
    """A script of this package, sent by its digest and whole only where Redis has forgotten it."""

    __slots__ = ("digest", "text")

    def __init__(self, name: str) -> None:
        """Read the script of that file name."""
        self.text = resources.files(__package__).joinpath(name).read_text("utf-8")
        self.digest = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    def call(self, keys: Sequence[str], arguments: Sequence[Argument] = ()) -> ScriptCall:
        """Return one call of it."""
        return ScriptCall(self, tuple(keys), tuple(arguments))


@dataclass(frozen=True, slots=True)
class ScriptCall:
    """A script, the keys it may touch, and its arguments."""

    script: Script
    keys: tuple[str, ...]
    arguments: tuple[Argument, ...]

    @property
    def command(self) -> tuple[Argument, ...]:
        """The command that runs it."""
        return ("EVALSHA", self.script.digest, *self._given)

    @property
    def whole(self) -> tuple[Argument, ...]:
        """The command for a server that has forgotten the script; it then knows it."""
        return ("EVAL", self.script.text, *self._given)

    @property
    def _given(self) -> tuple[Argument, ...]:
        return (len(self.keys), *self.keys, *self.arguments)


#: A script, or any other command by its words.
Asked = ScriptCall | tuple[Argument, ...]


async def load_all(redis: Redis) -> None:
    """Let every primary know every script of this package before the first call needs one.

    Raises:
        RedisError: It cannot be told.
    """
    files = resources.files(__package__).iterdir()
    scripts = [Script(file.name) for file in files if file.name.endswith(".lua")]
    for primary in await primaries(redis):
        async with primary.pipeline(transaction=False) as pipe:
            for script in scripts:
                pipe.script_load(script.text)
            await pipe.execute()


async def together(redis: Redis, *asked: Asked) -> list[object]:
    """Send commands in one round trip over one connection, and return their answers in order.

    On a cluster that is so for each server that has keys of them; see `cluster`. A server that has
    been started again, or has taken over, has forgotten the scripts; one that it had forgotten has
    not run, and is sent once more, whole, with the question how safe it is.

    Raises:
        RedisError: The first error among the answers.
    """
    commands = [one.command if isinstance(one, ScriptCall) else one for one in asked]
    answers = await _sent(redis, commands)
    forgotten = {
        at: one.whole
        for at, (one, answer) in enumerate(zip(asked, answers, strict=True))
        if isinstance(one, ScriptCall) and isinstance(answer, NoScriptError)
    }
    if forgotten:
        again = {
            at: forgotten.get(at, command)
            for at, command in enumerate(commands)
            if at in forgotten or (command[0] in QUESTIONS and at > min(forgotten))
        }
        told = await _sent(redis, list(again.values()))
        for at, answer in zip(again, told, strict=True):
            answers[at] = answer
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


async def _sent(redis: Redis, commands: Sequence[tuple[Argument, ...]]) -> list[object]:
    if len(commands) == 1:
        # Half the work of a pipeline of one.
        return [await _sent_alone(redis, commands[0])]
    async with redis.pipeline(transaction=False) as pipe:
        for command in commands:
            pipe.execute_command(*command)
        answers: list[object] = await pipe.execute(raise_on_error=False)
    return answers


async def _sent_alone(redis: Redis, command: tuple[Argument, ...]) -> object:
    try:
        answer: object = await redis.execute_command(*command)  # type: ignore[no-untyped-call]
    except NoScriptError as error:
        return error
    return answer
