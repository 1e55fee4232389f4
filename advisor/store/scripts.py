"""Scripts that Redis runs whole, and commands sent together in one round trip."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

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
        return ("EVALSHA", self.script.digest, len(self.keys), *self.keys, *self.arguments)


#: A script, or any other command by its words.
Asked = ScriptCall | tuple[Argument, ...]


async def load_all(redis: Redis) -> None:
    """Let Redis know every script of this package before the first call needs one.

    Raises:
        RedisError: It cannot be told.
    """
    files = resources.files(__package__).iterdir()
    scripts = [Script(file.name) for file in files if file.name.endswith(".lua")]
    async with redis.pipeline(transaction=False) as pipe:
        for script in scripts:
            pipe.script_load(script.text)
        await pipe.execute()


async def together(redis: Redis, *asked: Asked) -> list[object]:
    """Send commands in one round trip over one connection, and return their answers in order.

    A Redis that has been started again has forgotten the scripts; they are loaded then, and all is
    sent once more: a script that it had forgotten has not run.

    Raises:
        RedisError: The first error among the answers.
    """
    answers = await _sent(redis, asked)
    forgotten = [
        one.script
        for one, answer in zip(asked, answers, strict=True)
        if isinstance(one, ScriptCall) and isinstance(answer, NoScriptError)
    ]
    if forgotten:
        for script in forgotten:
            await redis.script_load(script.text)
        answers = await _sent(redis, asked)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


async def _sent(redis: Redis, asked: Sequence[Asked]) -> list[object]:
    if len(asked) == 1:
        # Half the work of a pipeline of one.
        return [await _sent_alone(redis, asked[0])]
    async with redis.pipeline(transaction=False) as pipe:
        for one in asked:
            pipe.execute_command(*(one.command if isinstance(one, ScriptCall) else one))
        answers: list[object] = await pipe.execute(raise_on_error=False)
    return answers


async def _sent_alone(redis: Redis, asked: Asked) -> object:
    command = asked.command if isinstance(asked, ScriptCall) else asked
    try:
        answer: object = await redis.execute_command(*command)  # type: ignore[no-untyped-call]
    except NoScriptError as error:
        return error
    return answer
