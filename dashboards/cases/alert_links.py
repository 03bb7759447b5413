"""What an alert and the case that it became say of each other; closing one closes not the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from citybrain.accounts.roles import SEE_CASES, SEE_DESK, may
from citybrain.alerts.standing import is_open
from citybrain.cases.alert_case_ids import case_of
from citybrain.cases.records import Case
from citybrain.workflow.scope import WHOLE_CITY, Scope
from dashboards.cases import case_queries
from dashboards.cases.case_service import CaseService
from dashboards.desks.desk_session import DeskSession
from dashboards.lists.alerts_live import AlertsLive
from dashboards.lists.case_rows import clock_of
from dashboards.lists.list_rows import instant

REMEMBERED = 10_000
HIDDEN: dict[str, Any] = {"hidden": True}
"""A case that there is, and that this person does not see."""


class AlertLinks:
    """Both lists of one process, which tell each other of their records."""

    def __init__(self, alerts: AlertsLive, service: CaseService) -> None:
        """Mark the rows of `alerts` that became a case from now on, and renew them as it goes on.

        Args:
            alerts: the open alerts.
            service: of the cases.
        """
        self._alerts, self._service = alerts, service
        self._alerts_of: dict[str, tuple[str, ...]] = {}
        self._joined: dict[str, str] = {}
        alerts.case_version = self._version
        service.live.listeners.append(self._hear)

    async def case_beside(self, session: DeskSession, alert: str) -> dict[str, Any] | None:
        """Return the case that an alert became, as far as the person may see it; None: none.

        `alert` is the id of one that the person sees.

        Raises:
            StoreError: the case is not open, and the store does not answer.
        """
        case = await self._case(self._name(alert))
        if case is None:
            return None
        seen = may(session.role, SEE_CASES) and Scope.of(self._service.actor(session)).covers(case)
        return self._told(case) if seen else HIDDEN

    def alerts_beside(self, session: DeskSession, case: Case) -> list[dict[str, Any]]:
        """Return the alerts of a case that are open and that the person may see on the desk."""
        if not may(session.role, SEE_DESK):
            return []
        scope, alerts = Scope.of(session), self._alerts.alerts
        found = (alerts.find(name, scope) for name in case.alerts)
        return [
            {"id": one.id, "title": one.episode.title.both()}
            for one in found
            if one and is_open(one)
        ]

    async def _case(self, name: str) -> Case | None:
        """Return a case as it is now: memory is ahead of the store."""
        service = self._service
        if (live := service.live.cases.find(name, WHOLE_CITY)) is not None:
            return live
        found = await service.archive.answer(lambda c: case_queries.cases(c, [name], WHOLE_CITY))
        return found[0] if found else None

    def _told(self, case: Case) -> dict[str, Any]:
        book, cases = self._service.book, self._service.live
        held = cases.cases.find(case.id, WHOLE_CITY) is not None
        # The log has told that it is closed where the store, a moment behind, has it open still.
        is_past = case.open and cases.heard and not held
        return {
            "id": case.id,
            "number": case.number,
            "state": None if is_past else book.state(case).both(),
            "unit": book.unit(case.unit).both(),
            "open": case.open and not is_past,
            "closed": instant(case.legs[-1].closed_at),
            **clock_of(book.clocks, case),
        }

    def _version(self, alert: str) -> int:
        case = self._service.live.cases.find(self._name(alert), WHOLE_CITY)
        return case.version if case else 0

    def _name(self, alert: str) -> str:
        """Return the id of an alert's case: the one that it joined, or the one that it began."""
        return self._joined.get(alert, case_of(alert))

    def _hear(self, changed: Sequence[str]) -> None:
        """Renew the alerts whose case has changed; what a case was about is kept while it is open.

        Which case an alert joined is remembered after its end as well, of the last `REMEMBERED`.
        """
        renewed: dict[str, None] = {}
        for name in changed:
            case = self._service.live.cases.find(name, WHOLE_CITY)
            alerts = case.alerts if case else ()
            renewed |= dict.fromkeys((*self._alerts_of.pop(name, ()), *alerts))
            if alerts:
                self._alerts_of[name] = alerts
            for alert in alerts:
                if case_of(alert) != name:
                    self._joined[alert] = name
        for alert in list(self._joined)[: max(0, len(self._joined) - REMEMBERED)]:
            del self._joined[alert]
        if renewed:
            self._alerts.alerts.renew(list(renewed))
