"""Which alerts become a case by themselves, and how such a case begins; pure.

The command is the same whenever it is made again for the same alert, so the case is opened once
whatever is killed in between. Closing one does not close the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from citybrain.accounts.roles import PLATFORM
from citybrain.alerts.records import Alert
from citybrain.cases.alert_case_ids import case_of, open_command_of
from citybrain.cases.case_engine import OPEN
from citybrain.cases.dispatching import Matter
from citybrain.cases.opening import LONGEST_TEXT, LONGEST_TITLE, AlertMatter, CaseOpening
from citybrain.cases.records import ENGINE
from citybrain.cases.workflow_files import CASES, CaseSetup
from citybrain.floor.errors import Fault
from citybrain.floor.levels import RANKS
from citybrain.floor.strict import suggest
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Actor, Command


class AlertCases:
    """Opens cases for alerts, by a city's cases.yaml."""

    def __init__(self, setup: CaseSetup, seal: CommandSeal) -> None:
        """Go by `setup`; sign with `seal`."""
        self._setup, self._seal = setup, seal
        self._zone = ZoneInfo(setup.city.time_zone)

    def command(self, alert: Alert, now: datetime) -> Command | None:
        """Return what opens the case of a firing alert; None: it becomes none.

        It goes to the unit that is responsible for its kind and place; where the table names
        nobody, to a dispatcher. What is an exercise stays one of the desk.
        """
        choice = next((one for one in self._setup.cases.alerts if _fits(one, alert)), None)
        kind = self._kind(choice, alert) if choice else ""
        if not kind or alert.episode.exercise:
            return None
        command = Command(
            id=open_command_of(alert.id),
            action=OPEN,
            target=case_of(alert.id),
            actor=Actor(user=ENGINE, role=PLATFORM.id),
            at=now,
            record=msgspec.Raw(msgspec.json.encode(self._opening(alert, kind, now))),
            noun="case",
        )
        return self._seal.signed(command)

    def _kind(self, choice: AlertMatter, alert: Alert) -> str:
        known = self._setup.city.kinds
        return choice.kind or next((one for one in alert.episode.kinds if one in known), "")

    def _opening(self, alert: Alert, kind: str, now: datetime) -> CaseOpening:
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
