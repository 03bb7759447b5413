"""Those who have accounts in the desk's tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from citybrain.accounts.records import Account, AccountsContent

MADE = datetime(2026, 11, 1, tzinfo=UTC)


def account(name: str, role: str, title: str, **more: Any) -> Account:
    return Account(
        name=name, role=role, title=title, created_at=MADE, changed_at=MADE, epoch="1", **more
    )


class Colleagues:
    """Two officers, a commander, a viewer, and somebody who has left."""

    content = AccountsContent(
        accounts=(
            account("duty_b", "officer", "乙"),
            account("duty_a", "officer", "甲"),
            account("duty_c", "commander", "丁"),
            account("guest", "viewer", "访客"),
            account("left", "officer", "丙", disabled_at=MADE),
        )
    )
