"""The events of a call, as packs name them (CallEvent)."""

from __future__ import annotations

from typing import Final

#: Events of a call that a reaction may answer (CallEvent), as packs name them.
EVENTS: Final = (
    "agent_assigned",
    "call_placed",
    "connected",
    "machine_detected",
    "person_changed",
    "wrong_number",
    "third_party_answered",
    "person_confirmed",
    "name_mispronounced",
    "name_corrected",
    "brand_stated",
    "headline_stated",
    "purpose_stated",
    "customer_asked_purpose",
    "customer_asked_who",
    "customer_challenged_caller",
    "company_proof_offered",
    "company_proof_accepted",
    "company_proof_failed",
    "agent_asked_identity",
    "identity_given",
    "identity_refused",
    "identity_failed",
    "customer_busy",
    "time_designated_inconvenient",
    "mealtime_cue",
    "driving_cue",
    "annoyance_cue",
    "distress_cue",
    "vulnerability_disclosed",
    "callback_requested",
    "callback_offered",
    "callback_accepted",
    "callback_declined",
    "channel_requested",
    "objection",
    "complaint_raised",
    "compliment_given",
    "feedback_given",
    "goal_stated",
    "data_offered",
    "data_refused",
    "offer_made",
    "offer_accepted",
    "offer_declined",
    "stop_calling_requested",
    "consent_given",
    "consent_withdrawn",
    "recording_objected",
    "language_barrier",
    "transferred",
    "customer_hung_up",
    "agent_hung_up",
    "call_dropped",
    "guidance_shown",
    "guidance_used",
    "guidance_dismissed",
    "guidance_overridden",
    "unscripted",
)

#: Events after which nobody is on the line any more.
ENDS: Final = frozenset({"customer_hung_up", "agent_hung_up", "call_dropped"})

#: Events that the customer does not notice; some happen where nobody has answered.
UNNOTICED: Final = frozenset(
    {
        "agent_assigned",
        "call_placed",
        "guidance_shown",
        "guidance_used",
        "guidance_dismissed",
        "guidance_overridden",
    }
)

#: What the agent says or does; the script goes on after it, so that it has its next words already.
_OWN: Final = frozenset(
    {
        "connected",
        "person_confirmed",
        "brand_stated",
        "headline_stated",
        "purpose_stated",
        "company_proof_offered",
        "company_proof_accepted",
        "identity_given",
        "callback_offered",
        "offer_made",
    }
)

#: Events that leave a silence unless somebody says something. A machine hears no silence, and what
#: may be left on it is for the pack to say.
AWAIT_WORDS: Final = frozenset(EVENTS) - ENDS - UNNOTICED - _OWN - {"machine_detected"}
