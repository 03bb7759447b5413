"""Where things lie in the repository, for tests in any folder."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WUHAI = ROOT / "cities" / "wuhai"
