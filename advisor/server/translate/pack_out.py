"""A pack, its rules and what is wrong with one, as the contract writes them."""

from __future__ import annotations

from datetime import datetime

from advisor.rules.pack import Pack, Purpose, Rule
from advisor.rules.problems import Problem
from advisor.server.translate import times, words
from advisor.v1 import pack_pb2


def pack_out(pack: Pack, loaded_at: datetime) -> pack_pb2.Pack:
    """Write what is to be known of a pack."""
    return pack_pb2.Pack(
        name=pack.settings.name,
        pack_version=pack.version,
        declared_version=pack.settings.version,
        loaded_at=times.timestamp(loaded_at),
        rule_count=len(pack.rules),
        calendar_count=len(pack.calendars),
        limit_count=len(pack.limits),
        brands=sorted(pack.settings.brands),
        purposes=[_purpose(pack.purposes[name]) for name in sorted(pack.purposes)],
    )


def _purpose(purpose: Purpose) -> pack_pb2.PackPurpose:
    return pack_pb2.PackPurpose(
        id=purpose.id,
        kind=words.PURPOSE_KIND.write(purpose.kind),
        legal_class=words.LEGAL_CLASS.write(purpose.legal_class),
        evaluation_class=words.EVALUATION_CLASS.write(purpose.evaluation_class),
        sensitivity=words.SENSITIVITY.write(purpose.sensitivity),
        least_verification=words.VERIFICATION.write(purpose.least_verification),
        occasion=sorted(name.removeprefix("purpose.") for name in purpose.occasion),
    )


def rule_out(rule: Rule) -> pack_pb2.Rule:
    """Write one rule for a list."""
    return pack_pb2.Rule(
        id=rule.id,
        section=words.SECTION.write(rule.section),
        because=rule.because,
        basis=words.BASIS.write(rule.basis),
        priority=rule.priority.value,
        if_unsure=rule.if_unsure.value,
        brands=sorted(rule.scope.brands),
        campaigns=sorted(rule.scope.campaigns),
        regions=sorted(rule.scope.regions),
        first_day="" if rule.scope.from_ is None else rule.scope.from_.isoformat(),
        last_day="" if rule.scope.through is None else rule.scope.through.isoformat(),
        items=[f"{rule.id}/{item.name}" for item in rule.items],
        replaces=rule.replaces,
        serves=rule.serves,
        cite="" if rule.source is None else rule.source.cite,
        file=rule.mark.file,
        line=rule.mark.line,
    )


def diagnostic_out(problem: Problem) -> pack_pb2.Diagnostic:
    """Write one thing that is wrong with a pack."""
    return pack_pb2.Diagnostic(
        file=problem.mark.file,
        line=problem.mark.line,
        column=problem.mark.column,
        severity=words.SEVERITY.write(problem.severity),
        code=problem.code,
        found=problem.found,
        expected=problem.expected,
        nearest=problem.nearest,
        hint=problem.hint,
    )
