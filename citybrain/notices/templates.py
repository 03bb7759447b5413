"""What a notice says, in Chinese and in English; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from citybrain.alerts.records import Alert, Episode, Evidence, Silence, Text
from citybrain.city import Title
from citybrain.floor.levels import NUMERALS, TITLES
from citybrain.notices.routing import Names

ZH, EN = 0, 1
_ORIGINS = {
    "exercise": ("【演练】", "[EXERCISE] "),
    "simulated": ("【模拟】", "[SIMULATED] "),
    "replay": ("【回放】", "[REPLAY] "),
    "live": ("", ""),
}
_PURPOSES = {
    "fired": ("", ""),
    "raised": ("级别上升 ", "raised: "),
    "repeated": ("仍未处置 ", "still open: "),
    "escalated": ("无人确认 ", "not acknowledged: "),
    "noprogress": ("确认后无进展 ", "no progress: "),
    "ended": ("已解除 ", "ended: "),
    "resolved": ("已处置 ", "resolved: "),
    "revised": ("已更正撤销 ", "revised, never was: "),
    "reopened": ("重新打开 ", "reopened: "),
}
_CITY = (("全市", "the whole city"),)
_MOST_LISTED = 20


def title(alert: Alert, purpose: str, names: Names) -> Text:
    """Return the heading of a notice about `alert`."""
    episode = alert.episode
    mark, what = _ORIGINS[episode.origin], _PURPOSES.get(purpose, ("", ""))
    level, numeral = TITLES[episode.level], NUMERALS[episode.level]
    place = place_of(episode.area, names)
    return Text(
        f"{mark[ZH]}【{level[ZH]}{numeral}级】{what[ZH]}{episode.title.zh} · {place.zh}",
        f"{mark[EN]}[{level[EN]} {numeral}] {what[EN]}{episode.title.en} · {place.en}",
    )


def body(alert: Alert, names: Names, zone: ZoneInfo, *, instead_of: str = "") -> Text:
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
        return (
            Text(whole.zh, whole.en)
            if whole and not area
            else Text(area or "全市", area or "the city")
        )
    return Text("".join(part.zh for part in parts), ", ".join(part.en for part in reversed(parts)))


def _known(area: str, digits: int, names: Names) -> bool:
    return len(area) >= digits and area[:digits] in names.areas


def _lines(alert: Alert, names: Names, zone: ZoneInfo, instead_of: str, side: int) -> list[str]:
    episode = alert.episode
    label = _LABELS[side]
    found = [
        ("", _pick(episode.summary, side)),
        (label("value"), _numbers(episode.evidence, side)),
        (label("why"), _pick(episode.evidence.words, side)),
        (label("place"), _pick(place_of(episode.area, names), side)),
        (label("subject"), episode.subject),
        (label("time"), _times(episode, zone, side)),
        (label("owner"), alert.owner),
        (label("comment"), alert.comment),
        (label("departments"), _titles(names.departments, episode.departments, side)),
        (label("feeds"), _titles(names.feeds, episode.feeds, side)),
        (label("response"), _pick(episode.response, side)),
        (label("instead"), instead_of),
        (label("link"), link(alert.id, names)),
        (label("rule"), f"{episode.rule} @ {episode.version}"),
    ]
    return [f"{name}{text}" for name, text in found if text]


def link(alert: str, names: Names) -> str:
    """Return the address of an alert on the duty desk; "" where it is not known."""
    return f"{names.desk_url.rstrip('/')}/desk?alert={alert}" if names.desk_url else ""


def digest_title(count: int, highest: str, *, exercise: bool) -> Text:
    """Return the heading of a message that tells several notices together."""
    mark = _ORIGINS["exercise" if exercise else "live"]
    level, numeral = TITLES[highest], NUMERALS[highest]
    return Text(
        f"{mark[ZH]}【{level[ZH]}{numeral}级】汇总：{count} 条预警通知",
        f"{mark[EN]}[{level[EN]} {numeral}] digest: {count} notices",
    )


def handover(post: Title, alerts: Iterable[Alert], names: Names) -> tuple[Text, Text]:
    """Return heading and text of what a person gets who goes on duty at `post`."""
    found = list(alerts)
    lines = [title(alert, "fired", names) for alert in found[:_MOST_LISTED]]
    more = len(found) - len(lines)
    rest = Text(f"……另有 {more} 条", f"… and {more} more") if more > 0 else Text("", "")
    return (
        Text(
            f"接班：{post.zh}，{len(found)} 条未关闭预警",
            f"Hand-over: {post.en}, {len(found)} open alerts",
        ),
        Text(
            "\n".join([*(line.zh for line in lines), rest.zh]).strip() or "目前无未关闭预警。",
            "\n".join([*(line.en for line in lines), rest.en]).strip() or "No open alerts.",
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


def _times(episode: Episode, zone: ZoneInfo, side: int) -> str:
    words = (("开始", "触发", "解除"), ("began", "fired", "ended"))[side]
    instants = (episode.started_at, episode.fired_at, episode.ended_at)
    told = [
        f"{when(instant, zone)} {word}"
        for instant, word in zip(instants, words, strict=True)
        if instant is not None
    ]
    return ("，", ", ")[side].join(told)


def _numbers(evidence: Evidence, side: int) -> str:
    if evidence.value is None:
        return ""
    unit = f" {evidence.unit}" if evidence.unit not in ("", "1") else ""
    words = (("阈值", "解除值"), ("threshold", "clears at"))[side]
    limits = [
        f"{word} {'≥' if above else '≤'} {limit:g}"
        for word, limit, above in (
            (words[0], evidence.threshold, evidence.above),
            (words[1], evidence.clear, not evidence.above),
        )
        if limit is not None
    ]
    left, right = ("（", "）") if side == ZH else (" (", ")")
    rest = f"{left}{('，', ', ')[side].join(limits)}{right}" if limits else ""
    return f"{evidence.value:g}{unit}{rest}"


def _titles(known: Mapping[str, Title], ids: Iterable[str], side: int) -> str:
    found = [(known[name].zh, known[name].en)[side] if name in known else name for name in ids]
    return ("、", ", ")[side].join(found)


def _pick(text: Text, side: int) -> str:
    return (text.zh, text.en)[side]


_WORDS = {
    "value": ("数值", "Value"),
    "why": ("说明", "Why"),
    "place": ("地点", "Place"),
    "subject": ("对象", "Subject"),
    "time": ("时间", "Time"),
    "owner": ("负责人", "Owner"),
    "comment": ("备注", "Comment"),
    "departments": ("部门", "Departments"),
    "feeds": ("数据来源", "Feeds"),
    "response": ("处置建议", "What to do"),
    "instead": ("演练代收，原应通知", "Exercise; would have told"),
    "link": ("详情", "Desk"),
    "rule": ("规则", "Rule"),
}
_LABELS: tuple[Callable[[str], str], Callable[[str], str]] = (
    lambda name: f"{_WORDS[name][ZH]}：",
    lambda name: f"{_WORDS[name][EN]}: ",
)
