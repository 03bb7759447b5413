"""The page's own scripts and styles: found in `assets/`, and served so that none is ever stale.

Modules import each other by relative paths, which carry no fingerprint of their own. So all are
served below a folder that is named after their content: browsers keep them for good, and after an
upgrade the page names another folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

ASSETS = Path(__file__).parent / "assets"
FOLDERS = ("shared", "wall", "desks", "desk", "cases", "access")
"""Our own parts, in the order in which their styles overrule each other."""
START = "start.js"
_OWN = (".js", ".css")
_KEEP = "public, max-age=31536000, immutable"
_DIGITS = 16


def own_files(assets: Path = ASSETS) -> list[str]:
    """Return the paths of our scripts and styles below `assets`, sorted."""
    found = [path for folder in FOLDERS for path in (assets / folder).rglob("*")]
    names = [str(path.relative_to(assets)) for path in found if path.suffix in _OWN]
    return sorted([START, *names])


def styles(assets: Path = ASSETS) -> list[str]:
    """Return the paths of the styles in the order of loading: a folder's own before its folders'.

    A kind of tile may bring its own: `wall/tiles/<kind>.css`.
    """
    found = [Path(name) for name in own_files(assets) if name.endswith(".css")]
    found.sort(key=lambda path: (FOLDERS.index(path.parts[0]), len(path.parts), path.name))
    return [str(path) for path in found]


def drawing_of(kind: str, assets: Path = ASSETS) -> Path:
    """Return the file that draws tiles of `kind`, whether it is there or not."""
    return assets / "wall" / "tiles" / f"{kind}.js"


def folder_of(assets: Path = ASSETS) -> str:
    """Return the address of the folder below which our files are served; it tells their content."""
    digest = hashlib.sha256()
    for name in own_files(assets):
        digest.update(f"{name}\0".encode() + (assets / name).read_bytes())
    return f"/assets/{digest.hexdigest()[:_DIGITS]}"


def index_page(folder: str, names: Iterable[str]) -> str:
    """Return Dash's page with the styles `names` and the first script, all below `folder`."""
    links = "".join(f'<link rel="stylesheet" href="{folder}/{name}">' for name in names)
    return f"""<!DOCTYPE html>
<html>
    <head>
        {{%metas%}}
        <title>{{%title%}}</title>
        {{%favicon%}}
        {{%css%}}
        {links}
    </head>
    <body>
        <div id="page"></div>
        {{%app_entry%}}
        <footer>
            {{%config%}}
            <script src="{folder}/{START}"></script>
            {{%scripts%}}
            {{%renderer%}}
        </footer>
    </body>
</html>"""


def add_page_files(server: FastAPI, assets: Path = ASSETS) -> str:
    """Serve our files below their folder; return the page that names them, for Dash."""
    folder = folder_of(assets)
    server.mount(folder, _Kept(directory=assets), name="page_files")
    return index_page(folder, styles(assets))


class _Kept(StaticFiles):
    """Files whose address changes with their content: a browser need not ask again."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:  # noqa: PLR2004
                MutableHeaders(scope=message)["cache-control"] = _KEEP
            await send(message)

        await super().__call__(scope, receive, send_kept)
