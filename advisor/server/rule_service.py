"""RuleService: shows and tries packs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from advisor.guidance.advise import advise
from advisor.rules.pack import Pack
from advisor.rules.problems import Problems
from advisor.server import errors
from advisor.server.advisor_service import explains
from advisor.server.packs import LoadedPack, Preparer
from advisor.server.receiving import Call
from advisor.server.scene import Known, situation_in, told_in
from advisor.server.translate import times, words
from advisor.server.translate.decision_out import advice_out
from advisor.server.translate.pack_out import diagnostic_out, pack_out, rule_out
from advisor.server.validation import Violation
from advisor.v1 import rule_service_pb2 as wire
from advisor.v1.pack_pb2 import Diagnostic, PackFile
from advisor.workbench.preparing import Prepared

#: Rules of a page where the caller names no number, and at most.
PAGE_SIZE: Final = 100
MAX_PAGE_SIZE: Final = 1_000


class RuleService:
    """Answers the methods of the contract's RuleService."""

    __slots__ = ("_clock", "_loaded", "_preparer")

    def __init__(
        self,
        *,
        loaded: Callable[[], LoadedPack],
        preparer: Preparer,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the collaborators; `loaded` returns the pack that decides now."""
        self._loaded = loaded
        self._preparer = preparer
        self._clock = clock

    async def get_pack(self, _request: wire.GetPackRequest, _call: Call) -> wire.GetPackResponse:
        """Return what is to be known of the pack that decides."""
        loaded = self._loaded()
        return wire.GetPackResponse(pack=pack_out(loaded.pack, loaded.loaded_at))

    async def list_rules(
        self, request: wire.ListRulesRequest, _call: Call
    ) -> wire.ListRulesResponse:
        """Return a page of rules."""
        pack = self._loaded().pack
        section = words.SECTION.read(request.section)
        rules = [rule for rule in pack.rules if section is None or rule.section is section]
        begin = _begin(request, pack)
        end = begin + min(request.page_size or PAGE_SIZE, MAX_PAGE_SIZE)
        return wire.ListRulesResponse(
            rules=[rule_out(rule) for rule in rules[begin:end]],
            next_page_token=_token(pack, request.section, end) if end < len(rules) else "",
            pack_version=pack.version,
        )

    async def check_pack(
        self, request: wire.CheckPackRequest, call: Call
    ) -> wire.CheckPackResponse:
        """Return all that is wrong with a pack."""
        prepared = await self._prepared(request.files, "files")
        call.note(diagnostics=len(prepared.problems))
        return wire.CheckPackResponse(
            diagnostics=_diagnostics(prepared),
            pack_version="" if prepared.guide is None else prepared.guide.pack.version,
        )

    async def evaluate_pack(
        self, request: wire.EvaluatePackRequest, call: Call
    ) -> wire.EvaluatePackResponse:
        """Decide a call as a pack would, without storing or reading anything."""
        prepared = Prepared(problems=Problems(), guide=self._loaded().guide)
        if request.candidate:
            prepared = await self._prepared(request.candidate, "candidate")
        call.note(diagnostics=len(prepared.problems))
        diagnostics = _diagnostics(prepared)
        if prepared.guide is None:
            return wire.EvaluatePackResponse(diagnostics=diagnostics)
        pack = prepared.guide.pack
        at = times.instant_of(request, "placed_at") or self._clock()
        situation = situation_in(told_in(request.context, pack), pack, at, Known())
        explain = explains(request.context)
        advice = advise(prepared.guide, situation, explain=explain)
        call.note(decision=advice.verdict.decision.word, pack_version=advice.pack_version)
        decision = advice_out(advice, "", explain=explain)
        return wire.EvaluatePackResponse(decision=decision, diagnostics=diagnostics)

    async def _prepared(self, sent: Iterable[PackFile], path: str) -> Prepared:
        files: dict[str, bytes] = {}
        for index, file in enumerate(sent):
            if file.path in files:
                raise errors.invalid(
                    [Violation(f"{path}[{index}].path", "is the path of an earlier file, too")]
                )
            files[file.path] = file.content
        return await self._preparer.prepare(files)


def _diagnostics(prepared: Prepared) -> list[Diagnostic]:
    return [diagnostic_out(problem) for problem in prepared.problems]


def _token(pack: Pack, section: int, begin: int) -> str:
    return base64.urlsafe_b64encode(f"{pack.version} {section} {begin}".encode()).decode()


def _begin(request: wire.ListRulesRequest, pack: Pack) -> int:
    """Return where a page begins.

    Raises:
        Refusal: The token is not one of this list and this version of the pack.
    """
    if not request.page_token:
        return 0
    try:
        text = base64.urlsafe_b64decode(request.page_token.encode()).decode()
        version, section, begin = text.split(" ")
        if (version, section) == (pack.version, str(request.section)) and begin.isdecimal():
            return int(begin)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise errors.invalid(
        [
            Violation(
                "page_token",
                "is not from this list, or the pack has changed; begin again without it",
            )
        ]
    )
