"""What a notice says, in Chinese and in English; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from urllib.parse import quote
from zoneinfo import ZoneInfo

from citybrain.alerts.named_subjects import subject_of
from citybrain.alerts.records import Alert, Episode, Evidence
from citybrain.alerts.silence_records import Silence
from citybrain.floor.levels import NUMERALS, TITLES
from citybrain.floor.text import EN, NOTHING, ZH, Language, Text
from citybrain.notices.routing import Names

ORIGIN_MARKS = {
    "exercise": Text("【演练】", "[EXERCISE] "),
    "simulated": Text("【模拟】", "[SIMULATED] "),
    "replay": Text("【回放】", "[REPLAY] "),
    "live": Text("", ""),
}
_PURPOSES = {
    "fired": Text("", ""),
    "raised": Text("级别上升 ", "raised: "),
    "repeated": Text("仍未处置 ", "still open: "),
    "escalated": Text("无人确认 ", "not acknowledged: "),
    "noprogress": Text("确认后无进展 ", "no progress: "),
    "ended": Text("已解除 ", "ended: "),
    "resolved": Text("已处置 ", "resolved: "),
    "revised": Text("已更正撤销 ", "revised, never was: "),
    "reopened": Text("重新打开 ", "reopened: "),
    "assigned": Text("指派给您 ", "assigned to you: "),
    "assignment_declined": Text("指派被退回 ", "assignment declined: "),
    "assignment_overdue": Text("指派逾期未答复 ", "assignment not answered: "),
}
_COMMA, _LISTED = Text("，", ", "), Text("、", ", ")
_MOST_LISTED = 20


def title(alert: Alert, purpose: str, names: Names) -> Text:
    """Return the heading of a notice about `alert`."""
    episode = alert.episode
    mark, what = ORIGIN_MARKS[episode.origin], _PURPOSES.get(purpose, NOTHING)
    level, numeral = TITLES[episode.level], NUMERALS[episode.level]
    place = place_of(episode.area, names)
    return Text(
        f"{mark.zh}【{level.zh}{numeral}级】{what.zh}{episode.title.zh} · {place.zh}",
        f"{mark.en}[{level.en} {numeral}] {what.en}{episode.title.en} · {place.en}",
    )


def body(alert: Alert, names: Names, zone: ZoneInfo, *, instead_of: Text = NOTHING) -> Text:
    """Return the text of a notice about `alert`.

    Args:
        alert: what it is about.
        names: titles of places, feeds and departments.
        zone: the city's, for times.
        instead_of: in an exercise: the receiver that would have been told.
    """
    return Text(
        "\n".join(_lines(alert, names, zone, instead_of, ZH)),
        "\n".join(_lines(alert, names, zone, instead_of, EN)),
    )


def place_of(area: str, names: Names) -> Text:
    """Return the name of an area with those around it; the city where there is none."""
    parts = [names.areas[area[:digits]] for digits in (6, 9, 12, 15) if _known(area, digits, names)]
    if not parts:
        whole = names.city
        return whole if whole and not area else Text(area or "全市", area or "the city")
    return Text("".join(part.zh for part in parts), ", ".join(part.en for part in reversed(parts)))


def person(user: str, names: Names) -> Text:
    """Return what the holder of an account is called; the account's name where nobody knows."""
    return names.people.get(user) or Text(user, user)


def _known(area: str, digits: int, names: Names) -> bool:
    return len(area) >= digits and area[:digits] in names.areas


def _lines(
    alert: Alert, names: Names, zone: ZoneInfo, instead_of: Text, language: Language
) -> list[str]:
    episode = alert.episode
    label = _LABELS[language]
    found = [
        ("", episode.summary.said(language)),
        (label("value"), _numbers(episode.evidence, language)),
        (label("why"), episode.evidence.words.said(language)),
        (label("place"), place_of(episode.area, names).said(language)),
        (label("subject"), subject_of(episode).said(language)),
        (label("time"), _times(episode, zone, language)),
        (label("owner"), person(alert.owner, names).said(language)),
        (label("comment"), alert.comment),
        (label("departments"), _titles(names.departments, episode.departments, language)),
        (label("feeds"), _titles(names.feeds, episode.feeds, language)),
        (label("response"), episode.response.said(language)),
        (label("instead"), instead_of.said(language)),
        (label("link"), link(alert.id, names)),
        (label("rule"), f"{episode.rule} @ {episode.version}"),
    ]
    return [f"{name}{text}" for name, text in found if text]


def link(alert: str, names: Names) -> str:
    """Return the address of an alert on the duty desk, of the desk for ""; "" where unknown."""
    if not names.desk_url:
        return ""
    desk = f"{names.desk_url.rstrip('/')}/desk"
    return f"{desk}?alert={quote(alert)}" if alert else desk


