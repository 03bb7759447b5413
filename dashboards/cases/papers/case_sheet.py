"""What stands on the sheet of a case, in one language, made of what the desk shows; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from citybrain.cases.records import Case
from citybrain.floor.text import Text
from dashboards.cases.case_book import SOURCES, CaseBook
from dashboards.cases.papers.export_rows import ORIGINS

Say = Callable[[Text], str]
_HOUR_S, _MINUTE_S = 3600, 60
_TITLE = Text("办件单", "Case sheet")
_WORDS = {
    "stages": Text("环节", "Stages"),
    "clocks": Text("时限及计时说明", "Time limits, and what counted"),
    "history": Text("办理经过", "History"),
}
_SIGNATURES = (
    Text("经办人", "Handled by"),
    Text("日期", "Date"),
    Text("单位负责人", "Head of the unit"),
    Text("单位盖章", "Seal"),
)
_AWAY = Text("数据库无应答，经过暂缺", "the store does not answer: without the history")
_RATED = Text("星", "of 5")
_NUMBER, _PRINTED = Text("编号", "No."), Text("打印于", "printed")
_TEXT, _ANSWER = Text("内容", "Text"), Text("答复", "Answer")
_USED_UP, _DUE = Text("用尽于", "used up"), Text("截止", "due")
_MADE_UP = Text("数据，非真实案件", " data: no real case")


def sheet_of(
    case: Case, shown: Mapping[str, Any], book: CaseBook, now: datetime, *, english: bool
) -> dict[str, Any]:
    """Return what `sheet_pdf` sets.

    Args:
        case: the case.
        shown: what the desk shows of it (`CaseService.case`).
        book: what everything is called.
        now: the present.
        english: whether it speaks English, else Chinese.
    """
    return _Sheet(case, shown, book, english).made(now)


class _Sheet:
    """Says one case in one language."""

    def __init__(self, case: Case, shown: Mapping[str, Any], book: CaseBook, english: bool) -> None:
        self._case, self._shown, self._book = case, shown, book
        self._side = 1 if english else 0
        self._zone = ZoneInfo(book.engine.setup.city.time_zone)

    def made(self, now: datetime) -> dict[str, Any]:
        city, case = self._book.engine.setup.city, self._case
        mark = ""
        if case.origin != "live":
            mark = self._say(ORIGINS[case.origin]) + self._say(_MADE_UP)
        return {
            "lang": "en" if self._side else "zh",
            "title": f"{self._say(city.title)} {self._say(_TITLE)}".strip(),
            "number": f"{self._say(_NUMBER)} {case.number}",
            "printed": f"{self._say(_PRINTED)} {self._at(now)}",
            "footer": f"{case.number} · {self._say(_TITLE)}",
            "mark": mark,
            "facts": self._facts(),
            "texts": [
                [self._say(name), text]
                for name, text in ((_TEXT, f"{case.title}\n{case.text}"), (_ANSWER, case.answer))
                if text
            ],
            "words": {name: self._say(text) for name, text in _WORDS.items()},
            "stages": [
                {"title": self._say(self._book.stage(case, one)), "now": one == case.stage}
                for one in self._shown["visited"]
            ],
            "clocks": [self._clock(one) for one in self._shown["clocks"]],
            "history": self._history(),
            "signatures": [self._say(one) for one in _SIGNATURES],
        }

    def _facts(self) -> list[list[str]]:
        case, areas = self._case, self._book.engine.setup.city.areas
        known = [areas[case.area[:n]] for n in (6, 9, 12, 15) if case.area[:n] in areas]
        places = dict.fromkeys(self._say(one.title) for one in known)
        flow = self._book.flow(case)
        closed = case.legs[-1].closed_at
        facts = [
            (Text("类型", "kind"), self._say(self._book.kind(case.kind))),
            (Text("流程", "workflow"), self._say(flow.definition.title) if flow else case.workflow),
            (Text("地点", "place"), (", " if self._side else "").join(places) or case.area),
            (Text("来源", "source"), self._say(SOURCES[case.source])),
            (Text("单位", "unit"), self._say(self._book.unit(case.handler or case.unit))),
            (Text("经办人", "person"), str(self._shown["case"].get("who", ""))),
            (Text("立案", "opened"), self._at(case.opened_at)),
            (Text("办结", "closed"), self._at(closed) if closed else "–"),
            (Text("状态", "state"), self._say(self._book.state(case))),
            (
                Text("评价", "rating"),
                f"{case.rating} {self._say(_RATED)}" if case.rating else "–",
            ),
        ]
        return [[self._say(name), value] for name, value in facts]

    def _clock(self, one: Mapping[str, Any]) -> dict[str, Any]:
        words = [self._pick(one["allowed"]), self._pick(one["state_title"])]
        for name, instant in ((_USED_UP, one["breached"]), (_DUE, one["due"])):
            words += [f"{self._say(name)} {self._ms(instant)}"] if instant else []
        return {
            "title": self._pick(one["title"]),
            "used": f"{_counted(one['used_s'])} / {_counted(one['allowed_s'])}",
            "state": " · ".join([*filter(None, words), *filter(None, [one["source"]])]),
            "spans": [
                [
                    self._ms(span["from"]),
                    self._ms(span["until"]),
                    _counted(span["counted_s"]),
                    " · ".join(filter(None, map(self._pick, (span["why"], span["given"])))),
                ]
                for span in one["spans"]
            ],
        }

    def _history(self) -> list[dict[str, str]]:
        if self._shown["history"] is None:
            return [{"at": "", "what": "", "who": self._say(_AWAY), "facts": "", "comment": ""}]
        return [
            {
                "at": self._ms(line["at"]),
                "what": self._pick(line["words"]),
                "who": " ".join(filter(None, (self._pick(line["by"]), self._pick(line["role"])))),
                "facts": " · ".join(
                    f"{self._pick(name)} {self._pick(value)}" for name, value in line["facts"]
                ),
                "comment": line["comment"],
            }
            for line in self._shown["history"]
        ]

    def _say(self, text: Text) -> str:
        return text.en if self._side else text.zh

    def _pick(self, pair: Sequence[str] | None) -> str:
        return pair[self._side] if pair else ""

    def _ms(self, instant: int) -> str:
        return self._at(datetime.fromtimestamp(instant / 1000, UTC))

    def _at(self, instant: datetime) -> str:
        return instant.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")


def _counted(seconds: int) -> str:
    hours, rest = divmod(seconds, _HOUR_S)
    return f"{hours}:{rest // _MINUTE_S:02}:{rest % _MINUTE_S:02}"
