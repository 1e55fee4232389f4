"""Keys: stable, sharded by hash tag, and silent about whom they belong to."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from advisor.store.keys import SHARDS, Keys

_KEYS = Keys(b"a secret of the tests", namespace="test")


def test_form_of_a_customers_keys() -> None:
    """All keys of a customer share their shard's hash tag, and nothing else can be read in them."""
    keys = _KEYS.customer("K-17")

    stem = rf"test:\{{s{keys.shard:03}\}}:customer:[0-9a-f]{{32}}"
    assert re.fullmatch(f"{stem}:profile", keys.profile)
    assert re.fullmatch(f"{stem}:permissions", keys.permissions)


def test_keys_are_stable() -> None:
    """A release that named a customer otherwise would lose what is kept of them."""
    keys = _KEYS.customer("K-17")

    assert keys.shard == 127
    assert keys.profile == "test:{s127}:customer:3f28b6726b6c5bc30e7ff3e1bc680b04:profile"


def test_keys_depend_on_the_secret() -> None:
    """Who does not hold the secret cannot work out a customer's key."""
    assert Keys(b"another secret of the tests").customer("K-17") != Keys(b"b").customer("K-17")
    assert Keys(b"another").fingerprint != Keys(b"b").fingerprint


@given(st.text(min_size=4))
def test_no_key_holds_the_id(customer_id: str) -> None:
    """A key never contains the customer's id, whatever it is."""
    keys = _KEYS.customer(f"id {customer_id}")

    assert f"id {customer_id}" not in keys.profile + keys.permissions


def test_customers_spread_over_all_shards() -> None:
    """Every shard gets its share of the customers."""
    shards = [_KEYS.customer(str(number)).shard for number in range(SHARDS * 40)]

    assert set(shards) == set(range(SHARDS))
    assert max(shards.count(shard) for shard in range(SHARDS)) < 40 * 2
