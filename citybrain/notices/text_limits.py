"""How much a service takes as one message, and what is said within that; pure.

A digest ends at a whole notice and says how many more there are; a single notice ends at a whole
character and says that it is cut. Both name the duty desk, where all of it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from citybrain.floor.text import Text
from citybrain.floor.wire_text import plain_text, wire_json
from citybrain.notices.notice_message import MOST_LINES, NoticeMessage, one_line, spoken

_CUT = Text("……（过长，已截断）", "… (cut: too long)")
_ELLIPSIS = "…"


def utf8_bytes(text: str) -> int:
    """Return how many bytes `text` takes in UTF-8."""
    return len(text.encode())


def json_bytes(text: str) -> int:
    """Return how many bytes `text` takes within a JSON string, without its quotes."""
    return len(wire_json(text)) - 2


@dataclass(frozen=True)
class TextLimit:
    """What a service takes at most.

    Attributes:
        most: the figure.
        size: what it counts: characters (`len`), `utf8_bytes`, `json_bytes`; grows with the text.
    """

    most: int
    size: Callable[[str], int] = len

    def holds(self, text: str) -> bool:
        """Whether all of `text` may be sent."""
        return self.size(text) <= self.most

    def cut(self, text: str, tail: str = _ELLIPSIS) -> str:
        """Return `text`, or as many whole characters of it as fit before `tail`.

        A tail that does not fit itself is left out.
        """
        if self.holds(text):
            return text
        tail = tail if self.holds(tail) else ""
        low, high = 0, min(len(text), self.most)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.holds(text[:middle] + tail) else (low, middle - 1)
        return text[:low] + tail

    def less(self, taken: int) -> TextLimit:
        """Return the limit of what may stand beside a text of size `taken`."""
        return replace(self, most=max(0, self.most - taken))

    def halved(self, times: int) -> TextLimit:
        """Return a limit of half as much, `times` over: the service found it too long."""
        return replace(self, most=self.most >> times)


def fitted(message: NoticeMessage, limit: TextLimit) -> str:
    """Return heading and text of `message` as one text that `limit` holds."""
    return _fitted(message, plain_text(message.title), limit.halved(message.halvings))


def fitted_body(message: NoticeMessage, limit: TextLimit) -> str:
    """Return the text of `message` alone so that `limit` holds it; the heading goes elsewhere."""
    return _fitted(message, "", limit.halved(message.halvings))


def _fitted(message: NoticeMessage, title: str, limit: TextLimit) -> str:
    head = f"{title}\n" if title else ""
    whole = head + plain_text(message.body)
    return whole if limit.holds(whole) else _shortened(message, title, limit)


def _shortened(message: NoticeMessage, title: str, limit: TextLimit) -> str:
    head = f"{limit.halved(1).cut(title)}\n" if title else ""
    if len(message.told) > 1:
        for lines in range(min(MOST_LINES, len(message.told)), 0, -1):
            text = head + plain_text(message.digest(lines))
            if limit.holds(text):
                return text
    rest = limit.less(limit.size(head))
    mark = one_line(spoken(_CUT, message.language, " "))
    link = f"\n{message.link}" if message.link else ""
    tails = (f"{mark}{link}", mark, _ELLIPSIS)
    tail = next((tail for tail in tails if rest.halved(1).holds(tail)), "")
    return (head + rest.cut(plain_text(message.body), tail)).rstrip("\n")
