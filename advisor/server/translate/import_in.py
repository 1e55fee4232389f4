"""What a caller tells of a customer's past: a profile, and the contacts that there were."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from advisor.engagement.contacts import Contact
from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.catalogue import Catalogue
from advisor.facts.situation import Profile
from advisor.server.translate.customer_in import profile_in
from advisor.server.translate.facts_in import attributes_in
from advisor.server.translate.history_in import contact_in
from advisor.server.validation import Checker, Violation
from advisor.v1.customer_service_pb2 import ImportedCustomer

_CHECKER: Final = Checker(ImportedCustomer)


def imported_in(
    sent: ImportedCustomer, catalogue: Catalogue, now: datetime, found: list[Violation]
) -> tuple[Profile, tuple[Contact, ...]]:
    """Read one row.

    Args:
        sent: As it was sent; nobody has looked at it yet.
        catalogue: The facts that the pack knows.
        now: Aware, UTC; what is later is not past.
        found: Takes what is wrong, by field within the row; where it took anything, what is
            returned means nothing.
    """
    found.extend(_CHECKER.violations(sent))
    if found:
        return Profile(), ()
    attributes = attributes_in(
        sent.profile.attributes, catalogue, BUILT_IN, "profile.attributes", found
    )
    profile = profile_in(sent.profile, attributes, "profile", found)
    contacts = tuple(map(contact_in, sent.contacts))
    if not sent.HasField("profile") and not contacts:
        found.append(Violation("", "must tell of something: a profile or contacts"))
    for index, contact in enumerate(contacts):
        if contact.id is None:
            found.append(Violation(f"contacts[{index}].call_id", "is required"))
        if contact.at > now:
            found.append(Violation(f"contacts[{index}].at", "must not be in the future"))
    return profile, contacts
