"""Who left loses tasks to the unit: a case never stays with somebody who cannot sign in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from uuid import UUID, uuid5

import structlog

from citybrain.accounts.records import Account
from citybrain.cases.machine_steps import ITSELF
from citybrain.cases.records import Case
from citybrain.floor.clock import Clock
from citybrain.floor.errors import BusError
from citybrain.workflow.commands import Command
from citybrain.workflow.scope import Scope
from dashboards.command_sender import CommandSender
from dashboards.desk.colleagues import Directory
from dashboards.lists.cases_live import CasesLive

log = structlog.get_logger(__name__)
LOOK_S = 10.0
RELEASE = "release"
_NAMESPACE = UUID("c4a2f7d0-9f0b-5a37-9b55-1503000c1e27")


class Leavers:
    """Gives cases of people whose account is disabled back to their units.

    Each server does so by itself; the command's id makes it once.
    """

    def __init__(
        self, live: CasesLive, directory: Directory, sender: CommandSender, clock: Clock
    ) -> None:
        """Look at the open cases of `live`, and at the accounts of `directory`."""
        self._live, self._directory = live, directory
        self._sender, self._clock = sender, clock
        self._asked: set[str] = set()

    async def run(self) -> None:
        """Look again and again, until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            commands = self.commands()
            try:
                if commands:
                    await asyncio.to_thread(self._sender.send, commands)
            except BusError as error:
                log.warning("leavers_not_told", problem=str(error))
            else:
                self._asked.update(one.id for one in commands)

    def commands(self) -> list[Command]:
        """Return what is to be asked for now, and was not yet."""
        gone = _gone(self._directory.content.accounts)
        cases = self._live.cases.records.seen_by(Scope.of(ITSELF)) if gone else ()
        asked = [self._command(case) for case in cases if case.person in gone]
        return [one for one in asked if one.id not in self._asked]

    def _command(self, case: Case) -> Command:
        return Command(
            id=str(uuid5(_NAMESPACE, f"{case.id} {case.version}")),
            action=RELEASE,
            target=case.id,
            actor=ITSELF,
            at=self._clock.now(),
            noun="case",
        )


def _gone(accounts: Iterable[Account]) -> frozenset[str]:
    return frozenset(one.name for one in accounts if one.disabled_at is not None)
