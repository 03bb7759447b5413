"""Who else sits at desks: to whom an alert can be given, and what people are called; pure."""

from __future__ import annotations

from typing import Any, Protocol

from citybrain.accounts.records import Account, AccountsContent, folded
from citybrain.accounts.roles import HANDLE, may
from citybrain.accounts.roles import title as role_title
from citybrain.floor.text import Text
from dashboards.desk.forms import CommandForm, FormRefusal


class Directory(Protocol):
    """Where accounts are; `citybrain.accounts.accounts_file.AccountsFile` is one."""

    @property
    def content(self) -> AccountsContent:
        """The accounts as known now."""
        ...


def people(content: AccountsContent) -> list[dict[str, Any]]:
    """Return everybody who may act on alerts: name, title and role in both languages."""
    return [
        {
            "name": account.name,
            "title": account.title or account.name,
            "role": role_title(account.role).both(),
        }
        for account in sorted(content.accounts, key=lambda one: one.name)
        if _acts(account)
    ]


def check_assignee(form: CommandForm, content: AccountsContent) -> None:
    """Refuse to give an alert to somebody who is not there or could do nothing with it.

    Raises:
        Refusal: the form assigns, and its assignee is no account that may act.
    """
    name = form.details.get("assignee", "")
    if form.action != "assign" or not name:
        return
    account = content.account(folded(name))
    if account is None or account.disabled_at is not None:
        words = f"assign: there is no account {name!r}; choose one of the list"
        raise FormRefusal(422, Text(f"没有账号 {name}，请从列表中选择", words))
    if not _acts(account):
        words = f"assign: {name} is a {account.role} and may not act on alerts"
        raise FormRefusal(422, Text(f"{account.title or name} 的角色不能处置告警", words))


def _acts(account: Account) -> bool:
    return account.disabled_at is None and may(account.role, HANDLE)
