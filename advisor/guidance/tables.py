"""The tables that decide: what may be said to whom, what may be asked of whom.

They are the advisor's own and no pack can widen them; a pack may only lower a budget or a rung.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from advisor.engagement.card import TrustTier
from advisor.facts.values import Tell
from advisor.facts.vocabulary import (
    Ask,
    Disclosure,
    Establishes,
    ItemKind,
    ReasonCode,
    Sensitivity,
    Verification,
    VerificationMethod,
)

#: The highest disclosure by the purpose's sensitivity and what the customer has shown.
HIGHEST: Final = MappingProxyType(
    {
        (Sensitivity.OPEN, Verification.NONE): Disclosure.STATEMENT,
        (Sensitivity.OPEN, Verification.CLAIMED): Disclosure.ACCOUNT,
        (Sensitivity.OPEN, Verification.VERIFIED): Disclosure.ACCOUNT,
        (Sensitivity.OPEN, Verification.STRONG): Disclosure.SENSITIVE,
        (Sensitivity.PERSONAL, Verification.NONE): Disclosure.HEADLINE,
        (Sensitivity.PERSONAL, Verification.CLAIMED): Disclosure.STATEMENT,
        (Sensitivity.PERSONAL, Verification.VERIFIED): Disclosure.SENSITIVE,
        (Sensitivity.PERSONAL, Verification.STRONG): Disclosure.SENSITIVE,
        (Sensitivity.CONFIDENTIAL, Verification.NONE): Disclosure.BOUND,
        (Sensitivity.CONFIDENTIAL, Verification.CLAIMED): Disclosure.BOUND,
        (Sensitivity.CONFIDENTIAL, Verification.VERIFIED): Disclosure.SENSITIVE,
        (Sensitivity.CONFIDENTIAL, Verification.STRONG): Disclosure.SENSITIVE,
    }
)

#: The most that a machine or a third party may ever hear, by the purpose's sensitivity.
OVERHEARD: Final = MappingProxyType(
    {
        Sensitivity.OPEN: Disclosure.HEADLINE,
        Sensitivity.PERSONAL: Disclosure.HEADLINE,
        Sensitivity.CONFIDENTIAL: Disclosure.BOUND,
    }
)

#: Words of `call.answered_by` for those who are not the customer.
MACHINE: Final = "machine"
THIRD_PARTY: Final = "third_party"

#: What telling a fact discloses, and what the customer must have shown before it is told. Both
#: this and the table of the purpose must allow it.
TELLING: Final = MappingProxyType(
    {
        Tell.ANYONE: (Disclosure.NAME, Verification.NONE),
        Tell.CLAIMED: (Disclosure.ACCOUNT, Verification.CLAIMED),
        Tell.VERIFIED: (Disclosure.SENSITIVE, Verification.VERIFIED),
        Tell.STRONG: (Disclosure.SENSITIVE, Verification.STRONG),
    }
)

#: A brand that gives the subject away is named only to someone who has said who they are.
SENSITIVE_BRAND: Final = (Disclosure.BOUND, Verification.CLAIMED)

#: How many guarded things may be asked in one call, by the tier of trust. Zero for the least.
ASKS_A_CALL: Final = MappingProxyType(
    {
        TrustTier.LOW: 0,
        TrustTier.GUARDED: 1,
        TrustTier.UNKNOWN: 2,
        TrustTier.NEUTRAL: 2,
        TrustTier.WARM: 3,
        TrustTier.FULL: 4,
    }
)

#: Tiers at which an item that serves only the company is not shown.
NOT_FOR_THE_COMPANY_ALONE: Final = frozenset({TrustTier.LOW, TrustTier.GUARDED})

#: Asks that cost budget, the least sensitive first; all others are courtesies.
GUARDED_ASKS: Final = (
    Ask.CONFIRMATION,
    Ask.NAME,
    Ask.FEEDBACK,
    Ask.PARTICIPATION,
    Ask.CONSENT,
    Ask.REFERRAL,
    Ask.DATA,
    Ask.IDENTITY,
)

#: How sensitive an ask is; 0 for a courtesy.
ASK_SENSITIVITY: Final = MappingProxyType(
    {ask: GUARDED_ASKS.index(ask) + 1 if ask in GUARDED_ASKS else 0 for ask in Ask}
)

#: What each way of showing who one is shows.
METHODS: Final = MappingProxyType(
    {
        VerificationMethod.IN_APP_APPROVAL: Verification.VERIFIED,
        VerificationMethod.CUSTOMER_RANG_CARD_NUMBER: Verification.VERIFIED,
        VerificationMethod.CODE_WORD: Verification.VERIFIED,
        VerificationMethod.CALL_REFERENCE_ECHO: Verification.VERIFIED,
        VerificationMethod.ONE_TIME_CODE_IN_APP: Verification.VERIFIED,
        VerificationMethod.KBA_LOW: Verification.VERIFIED,
        VerificationMethod.KBA_STRONG: Verification.STRONG,
        VerificationMethod.VOICE_BIOMETRIC: Verification.STRONG,
    }
)

#: What no customer is ever asked for, as `do_not_ask` words.
SECRETS: Final = ("pin", "password", "security_code", "one_time_code", "full_card_number")

#: Kinds whose text the customer hears; the rest is for the agent's eyes.
SPOKEN: Final = frozenset(
    {ItemKind.SAY, ItemKind.ASK, ItemKind.LISTEN, ItemKind.OFFER, ItemKind.CLOSE}
)

#: What an item that establishes one of these has said, whatever its words.
ESTABLISHED: Final = MappingProxyType(
    {
        Establishes.BOUND: Disclosure.BOUND,
        Establishes.HEADLINE: Disclosure.HEADLINE,
        Establishes.STATEMENT: Disclosure.STATEMENT,
    }
)

#: Disclosure from which on identity may be asked: a headline, or the bound in its place.
ENOUGH_TO_ASK: Final = Disclosure.BOUND

#: Items that a brief may hold.
BRIEF: Final = 3


def highest(
    sensitivity: Sensitivity, verification: Verification, answered_by: str | None = None
) -> Disclosure:
    """Return the most that may be said.

    Args:
        sensitivity: Of the purpose.
        verification: What the customer has shown.
        answered_by: Who is listening; a machine or a third party hears a headline at most,
            whatever the customer has shown before.
    """
    if answered_by in {MACHINE, THIRD_PARTY}:
        return OVERHEARD[sensitivity]
    return HIGHEST[sensitivity, verification]


def allowed_asks(tier: TrustTier, lowered: Mapping[str, int]) -> int:
    """Return how many guarded asks one call may make.

    Args:
        tier: The customer's tier of trust.
        lowered: What a pack says, by the word of the tier. It counts only where it is lower, and
            for all tiers below as well: less trust never allows more asks.
    """
    counts = tier.counts_as
    return max(
        0,
        min(
            min(asks, lowered.get(each.word, asks))
            for each, asks in ASKS_A_CALL.items()
            if each.counts_as >= counts
        ),
    )


#: Reasons about the moment, not about the call: a call that rings already goes on as it is.
OF_THE_MOMENT: Final = frozenset(
    {
        ReasonCode.OUTSIDE_LEGAL_WINDOW,
        ReasonCode.OUTSIDE_COMPANY_WINDOW,
        ReasonCode.ZONE_AMBIGUOUS,
        ReasonCode.PUBLIC_HOLIDAY,
        ReasonCode.CUSTOMER_QUIET_TIME,
        ReasonCode.FREQUENCY_CAP,
        ReasonCode.POST_CONVERSATION_WAIT,
        ReasonCode.CONTEXT_STALE,
        ReasonCode.PROMISE_DUE_ELSEWHERE,
    }
)

#: What may still be asked and offered in a call that should not have been made, and is on the line:
#: what serves the customer, and ends it well.
STILL_ASKED: Final = frozenset({Ask.PERSON, Ask.TIME})
STILL_OFFERED: Final = frozenset({"callback", "message", "letter", "human"})
