"""Who else sits at desks: to whom an alert can be given, and what people are called; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from citybrain.accounts.records import Account, AccountsContent, folded
from citybrain.accounts.roles import HANDLE, may
from citybrain.accounts.roles import title as role_title
from citybrain.floor.text import Text
from dashboards.desks.forms import CommandForm, FormRefusal


class Directory(Protocol):
    """Where accounts are; `citybrain.accounts.accounts_file.AccountsFile` is one."""

    @property
    def content(self) -> AccountsContent:
        """The accounts as known now."""
        ...


def people(content: AccountsContent, reachable: Callable[[str], bool]) -> list[dict[str, Any]]:
    """Return everybody who may act on alerts: name, title and role in both languages.

    Args:
        content: the accounts.
        reachable: whether the holder of an account has receivers of its own.
    """
    return [
        {
            "name": account.name,
            "title": account.title or account.name,
            "role": role_title(account.role).both(),
            "reachable": reachable(account.name),
        }
        for account in sorted(content.accounts, key=lambda one: one.name)
        if _acts(account)
    ]


def titles_of(content: AccountsContent, rota: Mapping[str, Text]) -> dict[str, Text]:
    """Return what the holders of accounts are called, also of those that act no more.

    Args:
        content: the accounts.
        rota: titles of the people of the rota, where an account has none of its own.
    """
    own = {one.name: Text(one.title, one.title) for one in content.accounts if one.title}
    return {**rota, **own}


def properly_assigned(form: CommandForm, content: AccountsContent) -> CommandForm:
    """Return `form` with the account's name as it is written, where it gives an alert away.

    Raises:
        FormRefusal: it assigns to what is no account that may act.
    """
    name = form.details.get("assignee", "")
    if form.action != "assign" or not name:
        return form
    account = content.account(folded(name))
    if account is None or account.disabled_at is not None:
        words = f"there is no account '{name}'; choose one of the list"
        raise FormRefusal(422, Text(f"没有账号 {name}，请从列表中选择", words))
    title = account.title or name
    if not _acts(account):
        words = f"{title}: the role {role_title(account.role).en} may not act on alerts"
        raise FormRefusal(422, Text(f"{title} 的角色不能处置告警", words))
    return msgspec.structs.replace(form, details={**form.details, "assignee": account.name})


def _acts(account: Account) -> bool:
    return account.disabled_at is None and may(account.role, HANDLE)
