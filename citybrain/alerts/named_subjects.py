"""What an alert is about, by its name and address instead of its id; pure."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from citybrain.alerts.records import Episode
from citybrain.city import Subject
from citybrain.floor.text import NOTHING, Text


def named(episode: Episode, subjects: Mapping[str, Subject]) -> Episode:
    """Return `episode` with what the register `subjects` knows of its subject.

    The place of the register stands in where the data says none.
    """
    known = subjects.get(episode.subject)
    if known is None:
        return episode
    given = episode.lon is not None and episode.lat is not None
    return replace(
        episode,
        subject_title=known.title,
        address=known.address,
        area=episode.area or known.area,
        lon=episode.lon if given else known.lon,
        lat=episode.lat if given else known.lat,
    )


def subject_of(episode: Episode) -> Text:
    """Return what an alert is about: its name and address, else its id; "" where it is nothing."""
    if episode.subject_title == NOTHING:
        return Text(episode.subject, episode.subject)
    return Subject(episode.subject, episode.subject_title, episode.address).said
