"""Which page a browser has: only another one need be loaded again after a restart; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def version_of(assets: Path, texts: Iterable[str]) -> str:
    """Return a digest of all files below `assets` and of `texts`.

    Args:
        assets: the folder of scripts and styles.
        texts: what else the page is made of: its layout and the names that it shows.
    """
    digest = hashlib.sha256()
    for path in sorted(path for path in assets.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(assets)}\0".encode() + path.read_bytes())
    for text in texts:
        digest.update(f"\0{text}".encode())
    return digest.hexdigest()[:16]
