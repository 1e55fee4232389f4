"""What a rule rests on, and where the proof of it can be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum


class Basis(IntEnum):
    """Whose will a rule carries out, weakest first: ``Basis.LAW > Basis.SAFETY > ...``.

    A customer's own request lifts POLICY and what is weaker, never LAW or SAFETY.
    """

    CAMPAIGN = 0
    #: Noticed about the customer, not said by them.
    LEARNED = 1
    #: The company's own.
    POLICY = 2
    #: Said by the customer.
    CUSTOMER = 3
    #: Protects somebody from harm, the law aside.
    SAFETY = 4
    LAW = 5

    @property
    def word(self) -> str:
        """The word that packs use for it."""
        return self.name.lower()


class Certainty(StrEnum):
    """How well a source is known; only the first two may be shipped as law."""

    #: Read in the statute, or in the regulator's or vendor's own words.
    PRIMARY = "primary"
    #: Read in somebody else's account of it.
    SECONDARY = "secondary"
    #: Commonly said, not looked up.
    COMMON_KNOWLEDGE = "common_knowledge"
    #: Sources disagree, or are dated.
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where something is written.

    Attributes:
        cite: The citation, as its field writes it (``47 CFR 64.1200(c)(1)``).
        certainty: How well it is known.
        verified_on: When somebody last looked; None where nobody says.
    """

    cite: str
    certainty: Certainty
    verified_on: date | None = None
