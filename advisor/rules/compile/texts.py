"""Texts with placeholders: every name in one must be a fact, and nothing in one may press."""

from __future__ import annotations

from collections.abc import Collection

from advisor.rules.compile.context import Context
from advisor.rules.compile.shape import Fields
from advisor.rules.phrases import pressure
from advisor.rules.source import Mark, shown
from advisor.rules.texts import Text


def spoken(
    fields: Fields,
    key: str,
    context: Context,
    *,
    facts: Collection[str] | None = None,
    heard: bool = True,
) -> Text | None:
    """Compile the text at a key.

    Args:
        fields: The mapping.
        key: Where the text stands.
        context: The pack so far.
        facts: Names that it may use; by default all of the catalogue.
        heard: Whether the customer hears it, so that it may not press.

    Returns:
        The text; None where there is none, or a wrong one.
    """
    text = fields.spoken(key)
    node = fields.node(key)
    if text is None or node is None:
        return None
    names = context.catalogue.facts.keys() if facts is None else facts
    for name in text.facts:
        if name not in names:
            context.problems.error(
                node.mark,
                "unknown-fact",
                f"{{{name}}} in a text",
                "the name of a fact",
                near=(name, names),
            )
    if heard:
        press(str(text), node.mark, context)
    return text


def press(text: str, mark: Mark, context: Context) -> None:
    """Warn of a phrase that presses (000-01, 004-15)."""
    phrase = pressure(text)
    if phrase is not None:
        context.problems.warning(
            mark, "pressure", f"the phrase {shown(phrase)}", "words that leave the customer free"
        )
