"""Which inputs are done: what was written because of them says so."""

from __future__ import annotations

import msgspec

from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.topics import AUDIT
from citybrain.workflow.commands import ALERT
from streams.owned.restoring import End, Read

ENTRIES_BACK = 2_000
"""Records of the audit log that are read back for the command that was decided last."""
_ENTRY = msgspec.json.Decoder(AuditEntry)
_CAUSE_PARTS = 3


class DoneInputs:
    """The last offset of each topic of inputs that is done, by causes ``topic/partition/offset``.

    Attributes:
        offsets: topic → that; -1: none.
    """

    def __init__(self, *topics: str) -> None:
        """Know of nothing done on `topics`."""
        self.offsets = dict.fromkeys(topics, -1)

    def note(self, cause: str) -> None:
        """Take note of an input that is done; what is no input of ours changes nothing."""
        parts = cause.split("/")
        if len(parts) == _CAUSE_PARTS and parts[0] in self.offsets:
            self.offsets[parts[0]] = max(self.offsets[parts[0]], int(parts[2]))

    def look_at_audit(self, read: Read, end: End, noun: str) -> None:
        """Find out which command was decided last: its entry is what is written last of it.

        Of commands about `noun` alone: how far the owner of other records is says nothing.
        """
        last = end(AUDIT, 0)
        for _, value in read(AUDIT, 0, max(last - ENTRIES_BACK, 0), last - 1):
            try:
                said = _ENTRY.decode(value).details
            except msgspec.MsgspecError:
                continue
            if said.get("noun", ALERT) == noun:
                self.note(said.get("cause", ""))
