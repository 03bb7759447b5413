"""A text in both languages of the screens; what people are told is one of these until the edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]
ZH: Language = "zh"
EN: Language = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """One thing said in Chinese and in English; "" where it is not said."""

    zh: str
    en: str

    def said(self, language: Language) -> str:
        """Return it in `language`."""
        return self.zh if language == ZH else self.en

    def both(self) -> list[str]:
        """Return [Chinese, English], each standing in for the other where it is missing."""
        return [self.zh or self.en, self.en or self.zh]


NOTHING = Text("", "")
