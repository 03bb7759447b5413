"""Why something is so, or is refused: a code with arguments; put into words at the edge alone.

Who decides returns a `Reason`; it travels and is kept as data. A screen, a command line or a
channel puts it into words by the `Phrases` of the subject that the code belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from citybrain.floor.text import EN, ZH, Language, Text

Terms = Mapping[str, Mapping[str, Text]]
"""Name of an argument → value → what that value is called."""


class Reason(msgspec.Struct, frozen=True):
    """One reason.

    Attributes:
        code: snake_case, one of the keys of its subject's phrases.
        arguments: what the phrase names: ids, numbers and instants as text, never sentences.
    """

    code: str
    arguments: dict[str, str] = {}


class Phrases:
    """The words of one subject's reasons.

    Attributes:
        phrases: code → template.
        terms: argument → value → what the value is called.
    """

    def __init__(self, phrases: Mapping[str, Text], terms: Terms | None = None) -> None:
        """Say `phrases`: code → template, in which ``{argument}`` stands for an argument.

        Args:
            phrases: the templates.
            terms: what values of arguments are called; one that is not in it stands as it is. Of
                several, with commas between, each is said.
        """
        self.phrases, self.terms = dict(phrases), dict(terms or {})

    @property
    def codes(self) -> frozenset[str]:
        """All codes that have words."""
        return frozenset(self.phrases)

    def joined(self, *others: Phrases) -> Phrases:
        """Return these phrases and those of `others`; a code is said by the first that has it."""
        phrases, terms = dict(self.phrases), dict(self.terms)
        for other in others:
            phrases = {**other.phrases, **phrases}
            terms = {**other.terms, **terms}
        return Phrases(phrases, terms)

    def say(self, reason: Reason) -> Text:
        """Return `reason` in words; one of an unknown code is said as it is written."""
        template = self.phrases.get(reason.code)
        if template is None:
            told = ", ".join([reason.code, *(f"{k}={v}" for k, v in reason.arguments.items())])
            return Text(told, told)
        return Text(*(self._said(template, reason, language) for language in (ZH, EN)))

    def _said(self, template: Text, reason: Reason, language: Language) -> str:
        named = {
            name: _called(self.terms.get(name, {}), value, language)
            for name, value in reason.arguments.items()
        }
        return template.said(language).format_map(_Named(named))


def _called(terms: Mapping[str, Text], value: str, language: Language) -> str:
    parts = [value] if value in terms else value.split(",")
    if not any(part in terms for part in parts):
        return value
    between = "、" if language == ZH else ", "
    return between.join(terms[part].said(language) if part in terms else part for part in parts)


class _Named(dict[str, str]):
    """Arguments by name; one that the reason lacks is said as a gap, and raises nothing."""

    def __missing__(self, name: str) -> Any:
        return "?"
