"""`citybrain keys …`."""

from __future__ import annotations

from typing import Annotated

import typer

from citybrain.city import load_city
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.settings import from_environment
from citybrain.floor.terminal import say
from connectors.door import keys as keyring
from connectors.door.key_files import issue_missing

keys = typer.Typer(help="API keys of departments.", no_args_is_help=True)


@keys.command("issue")
def issue_key(department: str) -> None:
    """Make a key for DEPARTMENT and print it, this once; its hash is kept."""
    settings = from_environment()
    known = load_city(settings.city_folder).departments
    if department not in known:
        problem = f"there is no department {department!r}"
        remedy = f"known are {', '.join(sorted(known))}"
        raise ConfigError([Fault(str(settings.city_folder), "departments", problem, remedy)])
    say(keyring.issue(settings, department))


@keys.command("files")
def issue_files() -> None:
    """Make `<data>/secrets/<department>.key` for departments that have none: for the replay."""
    settings = from_environment()
    made = issue_missing(settings, load_city(settings.city_folder).departments)
    say(f"made API keys of {made} departments in {settings.data / 'secrets'}")


@keys.command("list")
def list_keys() -> None:
    """List all keys: id, department, when issued and when revoked; never the key itself."""
    for key in keyring.listed(from_environment().keys_path):
        state = f"revoked {key.revoked_at:%Y-%m-%d %H:%M}" if key.revoked_at else "in use"
        say(f"{key.id}  {key.department:24}  {key.created_at:%Y-%m-%d %H:%M}  {state}")


@keys.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(help="as 'keys list' shows it")]) -> None:
    """Take a key out of use; a running gateway refuses it within a second."""
    settings = from_environment()
    if keyring.revoke(settings, key_id) is None:
        problem = f"no key {key_id!r} is in use"
        raise ConfigError([Fault(str(settings.keys_path), "keys", problem, "see 'keys list'")])
    say(f"{key_id} revoked")
