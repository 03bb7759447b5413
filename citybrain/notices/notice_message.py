"""Notices for one receiver packed into one message; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from citybrain.floor.levels import RANKS
from citybrain.floor.origin import origin_of_world, origin_rank
from citybrain.floor.text import Text
from citybrain.notices import templates
from citybrain.notices.records import Notice

MOST_LINES = 20
"""Alerts that a text lists one by one; a chat message takes a few thousand characters."""
DIGEST_DIGITS = 32


@dataclass(frozen=True)
class NoticeMessage:
    """What is sent at once.

    Attributes:
        receiver: whose it is.
        notices: all that it tells, oldest first.
        title, body: in the language of the receiver.
    """

    receiver: str
    notices: tuple[Notice, ...]
    title: str
    body: str

    @property
    def key(self) -> str:
        """Idempotency key: the notice's own, or what follows from the keys of all of them."""
        if len(self.notices) == 1:
            return self.notices[0].key
        joined = "\n".join(sorted(notice.key for notice in self.notices))
        return "digest:" + hashlib.sha256(joined.encode()).hexdigest()[:DIGEST_DIGITS]

    @property
    def told(self) -> tuple[Notice, ...]:
        """The newest notice about each alert: who is late hears how it stands now."""
        return newest(self.notices)


def pack(receiver: str, notices: Sequence[Notice], language: str) -> NoticeMessage:
    """Return one message of at least one notice."""
    told = newest(notices)
    if len(told) == 1:
        title, body = told[0].title, told[0].body
    else:
        title, body = _digest(told)
    return NoticeMessage(
        receiver, tuple(notices), one_line(spoken(title, language, " / ")), spoken(body, language)
    )


def newest(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """Return of each alert only the last notice."""
    return tuple({notice.alert or notice.key: notice for notice in notices}.values())


def spoken(text: Text, language: str, between: str = "\n\n") -> str:
    """Return `text` in a language, or in both."""
    both = {"zh": (text.zh,), "en": (text.en,)}.get(language, (text.zh, text.en))
    return between.join(dict.fromkeys(part for part in both if part))


def one_line(text: str) -> str:
    """Return `text` as one line: it becomes the subject of a mail."""
    return " ".join(text.split())


def _digest(told: Sequence[Notice]) -> tuple[Text, Text]:
    ranked = sorted(told, key=lambda one: (origin_rank(one.world), -RANKS[one.level]))
    first = origin_of_world(ranked[0].world)
    title = templates.digest_title(len(told), ranked[0].level, first)
    listed, more = ranked[:MOST_LINES], len(ranked) - MOST_LINES
    zh = [f"{number}. {notice.title.zh}" for number, notice in enumerate(listed, 1)]
    en = [f"{number}. {notice.title.en}" for number, notice in enumerate(listed, 1)]
    if more > 0:
        zh.append(f"……另有 {more} 条，见值班台")
        en.append(f"… and {more} more, see the duty desk")
    return title, Text("\n".join(zh), "\n".join(en))
