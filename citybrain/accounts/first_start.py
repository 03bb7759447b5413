"""The first start on one machine: an administrator, and a token for the wall of this machine."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from citybrain.accounts import passwords, private_files
from citybrain.accounts.accounts_file import read, token_hash
from citybrain.accounts.changes import add, issue_wall
from citybrain.floor.settings import Settings

ADMINISTRATOR = "admin"
LOCAL_WALL = "local"


def make_administrator(settings: Settings, now: datetime) -> str:
    """Make the account `ADMINISTRATOR` where there is no account at all.

    Returns:
        Its random password, to be shown this once; "" where there were accounts already.

    Raises:
        ConfigError: the file of accounts cannot be read.
    """
    path = settings.accounts_path
    if read(path).accounts:
        return ""
    password = passwords.make()
    add(path, ADMINISTRATOR, password, now, role="administrator", title="管理员")
    return password


def local_token(settings: Settings, now: datetime) -> str:
    """Return the token of this machine's wall; made when there is none, "" once it was revoked.

    It is kept in `<data>/secrets/wall.token`, mode 0600, beside the keys that the replay uses.

    Raises:
        ConfigError: the file of accounts cannot be read.
    """
    path = settings.data / "secrets" / "wall.token"
    token = _kept(path)
    known = [
        wall for wall in read(settings.accounts_path).walls if wall.sha256 == token_hash(token)
    ]
    if known:
        return "" if known[0].revoked_at else token
    token = issue_wall(settings.accounts_path, LOCAL_WALL, now)
    with private_files.alone(path):
        private_files.write(path, token.encode() + b"\n")
    return token


def _kept(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
