"""Never ask for a secret: finds texts that ask a customer for a PIN, password, code or card number.

Speaking of a secret is allowed ("Do you have your PIN? Don't tell me."); asking for its value is
not, whoever wrote the rule. English is understood sentence by sentence; in other languages an ask
that as much as names one of the international words is refused.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from advisor.facts.vocabulary import ItemKind

_NOUN: Final = (
    r"(?:p\.?i\.?n\.?(?:\s?(?:number|code))?|pins|pass\s?-?words?|pass\s?-?codes?|pass\s?phrases?"
    r"|secret\s(?:word|code|answer|number)s?"
    r"|(?:security|verification|authentication|authorisation|authorization|confirmation|access"
    r"|one[\s-]?time|sms|text|log-?in|sign-?in)\s?(?:code|number|password|passcode)s?"
    r"|otps?|cvv2?|cvc2?|cv2|csc|card\sverification\s(?:value|code|number)"
    r"|(?:three|four|3|4)[\s-]?digits?(?:\s(?:code|number))?\son\sthe\s(?:back|front|reverse)"
    r"|code\s(?:that\s)?(?:we|i)(?:'ve|\shave)?(?:\sjust)?\s(?:sent|texted|messaged)"
    r"|code\s(?:that\s)?you(?:'ve|\shave)?(?:\sjust)?\s(?:got|received|been\ssent)"
    r"|(?:full|long|whole|entire|complete|your|the)\s(?:credit\s|debit\s|bank\s)?card\snumber"
    r"|long\snumber|(?:16|sixteen)[\s-]?digits?)"
)
_SECRET: Final = re.compile(rf"(?<![\w-]){_NOUN}(?!\w)")

#: Only part of a number is asked for; that is no secret.
_PART: Final = re.compile(r"\b(?:last|final)\s(?:two|three|four|2|3|4)\s(?:digits|numbers)\sof\s$")

_ME: Final = r"(?:to\s)?(?:me|us)"
_DEMAND: Final = re.compile(
    r"\b(?:"
    rf"(?:tell|give|send|read|show|lend|remind|text|email|pass)\s{_ME}\b"
    r"|read\sout|read\soff|say\b(?=\s(?:your|the|it|me|out))|spell\b|repeat\b|quote\b|state\b"
    r"|confirm\b|verify\b|validate\b|provide\b|supply\b|disclose\b|share\b"
    rf"|let\s{_ME}\s(?:have|know)"
    r"|(?:can|could|may|might|shall|must)\s(?:i|we)\s(?:please\s|just\s|now\s)*"
    r"(?:have|take|get|know|see|hear|ask)"
    r"|(?:i|we)(?:'ll|\swill|'d|\swould)?\s(?:just\s|also\s|only\s|now\s)*"
    r"(?:need|require|want|like|must\shave|have\sto\s(?:have|ask)|am\sasking|ask)\b"
    r"|what(?:'s|\sis|\sare|\swas|\swere)|which\s(?:is|are)"
    r"|(?:please|now|then|and|first|,|;|:|^)\s?(?:ask|get|take|collect|obtain|request|note|record)\b"
    r"|(?:please|now|then|and|,|^)\s?(?:tell|give|say|read|type|key|enter)\b"
    r"(?=.*\b(?:now|here|please|for\sme|keypad|handset|to\sme|aloud|out\sloud)\b)"
    r")"
)
_NEGATED: Final = re.compile(
    r"\b(?:never|not|nobody|no\sone|nothing|without|no\sneed|nor|neither|avoid|refuse|cannot"
    r"|instead\sof|rather\sthan|no)\b|n't\b"
)
#: What turns a demand for the secret into a question about having it, or into help.
_ABOUT: Final = re.compile(
    r"\b(?:whether|if|that\syou|when|once|how|where|you\s(?:have|got|know|remember|received|can|do"
    r"|did|still|already|use)|you've|to\s(?:send|order|resend|post|check|help)|a\snew|another"
    r"|about|arrived|works?)\b"
)
_CLAUSE: Final = re.compile(r"[,;:]|\sbut\s")
_SENTENCE: Final = re.compile(r"(?<=[.?!;])\s+|\n+")
_BARE: Final = re.compile(
    rf"^\W*(?:(?:and|so|now|then|with|first|next)\W+)*(?:(?:your|the|a)\s)?{_NOUN}"
    r"(?:\W+please\W*|\s*\?\W*)$"
)
_IT: Final = re.compile(r"\b(?:it|them|that|those|this)\b(?!\s(?:arrives?|comes?|works?|happens?))")
#: How far behind a demand the thing demanded may stand, in characters.
_REACH: Final = 80

_INTERNATIONAL: Final = re.compile(
    r"(?<![\w-])(?:pin|nip|cvv2?|cvc2?|otp|tan|m-?tan|password|passwort|kennwort|mot\sde\spasse"
    r"|contrase(?:ñ|n)a|parola|senha|code\ssecret|geheimzahl)(?!\w)"
)


_SPACES: Final = re.compile(r"[^\S\n]+")


def asks_for_secret(text: str, kind: ItemKind, locale: str = "en") -> bool:
    """Tell whether a text asks for the value of something that must never be asked.

    Args:
        text: Ready to be shown, facts filled in.
        kind: What the text is for; what to avoid may name anything.
        locale: BCP 47 tag of its language.
    """
    if kind is ItemKind.AVOID:
        return False
    plain = _plain(text)
    if kind is ItemKind.ASK and not locale.lower().startswith("en"):
        return _INTERNATIONAL.search(plain) is not None or _asks(plain)
    return _asks(plain)


@lru_cache(maxsize=8192)
def pack_asks_for_secret(text: str, kind: ItemKind, locale: str) -> bool:
    """Tell the same of a text in which nothing but the pack's own words stands.

    It is judged once, not once a call. Texts with facts in them are not kept: they may hold what
    a customer is called.
    """
    return asks_for_secret(text, kind, locale)


def _plain(text: str) -> str:
    """Take away what could hide a word: case, look-alike forms, typographic marks, odd spaces."""
    if text.isascii() and text.isprintable():
        return _SPACES.sub(" ", text.lower()).strip()
    if text.isascii():
        return re.sub(r"[^\S\n]+", " ", text.lower()).strip()
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    visible = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    return _SPACES.sub(" ", visible).strip()


def _asks(plain: str) -> bool:
    if _SECRET.search(plain) is None:
        return False
    spoken_of = False
    for sentence in _SENTENCE.split(plain):
        named = [found.start() for found in _SECRET.finditer(sentence) if _whole(sentence, found)]
        if named and (_BARE.match(sentence) or _demands(sentence, named)):
            return True
        if spoken_of and not named:
            pronouns = [found.start() for found in _IT.finditer(sentence)]
            if _demands(sentence, pronouns):
                return True
        spoken_of = spoken_of or bool(named)
    return False


def _whole(sentence: str, found: re.Match[str]) -> bool:
    return _PART.search(sentence, 0, found.start()) is None


def _demands(sentence: str, places: list[int]) -> bool:
    """Tell whether some demand in a sentence reaches one of the places, not negated."""
    for demand in _DEMAND.finditer(sentence):
        clauses = _CLAUSE.split(sentence[: demand.start()])
        if _NEGATED.search(clauses[-1]):
            continue
        for place in places:
            between = sentence[demand.end() : place]
            if (
                demand.end() <= place <= demand.end() + _REACH
                and not _NEGATED.search(between)
                and not _ABOUT.search(between)
            ):
                return True
    return False
