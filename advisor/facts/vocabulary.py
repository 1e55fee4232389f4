"""The field's standard terms as enumerations, weakest or earliest first where they have an order.

Values are the lower_snake words that packs use; the contract uses the same words in UPPER_SNAKE.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final


class _Word(IntEnum):
    """An ordered term whose word in packs is its lower-cased name."""

    @property
    def word(self) -> str:
        """The word that packs use for it."""
        return self.name.lower()


class Stage(_Word):
    """Where a call stands, earliest first."""

    PRE_CALL = 0
    RINGING = 1
    ANSWERED = 2
    GREETING = 3
    PERSON_CHECK = 4
    HEADLINE = 5
    TIMING_CHECK = 6
    COMPANY_PROOF = 7
    CUSTOMER_VERIFICATION = 8
    BODY = 9
    COMMITMENT = 10
    RECAP = 11
    CLOSE = 12
    WRAP_UP = 13


class Disclosure(_Word):
    """How much has been said: D0 to D4 of the disclosure ladder.

    BOUND is the honest limit of a confidential purpose ("a personal matter I can only discuss
    with you; here is how to check us"), TOPIC the few words for what a call is about. Both rank
    with HEADLINE for what may be asked next, and reveal less.
    """

    #: D0: agent's name, company if not sensitive.
    NAME = 0
    #: D1 of a confidential purpose.
    BOUND = 1
    #: D1 in a few words, for a machine or a third party.
    TOPIC = 2
    #: D1: true and not sensitive.
    HEADLINE = 3
    #: D2: specific, no account facts.
    STATEMENT = 4
    #: D3: account facts.
    ACCOUNT = 5
    #: D4: debt, health, transactions, complaint content.
    SENSITIVE = 6


class Verification(_Word):
    """What the customer has shown."""

    NONE = 0
    CLAIMED = 1
    VERIFIED = 2
    STRONG = 3


class CompanyProof(_Word):
    """What the company has shown; FAILED is what a customer could not confirm."""

    NONE = 0
    FAILED = 1
    OFFERED = 2
    ACCEPTED = 3


class Sensitivity(_Word):
    """How confidential the subject of a purpose is."""

    OPEN = 0
    PERSONAL = 1
    CONFIDENTIAL = 2


class LegalClass(StrEnum):
    """Which body of law a purpose falls under."""

    SERVICE = "service"
    MARKETING = "marketing"
    COLLECTION = "collection"
    RESEARCH = "research"
    EMERGENCY = "emergency"


class EvaluationClass(StrEnum):
    """How strongly a call must be made, after Pega's classes."""

    MANDATORY = "mandatory"
    TRANSACTIONAL = "transactional"
    DEFAULT = "default"


class PurposeKind(StrEnum):
    """Why a company rings (CallPurpose)."""

    SERVICE_INFORMATION = "service_information"
    SERVICE_ACTION_REQUIRED = "service_action_required"
    PROACTIVE_CARE = "proactive_care"
    APPOINTMENT_REMINDER = "appointment_reminder"
    CALLBACK_PROMISED = "callback_promised"
    FRAUD_ALERT = "fraud_alert"
    SECURITY_CHECK = "security_check"
    COLLECTIONS_EARLY = "collections_early"
    COLLECTIONS_THIRD_PARTY = "collections_third_party"
    PAYMENT_REMINDER = "payment_reminder"
    COMPLAINT_FOLLOW_UP = "complaint_follow_up"
    SERVICE_RECOVERY = "service_recovery"
    RETENTION = "retention"
    MARKETING_NEW = "marketing_new"
    MARKETING_CROSS_SELL = "marketing_cross_sell"
    RENEWAL = "renewal"
    SURVEY_FEEDBACK = "survey_feedback"
    MARKET_RESEARCH = "market_research"
    CO_CREATION_INVITATION = "co_creation_invitation"
    WELCOME_ONBOARDING = "welcome_onboarding"
    WELFARE_CHECK = "welfare_check"
    EMERGENCY_SAFETY = "emergency_safety"
    LEGAL_NOTICE = "legal_notice"


_SERVICE_KINDS = (
    PurposeKind.SERVICE_INFORMATION,
    PurposeKind.SERVICE_ACTION_REQUIRED,
    PurposeKind.PROACTIVE_CARE,
    PurposeKind.APPOINTMENT_REMINDER,
    PurposeKind.CALLBACK_PROMISED,
    PurposeKind.FRAUD_ALERT,
    PurposeKind.SECURITY_CHECK,
    PurposeKind.COMPLAINT_FOLLOW_UP,
    PurposeKind.SERVICE_RECOVERY,
    PurposeKind.CO_CREATION_INVITATION,
    PurposeKind.WELCOME_ONBOARDING,
    PurposeKind.WELFARE_CHECK,
    PurposeKind.LEGAL_NOTICE,
)

#: The legal class each kind of purpose brings; a purpose may only name a stricter one itself.
LEGAL_CLASS: Final = MappingProxyType(
    {
        **dict.fromkeys(_SERVICE_KINDS, LegalClass.SERVICE),
        PurposeKind.COLLECTIONS_EARLY: LegalClass.COLLECTION,
        PurposeKind.COLLECTIONS_THIRD_PARTY: LegalClass.COLLECTION,
        PurposeKind.PAYMENT_REMINDER: LegalClass.COLLECTION,
        PurposeKind.RETENTION: LegalClass.MARKETING,
        PurposeKind.MARKETING_NEW: LegalClass.MARKETING,
        PurposeKind.MARKETING_CROSS_SELL: LegalClass.MARKETING,
        PurposeKind.RENEWAL: LegalClass.MARKETING,
        PurposeKind.SURVEY_FEEDBACK: LegalClass.RESEARCH,
        PurposeKind.MARKET_RESEARCH: LegalClass.RESEARCH,
        PurposeKind.EMERGENCY_SAFETY: LegalClass.EMERGENCY,
    }
)

#: The evaluation class each kind brings; kinds not named are DEFAULT.
EVALUATION_CLASS: Final = MappingProxyType(
    {
        PurposeKind.EMERGENCY_SAFETY: EvaluationClass.MANDATORY,
        PurposeKind.LEGAL_NOTICE: EvaluationClass.MANDATORY,
        PurposeKind.FRAUD_ALERT: EvaluationClass.MANDATORY,
        PurposeKind.SECURITY_CHECK: EvaluationClass.TRANSACTIONAL,
        PurposeKind.SERVICE_INFORMATION: EvaluationClass.TRANSACTIONAL,
        PurposeKind.SERVICE_ACTION_REQUIRED: EvaluationClass.TRANSACTIONAL,
        PurposeKind.CALLBACK_PROMISED: EvaluationClass.TRANSACTIONAL,
        PurposeKind.APPOINTMENT_REMINDER: EvaluationClass.TRANSACTIONAL,
        PurposeKind.COMPLAINT_FOLLOW_UP: EvaluationClass.TRANSACTIONAL,
        PurposeKind.SERVICE_RECOVERY: EvaluationClass.TRANSACTIONAL,
    }
)


class ItemKind(StrEnum):
    """What a guidance item asks the agent to do."""

    KNOW = "know"
    SAY = "say"
    ASK = "ask"
    LISTEN = "listen"
    DO = "do"
    OFFER = "offer"
    AVOID = "avoid"
    STOP = "stop"
    CLOSE = "close"


class Force(_Word):
    """How strongly an item is meant (the ICO's own usage), weakest first."""

    COULD = 0
    SHOULD = 1
    MUST = 2


class Benefit(StrEnum):
    """Whom an item serves."""

    CUSTOMER = "customer"
    BOTH = "both"
    COMPANY = "company"


class Decision(_Word):
    """The verdict on a call, strictest first."""

    BLOCK = 0
    HUMAN_REVIEW = 1
    DEFER = 2
    USE_OTHER_CHANNEL = 3
    ALLOW_WITH_CONDITIONS = 4
    ALLOW = 5


class ReasonCode(StrEnum):
    """Why a call is not simply allowed."""

    OUTSIDE_LEGAL_WINDOW = "outside_legal_window"
    OUTSIDE_COMPANY_WINDOW = "outside_company_window"
    ZONE_AMBIGUOUS = "zone_ambiguous"
    PUBLIC_HOLIDAY = "public_holiday"
    CUSTOMER_QUIET_TIME = "customer_quiet_time"
    FREQUENCY_CAP = "frequency_cap"
    POST_CONVERSATION_WAIT = "post_conversation_wait"
    DNC_NATIONAL = "dnc_national"
    DNC_INTERNAL = "dnc_internal"
    OPTED_OUT_PURPOSE = "opted_out_purpose"
    NO_CONSENT = "no_consent"
    REGISTER_UNCHECKED = "register_unchecked"
    MORATORIUM = "moratorium"
    REPRESENTED = "represented"
    DECEASED = "deceased"
    LITIGATION_HOLD = "litigation_hold"
    REASSIGNED_NUMBER = "reassigned_number"
    SAFE_CONTACT_RESTRICTION = "safe_contact_restriction"
    VULNERABILITY_CARE = "vulnerability_care"
    OPEN_COMPLAINT = "open_complaint"
    COOLING_OFF = "cooling_off"
    NO_RELEVANCE = "no_relevance"
    NO_NEED = "no_need"
    BRAND_UNFIT = "brand_unfit"
    PREFERS_OTHER_CHANNEL = "prefers_other_channel"
    NEGATIVE_TRUST_FORECAST = "negative_trust_forecast"
    CAPACITY_NONE = "capacity_none"
    CONTEXT_STALE = "context_stale"
    PROMISE_DUE_ELSEWHERE = "promise_due_elsewhere"
    WEATHER_HOLD = "weather_hold"


class Relationship(StrEnum):
    """How close the customer is to the company."""

    PROSPECT = "prospect"
    FIRST_CONTACT = "first_contact"
    CUSTOMER = "customer"
    FORMER = "former"


class Suppression(StrEnum):
    """Where a suppression comes from (SuppressionSource)."""

    NATIONAL_REGISTRY = "national_registry"
    STATE_REGISTRY = "state_registry"
    INTERNAL = "internal"
    PURPOSE_OPT_OUT = "purpose_opt_out"
    LITIGATION_HOLD = "litigation_hold"
    DECEASED = "deceased"
    MORATORIUM = "moratorium"
    REPRESENTED = "represented"
    REASSIGNED_NUMBER = "reassigned_number"


class ConsentType(StrEnum):
    """What a customer may consent to."""

    MARKETING_CALL = "marketing_call"
    PRIOR_EXPRESS = "prior_express"
    PRIOR_EXPRESS_WRITTEN = "prior_express_written"
    CONTACT_AT_INCONVENIENT_TIME = "contact_at_inconvenient_time"
    CALLBACK_REQUEST = "callback_request"
    RECORDING = "recording"
    VOICEMAIL = "voicemail"
    THIRD_PARTY_CONTACT = "third_party_contact"
    DATA_USE_PERSONALISATION = "data_use_personalisation"
    RESEARCH = "research"
    CO_CREATION = "co_creation"


class ConsentState(StrEnum):
    """How a consent stands."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NEVER_ASKED = "never_asked"


class Channel(StrEnum):
    """How a company and a customer may reach each other."""

    VOICE_OUTBOUND = "voice_outbound"
    VOICE_INBOUND = "voice_inbound"
    SMS = "sms"
    EMAIL = "email"
    APP_PUSH = "app_push"
    APP_CHAT = "app_chat"
    WEB_CHAT = "web_chat"
    WHATSAPP = "whatsapp"
    LETTER = "letter"
    BRANCH = "branch"
    SOCIAL = "social"


class CompanyProofMethod(StrEnum):
    """How the company can prove itself; caller ID is never proof."""

    APP_CALL_STATUS = "app_call_status"
    PRE_NOTICE_MESSAGE = "pre_notice_message"
    CUSTOMER_CODE_WORD = "customer_code_word"
    NUMBER_ON_CARD = "number_on_card"
    INDUSTRY_SHORT_CODE = "industry_short_code"
    WEB_REFERENCE = "web_reference"
    BRANDED_CALLING = "branded_calling"


class VerificationMethod(StrEnum):
    """How a customer may show who they are, the least intrusive first.

    No other way is ever asked for: the list holds nothing that a swindler could use.
    """

    IN_APP_APPROVAL = "in_app_approval"
    CUSTOMER_RANG_CARD_NUMBER = "customer_rang_card_number"
    CODE_WORD = "code_word"
    CALL_REFERENCE_ECHO = "call_reference_echo"
    ONE_TIME_CODE_IN_APP = "one_time_code_in_app"
    KBA_LOW = "kba_low"
    KBA_STRONG = "kba_strong"
    VOICE_BIOMETRIC = "voice_biometric"


class Ask(StrEnum):
    """What an ask item asks for.

    PERSON, TIME, COMMENT and GOAL are courtesies: they ask for nothing the customer guards, and
    cost no ask budget. The rest do, least sensitive first.
    """

    PERSON = "person"
    TIME = "time"
    COMMENT = "comment"
    GOAL = "goal"
    CONFIRMATION = "confirmation"
    NAME = "name"
    FEEDBACK = "feedback"
    PARTICIPATION = "participation"
    CONSENT = "consent"
    REFERRAL = "referral"
    DATA = "data"
    IDENTITY = "identity"


class Establishes(StrEnum):
    """What saying an item achieves, so that one key ("said, next") reports it."""

    GREETING = "greeting"
    BRAND = "brand"
    PERSON = "person"
    BOUND = "bound"
    HEADLINE = "headline"
    STATEMENT = "statement"
    TIMING = "timing"
    COMPANY_PROOF = "company_proof"
    VERIFICATION = "verification"
    RECAP = "recap"
    CLOSE = "close"
