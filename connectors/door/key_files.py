"""API keys for the replay, in files: one for each department, made when it is missing."""

from __future__ import annotations

import os
from collections.abc import Iterable

from citybrain.floor.settings import Settings
from connectors.door.keys import issue


def issue_missing(settings: Settings, departments: Iterable[str]) -> int:
    """Write `<data>/secrets/<department>.key`, mode 0600, where it is missing; return how many.

    When the file of hashes is gone, all keys are made anew: the old ones open nothing any more.
    """
    folder = settings.data / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = settings.keys_path.exists()
    made = 0
    for department in departments:
        path = folder / f"{department}.key"
        if known and path.exists():
            continue
        fresh = path.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"{issue(settings, department)}\n")
        fresh.replace(path)
        made += 1
    return made
