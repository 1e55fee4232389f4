"""`advisor restore`: what Redis has lost comes back, and until then the service does not start."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from advisor.cli.main import main
from advisor.store.errors import StoreMisconfigured
from advisor.v1 import vocabulary_customer_pb2 as words
from advisor.v1.customer_pb2 import CustomerProfile, CustomerSuppression
from advisor.v1.customer_service_pb2 import GetCustomerRequest, UpdateCustomerRequest
from tests.server.running import running, settings_for

_CUSTOMERS = 12


async def _opt_out(folder: Path) -> None:
    """Let customers say that they do not want to be called."""
    profile = CustomerProfile(
        suppressions=[CustomerSuppression(source=words.SUPPRESSION_SOURCE_INTERNAL)]
    )
    async with running(settings_for(folder)) as client:
        for number in range(_CUSTOMERS):
            await client.update_customer(
                UpdateCustomerRequest(customer_id=f"K-{number}", profile=profile)
            )


async def _suppressed(folder: Path) -> list[int]:
    """Ask how many suppressions are kept of each customer."""
    async with running(settings_for(folder)) as client:
        answers = [
            await client.get_customer(GetCustomerRequest(customer_id=f"K-{number}"))
            for number in range(_CUSTOMERS)
        ]
    return [len(answer.profile.suppressions) for answer in answers]


def _restore(folder: Path, *paths: str) -> Result:
    settings = settings_for(folder)
    environment = {"ADVISOR_DATA": str(settings.data), "ADVISOR_RULES": str(settings.rules)}
    return CliRunner().invoke(main, ["restore", *paths], env=environment)


def test_lost_suppressions_are_restored(tmp_path: Path) -> None:
    """Fault 14: a service whose data is gone does not start; after `advisor restore` 0 are lost."""
    asyncio.run(_opt_out(tmp_path))
    data = settings_for(tmp_path).data
    shutil.rmtree(data / "appendonlydir")

    with pytest.raises(StoreMisconfigured, match="Run `advisor restore` first"):
        asyncio.run(_suppressed(tmp_path))
    first, second = _restore(tmp_path), _restore(tmp_path, str(data / "journal"))

    assert (first.exit_code, first.stdout) == (
        0,
        f"{_CUSTOMERS} changes in the journal, {_CUSTOMERS} of them restored.\n",
    )
    assert second.stdout == f"{_CUSTOMERS} changes in the journal, 0 of them restored.\n"
    assert asyncio.run(_suppressed(tmp_path)) == [1] * _CUSTOMERS


def test_damaged_journal_is_named(tmp_path: Path) -> None:
    """A journal that cannot be read is a sentence and exit code 1, not a traceback."""
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_text("nothing\n")
    done = _restore(tmp_path, str(damaged))

    assert done.exit_code == 1
    assert "damaged.jsonl:1 is no line of a journal" in done.output
