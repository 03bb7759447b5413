"""Those who have accounts in the desk's tests."""

from __future__ import annotations

from typing import Any

from citybrain.accounts.records import Account, Book
from tests.dashboards.desk.conftest import NOW


def account(name: str, role: str, title: str, **more: Any) -> Account:
    return Account(
        name=name, role=role, title=title, created_at=NOW, changed_at=NOW, epoch="1", **more
    )


class Colleagues:
    """Two officers, a viewer, and somebody who has left."""

    book = Book(
        accounts=(
            account("duty_b", "officer", "乙"),
            account("duty_a", "officer", "甲"),
            account("guest", "viewer", "访客"),
            account("left", "officer", "丙", disabled_at=NOW),
        )
    )