def digest_title(count: int, highest: str, origin: str) -> Text:
    """Return the heading of a message that tells several notices together."""
    mark = ORIGIN_MARKS[origin]
    level, numeral = TITLES[highest], NUMERALS[highest]
    return Text(
        f"{mark.zh}【{level.zh}{numeral}级】汇总：{count} 条预警通知",
        f"{mark.en}[{level.en} {numeral}] digest: {count} notices",
    )


def handover(
    post: Text,
    alerts: Iterable[Alert],
    names: Names,
    beside: Mapping[str, int] = MappingProxyType({}),
) -> tuple[Text, Text]:
    """Return heading and text of what a person gets who goes on duty at `post`.

    Args:
        post: its title.
        alerts: what is open and counted, gravest first.
        names: titles.
        beside: number of open alerts of each origin that is not counted.
    """
    found = list(alerts)
    lines = [title(alert, "fired", names) for alert in found[:_MOST_LISTED]]
    more = len(found) - len(lines)
    rest = Text(f"……另有 {more} 条", f"… and {more} more") if more > 0 else Text("", "")
    others = [(ORIGIN_MARKS[origin], number) for origin, number in beside.items()]
    also = Text(
        "".join(f"{mark.zh}另有 {number} 条未关闭\n" for mark, number in others),
        "".join(f"{mark.en}{number} more open\n" for mark, number in others),
    )
    return (
        Text(
            f"接班：{post.zh}，{len(found)} 条未关闭预警",
            f"Hand-over: {post.en}, {len(found)} open alerts",
        ),
        Text(
            "\n".join([*(line.zh for line in lines), rest.zh, also.zh]).strip()
            or "目前无未关闭预警。",
            "\n".join([*(line.en for line in lines), rest.en, also.en]).strip()
            or "No open alerts.",
        ),
    )


def silence_ends(silence: Silence, zone: ZoneInfo) -> tuple[Text, Text]:
    """Return heading and text of the reminder that a silence is about to end."""
    ends = when(silence.ends_at, zone)
    matchers = ", ".join(f'{m.name}{m.op}"{m.value}"' for m in silence.matchers)
    return (
        Text(f"静默即将到期：{ends}", f"A silence ends soon: {ends}"),
        Text(
            f"条件：{matchers}\n原因：{silence.reason}\n创建人：{silence.creator}",
            f"Matches: {matchers}\nReason: {silence.reason}\nCreator: {silence.creator}",
        ),
    )


def when(instant: datetime, zone: ZoneInfo) -> str:
    """Return an instant as people of the city write it."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _times(episode: Episode, zone: ZoneInfo, language: Language) -> str:
    words = ("开始", "触发", "解除") if language == ZH else ("began", "fired", "ended")
    instants = (episode.started_at, episode.fired_at, episode.ended_at)
    told = [
        f"{when(instant, zone)} {word}"
        for instant, word in zip(instants, words, strict=True)
        if instant is not None
    ]
    return _COMMA.said(language).join(told)


def _numbers(evidence: Evidence, language: Language) -> str:
    if evidence.value is None:
        return ""
    unit = f" {evidence.unit}" if evidence.unit not in ("", "1") else ""
    words = ("阈值", "解除值") if language == ZH else ("threshold", "clears at")
    limits = [
        f"{word} {'≥' if above else '≤'} {limit:g}"
        for word, limit, above in (
            (words[0], evidence.threshold, evidence.above),
            (words[1], evidence.clear, not evidence.above),
        )
        if limit is not None
    ]
    left, right = ("（", "）") if language == ZH else (" (", ")")
    rest = f"{left}{_COMMA.said(language).join(limits)}{right}" if limits else ""
    return f"{evidence.value:g}{unit}{rest}"


def _titles(known: Mapping[str, Text], ids: Iterable[str], language: Language) -> str:
    found = [known[name].said(language) if name in known else name for name in ids]
    return _LISTED.said(language).join(found)


_WORDS = {
    "value": Text("数值", "Value"),
    "why": Text("说明", "Why"),
    "place": Text("地点", "Place"),
    "subject": Text("对象", "Subject"),
    "time": Text("时间", "Time"),
    "owner": Text("负责人", "Owner"),
    "comment": Text("备注", "Comment"),
    "departments": Text("部门", "Departments"),
    "feeds": Text("数据来源", "Feeds"),
    "response": Text("处置建议", "What to do"),
    "instead": Text("演练代收，原应通知", "Exercise; would have told"),
    "link": Text("详情", "Desk"),
    "rule": Text("规则", "Rule"),
}
_LABELS: Mapping[Language, Callable[[str], str]] = {
    ZH: lambda name: f"{_WORDS[name].zh}：",
    EN: lambda name: f"{_WORDS[name].en}: ",
}
