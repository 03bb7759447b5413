"""How large an episode may be, and when it may be: what is longer is cut and says so.

An alert is written again with each of its steps and put into words for each of its receivers, in
both languages. So what comes in small must stay small, and an instant that no calendar can add a
day to must not come in at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from citybrain.alerts.records import Episode, Evidence
from citybrain.floor.errors import RecordRefused
from citybrain.floor.text import Text

TITLE, SENTENCE, WORDS, WORD = 200, 2_000, 4_000, 300
"""Characters of a title, of a summary or a response, of what is known besides, of a name."""
MOST_NAMES = 64
"""Labels, keys, kinds, feeds, departments of one alert."""
MOST_POINTS, MOST_EVENTS = 120, 10
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
"""So far ahead of us a department's clock may be before its word is refused."""


def bounded(episode: Episode, now: datetime) -> Episode:
    """Return `episode` with what is too long cut.

    Args:
        episode: as it was read.
        now: the present instant, aware.

    Raises:
        RecordRefused: one of its instants or its position cannot be.
    """
    _check_instants(episode, now)
    _check_place(episode)
    evidence = episode.evidence
    return replace(
        episode,
        title=_cut_text(episode.title, TITLE),
        summary=_cut_text(episode.summary, SENTENCE),
        response=_cut_text(episode.response, SENTENCE),
        rule=cut(episode.rule, WORD),
        version=cut(episode.version, WORD),
        key=_cut_names(episode.key),
        labels=_cut_names(episode.labels),
        theme=cut(episode.theme, WORD),
        kinds=_cut_words(episode.kinds),
        feeds=_cut_words(episode.feeds),
        departments=_cut_words(episode.departments),
        area=cut(episode.area, WORD),
        subject=cut(episode.subject, WORD),
        shard=cut(episode.shard, WORD),
        subject_title=_cut_text(episode.subject_title, TITLE),
        address=_cut_text(episode.address, TITLE),
        evidence=_cut_evidence(evidence),
    )


def cut(text: str, most: int) -> str:
    """Return `text`, or its first characters with a word on how many there were."""
    if len(text) <= most:
        return text
    more = f"…（共 {len(text)} 字 / of {len(text)} characters）"
    return text[: most - len(more)] + more


def _cut_text(text: Text, most: int) -> Text:
    if len(text.zh) <= most and len(text.en) <= most:
        return text
    return Text(cut(text.zh, most), cut(text.en, most))


def _cut_words(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(cut(word, WORD) for word in tuple(words)[:MOST_NAMES])


def _cut_names(names: dict[str, str]) -> dict[str, str]:
    return {cut(name, WORD): cut(value, WORD) for name, value in list(names.items())[:MOST_NAMES]}


def _cut_evidence(evidence: Evidence) -> Evidence:
    fields: dict[str, Any] = {
        "measure": cut(evidence.measure, SENTENCE),
        "unit": cut(evidence.unit, WORD),
        "words": _cut_text(evidence.words, WORDS),
        "points": evidence.points[-MOST_POINTS:],
        "events": _cut_words(evidence.events[:MOST_EVENTS]),
    }
    return replace(evidence, **fields)


def _check_instants(episode: Episode, now: datetime) -> None:
    for name in ("started_at", "fired_at", "ended_at", "told_at"):
        instant = getattr(episode, name)
        if instant is not None and not EARLIEST <= instant <= now + AHEAD:
            raise RecordRefused(
                f"{name}: {instant.isoformat()} lies before {EARLIEST.year} or more than a day "
                "ahead; correct the sender's clock"
            )


def _check_place(episode: Episode) -> None:
    for name, value, most in (("lon", episode.lon, 180.0), ("lat", episode.lat, 90.0)):
        if value is not None and not -most <= value <= most:
            raise RecordRefused(f"{name}: {value!r} is no degree; send WGS-84")
