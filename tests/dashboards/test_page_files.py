"""The page's own files: found by folder, in an order, and never stale."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboards.page_files import folder_of, index_page, own_files, styles


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    """Return a folder with a few scripts and styles, and things that are not ours."""
    for name in (
        *("start.js", "00_charts.js", "wall/stage.css", "wall/tiles/alerts.css", "wall/page.js"),
        *("shared/theme.css", "access/account.css", "desk/desk.css", "shared/types.d.ts"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("/* something */\n")
    return tmp_path


def test_own_files_when_found_then_neither_types_nor_what_is_not_ours(assets: Path) -> None:
    assert own_files(assets) == [
        *("access/account.css", "desk/desk.css", "shared/theme.css", "start.js"),
        *("wall/page.js", "wall/stage.css", "wall/tiles/alerts.css"),
    ]


def test_styles_when_loaded_then_the_shared_come_first_and_tiles_after_the_wall() -> None:
    assert styles() == [
        *("shared/theme.css", "wall/stage.css", "wall/tiles.css", "wall/upright.css"),
        *(f"wall/tiles/{kind}.css" for kind in ("alerts", "case_turns", "open_cases")),
        *("desks/desk.css", "cases/cases.css", "access/account.css"),
    ]


def test_folder_when_a_module_changes_then_it_is_another(assets: Path) -> None:
    before = folder_of(assets)
    assert folder_of(assets) == before
    (assets / "wall" / "page.js").write_text("/* something else */\n")
    assert folder_of(assets) != before


def test_index_page_when_made_then_the_first_script_comes_before_dash() -> None:
    page = index_page("/assets/abc", ["wall/stage.css"])
    assert '<link rel="stylesheet" href="/assets/abc/wall/stage.css">' in page
    assert page.index("/assets/abc/start.js") < page.index("{%scripts%}")
