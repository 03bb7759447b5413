"""Which alerts become a case by themselves, and how such a case begins; pure.

The command is the same whenever it is made again for the same alert, so the case is opened once
whatever is killed in between. Closing one does not close the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from citybrain.alerts.records import Alert, Episode
from citybrain.cases.alert_case_ids import case_of, open_command_of
from citybrain.cases.case_engine import OPEN
from citybrain.cases.dispatching import Matter
from citybrain.cases.limit_events import CASE_KINDS
from citybrain.cases.machine_steps import ITSELF, NO, NOTE_SIGNAL, YES
from citybrain.cases.opening import LONGEST_TEXT, LONGEST_TITLE, AlertMatter, CaseOpening
from citybrain.cases.workflow_files import CASES, CaseSetup
from citybrain.floor.duration import seconds
from citybrain.floor.errors import Fault
from citybrain.floor.levels import RANKS
from citybrain.floor.strict import suggest
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Command

_NAMESPACE = UUID("8d3e4a52-0c8b-5f2e-9f55-1503000c1e27")


def signal_of(told: Episode) -> str:
    """Return what every alert of a rule's key bears, in its world, one after the other (UUID)."""
    key = "\x1f".join(f"{name}={told.key[name]}" for name in sorted(told.key))
    return str(uuid5(_NAMESPACE, f"{told.rule}\x1f{key}\x1f{told.world}"))


class AlertCases:
    """Opens cases for alerts, by a city's cases.yaml."""

    def __init__(self, setup: CaseSetup, seal: CommandSeal) -> None:
        """Go by `setup`; sign with `seal`."""
        self._setup, self._seal = setup, seal
        self._zone = ZoneInfo(setup.city.time_zone)

    def command(self, alert: Alert, now: datetime) -> Command | None:
        """Return what opens the case of a firing alert; None: it becomes none.

        It goes to the unit that is responsible for its kind and place; where the table names
        nobody, to a dispatcher. What is an exercise stays one of the desk, and what is about a
        case that there is needs no other.
        """
        choice = next((one for one in self._setup.cases.alerts if _fits(one, alert)), None)
        kind = self._kind(choice, alert) if choice else ""
        if not choice or not kind or alert.episode.exercise or CASE_KINDS & {*alert.episode.kinds}:
            return None
        command = Command(
            id=open_command_of(alert.id),
            action=OPEN,
            target=case_of(alert.id),
            actor=ITSELF,
            at=now,
            record=self._opening(alert, choice, kind, now).as_record(),
            noun="case",
        )
        return self._seal.signed(command)

    def signalled(self, alert: Alert, told: Episode, now: datetime) -> Command:
        """Return what tells the case of an alert that its signal is there again, or gone."""
        holds = told.state == "firing"
        name = f"signal {alert.id} {told.state} {told.told_at.isoformat()}"
        command = Command(
            id=str(uuid5(_NAMESPACE, name)),
            action=NOTE_SIGNAL,
            target=alert.case,
            actor=ITSELF,
            at=now,
            details={
                "holds": YES if holds else NO,
                "alert": alert.id,
                "signal": signal_of(told),
            },
            noun="case",
        )
        return self._seal.signed(command)

    def _kind(self, choice: AlertMatter, alert: Alert) -> str:
        known = self._setup.city.kinds
        return choice.kind or next((one for one in alert.episode.kinds if one in known), "")

    def _opening(self, alert: Alert, choice: AlertMatter, kind: str, now: datetime) -> CaseOpening:
        episode, city = alert.episode, self._setup.city
        area = episode.area if episode.area in city.areas else ""
        matter = Matter(kind, self._setup.theme_of(kind), "", area)
        day = now.astimezone(self._zone).date()
        return CaseOpening(
            kind=kind,
            title=episode.title.zh[:LONGEST_TITLE] or kind,
            text=episode.summary.zh[:LONGEST_TEXT],
            source="alert",
            handler=self._setup.dispatch.destination(matter, day).unit,
            area=area,
            lon=episode.lon,
            lat=episode.lat,
            origin=episode.origin,
            severity=RANKS[episode.level],
            alerts=(alert.id,),
            events=episode.evidence.events,
            signal=signal_of(episode),
            watch_s=seconds(choice.watch),
        )


def unknown_rules(setup: CaseSetup, rules: Iterable[str]) -> Iterator[Fault]:
    """Yield what is wrong with the rules that cases.yaml names, given those that there are."""
    known = frozenset(rules)
    for index, choice in enumerate(setup.cases.alerts):
        for place, name in enumerate(choice.rules):
            if name not in known:
                path = str(setup.city.folder / CASES)
                item = f"alerts[{index}].rules[{place}]"
                yield Fault(path, item, f"unknown rule {name!r}", suggest(name, known))


def _fits(choice: AlertMatter, alert: Alert) -> bool:
    asked = (
        (choice.rules, alert.episode.rule),
        (choice.themes, alert.episode.theme),
        (choice.levels, alert.episode.level),
    )
    return all(not known or given in known for known, given in asked)
