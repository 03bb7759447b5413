"""What a person sees: alerts of the own departments and areas; in memory and in SQL alike."""

from __future__ import annotations

from dataclasses import dataclass

from citybrain.alerts.records import Alert
from dashboards.desk.desk_session import DeskSession


@dataclass(frozen=True)
class Scope:
    """The departments and areas that somebody may see; empty: all.

    Attributes:
        departments: ids; an alert must be about one of them.
        areas: codes; an alert must lie in one of them.
    """

    departments: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()

    def sees(self, alert: Alert) -> bool:
        """Return whether `alert` is among them; one without a place is in no area."""
        episode = alert.episode
        ours = not self.departments or not set(self.departments).isdisjoint(episode.departments)
        return ours and (not self.areas or episode.area.startswith(self.areas))

    def condition(self, alert: str = "alert") -> tuple[str, dict[str, object]]:
        """Return an SQL condition, and the values that it binds.

        Args:
            alert: how JSON functions name the alert: a column, or a column and a path.
        """
        parts, values = ["1"], dict[str, object]()
        if self.departments:
            own = f"JSONExtract({alert}, 'episode', 'departments', 'Array(String)')"
            parts.append(f"hasAny({own}, {{departments:Array(String)}})")
            values["departments"] = list(self.departments)
        if self.areas:
            area = f"JSONExtractString({alert}, 'episode', 'area')"
            parts.append(f"arrayExists(code -> startsWith({area}, code), {{areas:Array(String)}})")
            values["areas"] = list(self.areas)
        return " AND ".join(parts), values


def scope_of(session: DeskSession) -> Scope:
    """Return what `session` may see; the same for all who may see the same."""
    return Scope(tuple(sorted(session.departments)), tuple(sorted(session.areas)))
