"""Which notices are settled: what makes reading the topic twice harmless; pure.

The topic is the memory: a sender that starts reads the last day of it, keeps what was neither
delivered nor given up, and goes on with that. What is older than a day and still unsettled is not
told any more; it would only confuse.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from citybrain.notices.records import DeliveryReceipt, Notice

LOOK_BACK = timedelta(hours=24)
SETTLED = ("delivered", "handed_over", "given_up", "unknown_receiver")
_SWEEP_EVERY = 10_000


class SettledNotices:
    """Keys of notices: settled ones, and those that are on their way."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._settled: dict[str, datetime] = {}
        self._unsettled: dict[str, Notice] = {}
        self._since_sweep = 0

    def __len__(self) -> int:
        """Count notices that are on their way."""
        return len(self._unsettled)

    def knows(self, key: str) -> bool:
        """Whether a notice of this key came before."""
        return key in self._settled or key in self._unsettled

    def take(self, notice: Notice, now: datetime) -> bool:
        """Take note of `notice`; return whether it is new and young enough to be told."""
        if self.knows(notice.key) or notice.at < now - LOOK_BACK:
            return False
        self._unsettled[notice.key] = notice
        return True

    def note(self, receipt: DeliveryReceipt) -> None:
        """Take note of what became of an attempt."""
        if receipt.outcome in SETTLED:
            self.settle(receipt.key, receipt.at)

    def settle(self, key: str, at: datetime) -> None:
        """Take note that the notice `key` needs nothing more."""
        self._unsettled.pop(key, None)
        self._settled[key] = at
        self._since_sweep += 1
        if self._since_sweep >= _SWEEP_EVERY:
            self._sweep(at)

    def unsettled(self) -> list[Notice]:
        """Return the notices that are not settled, oldest first."""
        return list(self._unsettled.values())

    def _sweep(self, now: datetime) -> None:
        """Forget what is too old to come again."""
        self._since_sweep = 0
        oldest = now - LOOK_BACK - timedelta(hours=1)
        self._settled = {key: at for key, at in self._settled.items() if at >= oldest}
