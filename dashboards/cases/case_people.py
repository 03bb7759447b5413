"""Who holds accounts, as far as cases need it: titles, and to whom a case can be given; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from citybrain.accounts.records import Account, AccountsContent, folded
from citybrain.accounts.roles import WORK_CASES, may
from citybrain.accounts.roles import title as role_title
from citybrain.cases.units import Units, acts_for
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor
from dashboards.desk.colleagues import Directory
from dashboards.desks.forms import CommandForm, FormRefusal

MOST = 300


class CasePeople:
    """The holders of accounts."""

    def __init__(self, directory: Directory) -> None:
        """Know those of `directory`."""
        self._directory = directory
        self._content: AccountsContent | None = None
        self._titles: dict[str, Text] = {}

    @property
    def titles(self) -> Mapping[str, Text]:
        """What they are called, by account."""
        content = self._directory.content
        if content is not self._content:
            named = (one for one in content.accounts if one.title)
            self._titles = {one.name: Text(one.title, one.title) for one in named}
            self._content = content
        return self._titles

    def title(self, name: str) -> str:
        """Return what the holder of an account is called."""
        found = self.titles.get(name)
        return found.zh if found else name

    def of(self, unit: str, units: Units) -> list[dict[str, object]]:
        """Return those who may work a case of `unit`: account, title and role."""
        found = sorted(self._workers(unit, units), key=lambda one: one.name)
        return [
            {
                "name": one.name,
                "title": one.title or one.name,
                "role": role_title(one.role).both(),
            }
            for one in found[:MOST]
        ]

    def properly_given(self, form: CommandForm) -> CommandForm:
        """Return `form` with the account's name as it is written, where it gives a case to one.

        Raises:
            FormRefusal: there is no such account, or it may not work cases.
        """
        name = form.details.get("person", "")
        if not name:
            return form
        account = self._directory.content.account(folded(name))
        if account is None or account.disabled_at is not None:
            words = f"there is no account '{name}'; choose one of the list"
            raise FormRefusal(422, Text(f"没有账号 {name}，请从列表中选择", words))
        if not may(account.role, WORK_CASES):
            title = account.title or name
            words = f"{title}: the role {role_title(account.role).en} does not work cases"
            raise FormRefusal(422, Text(f"{title} 的角色不办理案件", words))
        return CommandForm(
            form.action, form.target, form.expected, {**form.details, "person": account.name}
        )

    def _workers(self, unit: str, units: Units) -> Iterator[Account]:
        for one in self._directory.content.accounts:
            if one.disabled_at is None and may(one.role, WORK_CASES):
                actor = Actor(user=one.name, role=one.role, departments=one.departments)
                if acts_for(units.as_member(actor), unit):
                    yield one
