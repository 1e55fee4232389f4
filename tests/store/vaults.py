"""Vaults for the tests: claimed as a service claims them at its start."""

from __future__ import annotations

from advisor.store.client import StoreClient
from advisor.store.customers import Change, CustomerStore, Stored
from advisor.store.keys import CustomerKeys, Keys
from advisor.store.suitability import check
from advisor.store.vault import Found, Vault


class Overtaken(Vault):
    """A vault in which others change every customer between each read and its write."""

    async def found(self, owner: CustomerKeys) -> Found:
        """Read the records, and let somebody else change one of them."""
        found = await Vault.found(self, owner)
        await self.client.write(lambda redis: redis.set(owner.memory, '{"version":1}', nx=True))
        await self.client.write(lambda redis: redis.append(owner.memory, " "))
        return found


async def claimed(client: StoreClient, keys: Keys) -> Vault:
    """Claim the namespace, and give its vault."""
    await check(client, keys)
    return Vault(client, keys)


async def updated(customers: CustomerStore, customer_id: str, change: Change) -> Stored:
    """Change what is kept of a customer, and give what is kept then."""
    return (await customers.update(customer_id, change)).stored
