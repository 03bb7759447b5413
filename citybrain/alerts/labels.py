"""The labels of an alert: what routes, silences and inhibitions match."""

from __future__ import annotations

from citybrain.alerts.records import Alert

_DISTRICT, _STREET = 6, 9


def labels(alert: Alert) -> dict[str, tuple[str, ...]]:
    """Return name → values, none where it has none.

    The rule's key and its own labels come last and never replace one of the names below.
    """
    episode = alert.episode
    area = episode.area
    found = {
        "rule": (episode.rule,),
        "level": (episode.level,),
        "theme": (episode.theme,),
        "kind": episode.kinds,
        "feed": episode.feeds,
        "department": episode.departments,
        "area": (area,) if area else (),
        "district": (area[:_DISTRICT],) if area else (),
        "street": (area[:_STREET],) if len(area) >= _STREET else (),
        "subject": (episode.subject,) if episode.subject else (),
        "origin": (episode.origin,),
        "exercise": ("yes" if episode.exercise else "no",),
    }
    for name, value in {**episode.key, **episode.labels}.items():
        found.setdefault(name, (value,))
    return found
