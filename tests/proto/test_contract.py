"""The contract is clean, commented throughout, bounded, and holds no RPC that does not work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from advisor.v1 import (
    advisor_service_pb2,
    callback_service_pb2,
    customer_service_pb2,
    limits_pb2,
    rule_service_pb2,
)

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
SERVICES: list[ServiceDescriptor] = [
    advisor_service_pb2.DESCRIPTOR.services_by_name["AdvisorService"],
    customer_service_pb2.DESCRIPTOR.services_by_name["CustomerService"],
    callback_service_pb2.DESCRIPTOR.services_by_name["CallbackService"],
    rule_service_pb2.DESCRIPTOR.services_by_name["RuleService"],
]

# Numbers of fields in descriptor.proto, as source_code_info counts them.
MESSAGES, ENUMS, SERVICES_OF_FILE, EXTENSIONS = 4, 5, 6, 7
FIELDS, NESTED, ENUMS_INSIDE, ONEOFS = 2, 3, 4, 8


@pytest.fixture(name="files", scope="module")
def _files(tmp_path_factory: pytest.TempPathFactory) -> list[FileDescriptorProto]:
    image = tmp_path_factory.mktemp("image") / "advisor.binpb"
    sources = sorted(str(p.relative_to(PROTO)) for p in PROTO.glob("advisor/v1/*.proto"))
    protoc = [sys.executable, "-m", "grpc_tools.protoc", "-I.", "--include_source_info"]
    subprocess.run([*protoc, f"--descriptor_set_out={image}", *sources], cwd=PROTO, check=True)
    return list(FileDescriptorSet.FromString(image.read_bytes()).file)


def test_buf_lint_is_clean() -> None:
    """The contract follows buf's style, comments included."""
    buf = Path(sys.executable).parent / "buf"
    done = subprocess.run(
        [buf, "lint", "."], cwd=PROTO, capture_output=True, text=True, check=False
    )
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


def test_buf_format_changes_nothing() -> None:
    """The files of the contract are formatted."""
    buf = Path(sys.executable).parent / "buf"
    done = subprocess.run(
        [buf, "format", "--diff", "."], cwd=PROTO, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("", 0)


def test_every_element_is_commented_in_sentences(files: list[FileDescriptorProto]) -> None:
    """Every service, method, message, field, choice, enum and value says what it is."""
    silent = [
        f"{file.name} {path}"
        for file in files
        for path in _elements(file)
        if not _comment(file, path).rstrip().endswith((".", "?", "..."))
    ]
    assert silent == []


def test_only_working_methods_are_in_the_contract() -> None:
    """An RPC is in the contract only once it works."""
    assert {s.name: [m.name for m in s.methods] for s in SERVICES} == {
        "AdvisorService": [
            "Advise",
            "ReportCallEvent",
            "GuideCall",
            "WatchGuidance",
            "ListLiveCalls",
            "RecordOutcome",
            "ExplainDecision",
            "LookupCallReference",
        ],
        "CustomerService": [
            "GetCustomer",
            "UpdateCustomer",
            "ImportCustomers",
            "RecordSignal",
            "GetEngagementCard",
            "ExportCustomer",
            "DeleteCustomer",
        ],
        "CallbackService": [
            "ProposeSlots",
            "MakePromise",
            "ClaimDuePromises",
            "WatchDuePromises",
            "ReleaseClaim",
            "ReschedulePromise",
            "CancelPromise",
            "ListPromises",
            "SetSlotCapacity",
        ],
        "RuleService": ["GetPack", "ListRules", "CheckPack", "EvaluatePack"],
    }


def test_every_text_list_and_map_of_a_request_is_bounded() -> None:
    """No request can hold a text, a list or a map without a limit."""
    requests = [method.input_type for service in SERVICES for method in service.methods]
    seen: set[str] = set()
    unbounded = [path for request in requests for path in _unbounded(request, seen)]
    assert unbounded == []


def test_zero_is_unspecified_in_every_enum(files: list[FileDescriptorProto]) -> None:
    """No enum gives its zero a meaning that an old client would send by accident."""
    zeros = [enum.value[0].name for file in files for enum in file.enum_type]
    assert [zero for zero in zeros if not zero.endswith("_UNSPECIFIED")] == []


def _unbounded(message: Descriptor, seen: set[str]) -> Iterator[str]:
    if message.full_name in seen or message.full_name.startswith("google."):
        return
    seen.add(message.full_name)
    for field in message.fields:
        if not _is_bounded(field):
            yield f"{message.name}.{field.name}"
        if field.message_type is not None:
            yield from _unbounded(field.message_type, seen)


def _is_bounded(field: FieldDescriptor) -> bool:
    limits = field.GetOptions().Extensions[limits_pb2.limits]
    if field.is_repeated and not limits.HasField("max_items"):
        return False
    if field.containing_type is not None and field.containing_type.GetOptions().map_entry:
        return True
    message = field.message_type
    if message is not None and message.GetOptions().map_entry and not limits.max_key_length:
        return False
    if field.type != FieldDescriptor.TYPE_STRING:
        return True
    fixed = {
        limits_pb2.FORMAT_PHONE_NUMBER,
        limits_pb2.FORMAT_REGION,
        limits_pb2.FORMAT_TIME_ZONE,
        limits_pb2.FORMAT_DATE,
        limits_pb2.FORMAT_CLOCK_TIME,
    }
    return limits.HasField("max_length") or limits.format in fixed


def _elements(file: FileDescriptorProto) -> Iterator[tuple[int, ...]]:
    for index, message in enumerate(file.message_type):
        here = (MESSAGES, index)
        yield here
        yield from ((*here, FIELDS, n) for n in range(len(message.field)))
        yield from ((*here, ONEOFS, n) for n in _written_oneofs(file, index))
    for index, enum in enumerate(file.enum_type):
        yield (ENUMS, index)
        yield from ((ENUMS, index, FIELDS, n) for n in range(len(enum.value)))
    for index, service in enumerate(file.service):
        yield (SERVICES_OF_FILE, index)
        yield from ((SERVICES_OF_FILE, index, FIELDS, n) for n in range(len(service.method)))
    yield from ((EXTENSIONS, n) for n in range(len(file.extension)))


def _written_oneofs(file: FileDescriptorProto, message: int) -> Iterator[int]:
    """List the choices that the file writes, not those that `optional` makes."""
    fields = file.message_type[message].field
    made = {f.oneof_index for f in fields if f.proto3_optional}
    yield from (n for n in range(len(file.message_type[message].oneof_decl)) if n not in made)


def _comment(file: FileDescriptorProto, path: tuple[int, ...]) -> str:
    for location in file.source_code_info.location:
        if tuple(location.path) == path:
            return location.leading_comments
    return ""
