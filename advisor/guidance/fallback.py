"""Words that are always true, for what a pack has no words for: better than a silence."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from advisor.facts.vocabulary import Benefit, Force, ItemKind, Stage
from advisor.guidance.decision import Guidance

#: The id of the item that holds them.
ID: Final = "guard/fallback"

#: By language. They tell nothing, ask nothing and promise nothing.
_WORDS: Final = MappingProxyType(
    {
        "de": "Danke, dass Sie mir das sagen. Ich höre Ihnen zu.",
        "en": "Thank you for telling me. I'm listening.",
        "es": "Gracias por decírmelo. Le escucho.",
        "fr": "Merci de me le dire. Je vous écoute.",
        "it": "Grazie per avermelo detto. La ascolto.",
        "nl": "Dank u dat u dat zegt. Ik luister.",
        "pt": "Obrigado por me dizer. Estou a ouvir.",
    }
)


def fallback(locale: str, stage: Stage) -> Guidance:
    """Return them in the language of a locale; in English where there are none."""
    language = locale.replace("_", "-").partition("-")[0].lower()
    return Guidance(
        id=ID,
        kind=ItemKind.SAY,
        force=Force.SHOULD,
        text=_WORDS.get(language, _WORDS["en"]),
        because="No rule has words for this, and a silence is the worst answer.",
        rule=ID,
        stage=stage,
        benefit=Benefit.CUSTOMER,
    )
