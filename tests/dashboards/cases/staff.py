"""Those who have accounts in the tests of the case desk."""

from __future__ import annotations

from citybrain.accounts.records import AccountsContent
from tests.dashboards.desk.colleagues import MADE, account
from tests.dashboards.desk.house import Guest

CLERK = Guest(user="wang", role="clerk", departments=("sanitation",))
DISPATCHER = Guest(user="zhang", role="dispatcher")
GRID_WORKER = Guest(user="zhao", role="grid_worker", departments=("xinhua_street",))
VIEWER = Guest(user="guest", role="viewer")


class Staff:
    """A dispatcher, two clerks, a grid worker, a supervisor, a viewer, and one who has left."""

    content = AccountsContent(
        accounts=(
            account("zhang", "dispatcher", "张调度"),
            account("wang", "clerk", "王环卫", departments=("sanitation",)),
            account("xu", "clerk", "徐园林", departments=("parks",)),
            account("zhao", "grid_worker", "赵网格", departments=("xinhua_street",)),
            account("chen", "supervisor", "陈督办"),
            account("guest", "viewer", "访客"),
            account("left", "clerk", "离职", departments=("sanitation",), disabled_at=MADE),
        )
    )
