"""Notices for one receiver packed into one message; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from citybrain.floor.levels import RANKS
from citybrain.floor.origins import origin_of_world, origin_rank
from citybrain.floor.text import Text
from citybrain.notices import templates
from citybrain.notices.records import Notice
from citybrain.notices.routing import Names

MOST_LINES = 20
"""Alerts that a text lists one by one; a chat message takes a few thousand characters."""
MOST_IN_LINE = 200
"""Characters of a heading in a list: one that runs on hides the others."""
MOST_HALVINGS = 4
DIGEST_DIGITS = 32


@dataclass(frozen=True)
class NoticeMessage:
    """What is sent at once.

    Attributes:
        receiver: whose it is.
        notices: all that it tells, oldest first.
        title, body: in the language of the receiver.
        language: ``zh``, ``en`` or ``both``.
        desk_url: address of the duty desk, "" where none is known.
        halvings: how often the receiver's service found it too long; it is cut to half each time.
    """

    receiver: str
    notices: tuple[Notice, ...]
    title: str
    body: str
    language: str = "both"
    desk_url: str = ""
    halvings: int = 0

    @property
    def key(self) -> str:
        """Idempotency key: the notice's own, or what follows from the keys of all of them."""
        if len(self.notices) == 1:
            return self.notices[0].key
        joined = "\n".join(sorted(notice.key for notice in self.notices))
        return (
            "digest:" + hashlib.sha256(joined.encode(errors="replace")).hexdigest()[:DIGEST_DIGITS]
        )

    @property
    def told(self) -> tuple[Notice, ...]:
        """The newest notice about each alert: who is late hears how it stands now."""
        return newest(self.notices)

    @property
    def link(self) -> str:
        """Where the desk shows what it tells; "" where its address is not known."""
        told = self.told
        names = Names(desk_url=self.desk_url)
        return templates.link(told[0].alert if len(told) == 1 else "", names)

    def digest(self, lines: int) -> str:
        """Return the text of a message about several alerts that lists the highest `lines`."""
        return _listed(self.told, lines, self.language, self.link)

    def shorter(self) -> list[NoticeMessage]:
        """Return what to send instead where its service finds it too long; none: nothing can be.

        Two messages of half the notices each, so that none is lost; of a single one half the text.
        """
        if len(self.told) > 1:
            middle = len(self.notices) // 2
            halves = self.notices[:middle], self.notices[middle:]
            return [pack(self.receiver, half, self.language, self.desk_url) for half in halves]
        again = replace(self, halvings=self.halvings + 1)
        return [again] if self.halvings < MOST_HALVINGS else []


def pack(
    receiver: str, notices: Sequence[Notice], language: str, desk_url: str = ""
) -> NoticeMessage:
    """Return one message of at least one notice."""
    told = newest(notices)
    if len(told) == 1:
        title, body = told[0].title, spoken(told[0].body, language)
    else:
        first = _ranked(told)[0]
        title = templates.digest_title(len(told), first.level, origin_of_world(first.world))
        link = templates.link("", Names(desk_url=desk_url))
        body = _listed(told, MOST_LINES, language, link)
    heading = one_line(spoken(title, language, " / "))
    return NoticeMessage(receiver, tuple(notices), heading, body, language, desk_url)


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


def _listed(told: Sequence[Notice], lines: int, language: str, link: str) -> str:
    """Return the highest of `told`, a line each, how many more there are, and where."""
    ranked = _ranked(told)
    more = len(ranked) - lines
    zh = [f"{number}. {_clipped(one.title.zh)}" for number, one in enumerate(ranked[:lines], 1)]
    en = [f"{number}. {_clipped(one.title.en)}" for number, one in enumerate(ranked[:lines], 1)]
    if more > 0:
        zh.append(f"……还有 {more} 条，见值班台")
        en.append(f"… and {more} more, see the duty desk")
    body = spoken(Text("\n".join(zh), "\n".join(en)), language)
    return f"{body}\n{link}" if link else body


def _ranked(told: Sequence[Notice]) -> list[Notice]:
    """Return what is most real first, of that the highest."""
    return sorted(told, key=lambda one: (origin_rank(one.world), -RANKS[one.level]))


def _clipped(title: str) -> str:
    line = one_line(title)
    return line if len(line) <= MOST_IN_LINE else f"{line[: MOST_IN_LINE - 1]}…"
