"""The services over real gRPC and a real store."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2

from advisor.server.errors import ErrorReason
from advisor.server.settings import Settings
from advisor.server.translate import times
from advisor.v1 import vocabulary_decision_pb2 as decision
from advisor.v1.advisor_service_pb2 import EXPLAIN_LEVEL_NONE
from advisor.v1.customer_pb2 import CustomerProfile, CustomerSuppression, LiftSuppression
from advisor.v1.customer_service_pb2 import GetCustomerRequest, UpdateCustomerRequest
from advisor.v1.pack_pb2 import (
    DIAGNOSTIC_SEVERITY_WARNING,
    RULE_SECTION_GUIDANCE,
    PackFile,
)
from advisor.v1.rule_service_pb2 import (
    CheckPackRequest,
    EvaluatePackRequest,
    ListRulesRequest,
)
from advisor.v1.vocabulary_customer_pb2 import SUPPRESSION_SOURCE_INTERNAL
from tests.server.desk import Refused
from tests.server.running import NOW, PACK, pin_call, running, settings_for


@pytest.fixture(name="settings")
def _settings(tmp_path: Path, redis_url: str, namespace: str) -> Settings:
    return settings_for(tmp_path, redis_url=redis_url, namespace=namespace)


async def test_a_context_goes_in_and_explained_guidance_comes_out(settings: Settings) -> None:
    """A call in its window is allowed, with each item, its rule and its facts (004-18)."""
    request = pin_call()
    request.attributes["bank.pin_used"].yes_no = False
    async with running(settings) as client:
        answer = await client.advise(request)
        log = client.log.getvalue()
        counted = client.registry.get_sample_value("advisor_decisions_total", {"decision": "allow"})

    assert answer.verdict.decision == decision.DECISION_ALLOW
    assert answer.pack_version == client.running.pack.pack.version
    assert answer.decision_id
    assert [item.id for item in answer.items] == [
        "headline-first/headline",
        "pin-never-used/remind",
    ]
    assert answer.items[1].rule_id == "pin-never-used"
    assert [fact.name for fact in answer.items[1].facts_used] == ["bank.pin_used"]
    assert list(answer.context_report.candidate_zones) == ["Europe/London"]
    assert times.instant(answer.valid_until) > NOW
    assert '"event": "advisor.call_advised"' in log
    assert counted == 1


async def test_a_caller_may_do_without_explanations(settings: Settings) -> None:
    """With NONE the items come without the facts behind them."""
    request = pin_call()
    request.explain = EXPLAIN_LEVEL_NONE
    async with running(settings) as client:
        answer = await client.advise(request)
    assert [list(item.facts_used) for item in answer.items] == [[]]
    assert list(answer.context_report.used) == []


async def test_what_is_kept_and_what_is_told_are_joined(settings: Settings) -> None:
    """A complaint that the CRM told of defers the call of a dialer that knows nothing of it."""
    update = UpdateCustomerRequest(
        customer_id="cust-1", profile=CustomerProfile(complaints_open=1, preferred_name="Jo")
    )
    async with running(settings) as client:
        await client.update_customer(update)
        kept = await client.get_customer(GetCustomerRequest(customer_id="cust-1"))
        deferred = await client.advise(pin_call(customer_id="cust-1"))
        allowed = await client.advise(pin_call(customer_id="cust-2"))

    assert (kept.profile.preferred_name, kept.profile.complaints_open) == ("Jo", 1)
    assert times.instant(kept.profile.observations["complaints_open"].observed_at) == NOW
    assert deferred.verdict.decision == decision.DECISION_DEFER
    assert [reason.code for reason in deferred.verdict.reasons] == [
        decision.REASON_CODE_OPEN_COMPLAINT
    ]
    assert allowed.verdict.decision == decision.DECISION_ALLOW


async def test_suppressions_only_accumulate_and_lifting_needs_its_basis(settings: Settings) -> None:
    """Inline data can add a suppression, never lift one; an update lifts it with its basis."""
    suppressed = CustomerProfile(
        suppressions=[CustomerSuppression(source=SUPPRESSION_SOURCE_INTERNAL)]
    )
    lift = LiftSuppression(source=SUPPRESSION_SOURCE_INTERNAL, basis="She rang and asked us to.")
    async with running(settings) as client:
        await client.update_customer(
            UpdateCustomerRequest(customer_id="cust-1", profile=suppressed)
        )
        told = pin_call(customer_id="cust-1")
        told.customer.profile.SetInParent()
        blocked = await client.advise(told)
        with pytest.raises(Refused) as refused:
            await client.update_customer(
                UpdateCustomerRequest(
                    customer_id="cust-1",
                    profile=CustomerProfile(),
                    lift_suppressions=[LiftSuppression(source=SUPPRESSION_SOURCE_INTERNAL)],
                )
            )
        after = await client.update_customer(
            UpdateCustomerRequest(
                customer_id="cust-1", profile=CustomerProfile(), lift_suppressions=[lift]
            )
        )

    assert blocked.verdict.decision == decision.DECISION_BLOCK
    assert refused.value.reason == ErrorReason.INVALID_REQUEST
    assert list(after.profile.suppressions) == []


async def test_a_mask_makes_a_field_unknown(settings: Settings) -> None:
    """A field that is named and absent becomes unknown; others stay."""
    first = UpdateCustomerRequest(
        customer_id="cust-1", profile=CustomerProfile(goal="a mortgage", salutation="Dr")
    )
    first.profile.attributes["bank.pin_used"].yes_no = True
    second = UpdateCustomerRequest(customer_id="cust-1", profile=CustomerProfile())
    second.update_mask.paths.extend(["goal", "attributes", "attributes.bank.pin_used"])
    wrong = UpdateCustomerRequest(customer_id="cust-1", profile=CustomerProfile())
    wrong.update_mask.paths.extend(["gaol", "attributes.now.date", "salutation"])
    async with running(settings) as client:
        before = await client.update_customer(first)
        after = await client.update_customer(second)
        with pytest.raises(Refused) as refused:
            await client.update_customer(wrong)

    violations = refused.value.detail(error_details_pb2.BadRequest()).field_violations
    assert before.profile.attributes["bank.pin_used"].yes_no is True
    assert (after.profile.goal, after.profile.salutation) == ("", "Dr")
    assert dict(after.profile.attributes) == {}
    assert [v.field for v in violations] == ["update_mask.paths[0]", "update_mask.paths[1]"]


async def test_what_nobody_keeps_is_not_found(settings: Settings) -> None:
    """A customer, a purpose or a brand that is not known is NOT_FOUND, without saying who."""
    nobody = GetCustomerRequest(customer_id="Jane-Kirkby")
    no_purpose, no_brand = pin_call(), pin_call()
    no_purpose.purpose.id = "pin"
    no_brand.call.brand = "other"
    async with running(settings) as client:
        refusals = []
        for call in (
            client.get_customer(nobody),
            client.advise(no_purpose),
            client.advise(no_brand),
        ):
            with pytest.raises(Refused) as refused:
                await call
            refusals.append(refused.value)
        log = client.log.getvalue()

    assert [(r.code, r.reason) for r in refusals] == [
        (grpc.StatusCode.NOT_FOUND, ErrorReason.UNKNOWN_CUSTOMER),
        (grpc.StatusCode.NOT_FOUND, ErrorReason.UNKNOWN_PURPOSE),
        (grpc.StatusCode.NOT_FOUND, ErrorReason.UNKNOWN_BRAND),
    ]
    assert "Kirkby" not in log


async def test_facts_that_do_not_fit_are_named_all_at_once(settings: Settings) -> None:
    """Attributes and occasion facts are checked against the pack, each with its path."""
    wrong = pin_call()
    wrong.attributes["bank.pin_use"].yes_no = True
    wrong.purpose.occasion["starts_on"].text = "soon"
    wrong.customer.profile.attributes["bank.pin_used"].whole = 1
    async with running(settings) as client:
        with pytest.raises(Refused) as refused:
            await client.advise(wrong)
        wrong.call.brand = ""
        del wrong.attributes["bank.pin_use"]
        del wrong.customer.profile.attributes["bank.pin_used"]
        wrong.purpose.occasion["starts_on"].date = "2026-02-01"
        only_brand = await client.advise(wrong)

    violations = refused.value.detail(error_details_pb2.BadRequest()).field_violations
    assert [v.field for v in violations] == [
        "customer.profile.attributes[bank.pin_used]",
        "purpose.occasion[starts_on]",
        "attributes[bank.pin_use]",
    ]
    assert only_brand.verdict.decision == decision.DECISION_ALLOW


async def test_the_pack_says_what_it_is_and_can_do(settings: Settings) -> None:
    """A caller learns which purposes, brands and occasion facts it may send."""
    async with running(settings) as client:
        pack = (await client.get_pack()).pack
    assert (pack.name, pack.declared_version, list(pack.brands)) == ("small", "1.0", ["acme"])
    assert [(p.id, list(p.occasion)) for p in pack.purposes] == [("pin-migration", ["starts_on"])]
    assert (pack.rule_count, pack.calendar_count, pack.limit_count) == (3, 1, 0)
    assert times.instant(pack.loaded_at) == NOW


async def test_rules_are_listed_page_by_page(settings: Settings) -> None:
    """Pages follow each other in order of precedence, and end."""
    async with running(settings) as client:
        whole = await client.list_rules(ListRulesRequest())
        seen: list[str] = []
        token = ""
        while True:
            page = await client.list_rules(ListRulesRequest(page_size=1, page_token=token))
            seen += [rule.id for rule in page.rules]
            token = page.next_page_token
            if not token:
                break
        guidance = await client.list_rules(ListRulesRequest(section=RULE_SECTION_GUIDANCE))

    assert seen == [rule.id for rule in whole.rules]
    assert len(seen) == 3
    assert {rule.file for rule in whole.rules} == {"pack.yaml"}
    assert sorted(rule.id for rule in guidance.rules) == ["headline-first", "pin-never-used"]


@pytest.mark.parametrize("token", ["x", "AAAA", "w6Q=", "YSBiIGM="])
async def test_a_page_token_of_another_list_is_refused(settings: Settings, token: str) -> None:
    """A token is only of use for its list and its version of the pack."""
    async with running(settings) as client:
        with pytest.raises(Refused) as refused:
            await client.list_rules(ListRulesRequest(page_token=token))
    [violation] = refused.value.detail(error_details_pb2.BadRequest()).field_violations
    assert violation.field == "page_token"


async def test_a_pack_is_checked_without_being_loaded(settings: Settings) -> None:
    """Every mistake comes back with its place; a right pack with its version and warnings."""
    files = [PackFile(path=name, content=content) for name, content in PACK.items()]
    broken = [PackFile(path="pack.yaml", content=b"pack: {nam: small}\nguidance: {}\n")]
    async with running(settings) as client:
        right = await client.check_pack(CheckPackRequest(files=files))
        wrong = await client.check_pack(CheckPackRequest(files=broken))
        with pytest.raises(Refused) as twice:
            await client.check_pack(CheckPackRequest(files=[*files, *files]))
        still = (await client.get_pack()).pack.pack_version

    assert ([each.code for each in right.diagnostics], right.pack_version) == (["no-answer"], still)
    assert right.diagnostics[0].severity == DIAGNOSTIC_SEVERITY_WARNING
    assert wrong.pack_version == ""
    assert wrong.diagnostics[0].file == "pack.yaml"
    assert wrong.diagnostics[0].line == 1
    [violation] = twice.value.detail(error_details_pb2.BadRequest()).field_violations
    assert violation.field == "files[1].path"


async def test_a_call_is_decided_at_any_instant_and_with_any_pack(settings: Settings) -> None:
    """EvaluatePack plans: the loaded pack or a candidate, at the instant that is asked about."""
    night = times.timestamp(NOW.replace(hour=22))
    candidate = PACK["pack.yaml"].replace(b"09:00-18:00", b"09:00-23:00")
    async with running(settings) as client:
        now = await client.evaluate_pack(EvaluatePackRequest(context=pin_call()))
        planned = await client.evaluate_pack(
            EvaluatePackRequest(context=pin_call(), placed_at=night)
        )
        other = await client.evaluate_pack(
            EvaluatePackRequest(
                context=pin_call(),
                placed_at=night,
                candidate=[PackFile(path="pack.yaml", content=candidate)],
            )
        )
        broken = await client.evaluate_pack(
            EvaluatePackRequest(
                context=pin_call(), candidate=[PackFile(path="pack.yaml", content=b"[")]
            )
        )

    assert now.decision.verdict.decision == decision.DECISION_ALLOW
    assert planned.decision.verdict.decision == decision.DECISION_DEFER
    assert times.instant(planned.decision.verdict.not_before) == NOW.replace(day=13, hour=9)
    assert other.decision.verdict.decision == decision.DECISION_ALLOW
    assert other.decision.pack_version != now.decision.pack_version
    assert not broken.HasField("decision")
    assert broken.diagnostics
    assert now.decision.decision_id == ""
