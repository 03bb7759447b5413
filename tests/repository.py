"""Where things lie in the repository, for tests in any folder."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WUHAI = ROOT / "cities" / "wuhai"
DATA_SETS = next(
    (
        folder / "shared" / "data"
        for folder in ROOT.parents
        if (folder / "shared" / "data").is_dir()
    ),
    ROOT.parent / "shared" / "data",
)
"""Real data sets beside the project; what needs them is skipped where there are none."""
