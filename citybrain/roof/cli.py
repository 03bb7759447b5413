"""The command line: one command a process, and what looks after them.

Nothing of a stage is imported before its command is asked for, so `--help` is quick and a stage
that is broken does not take the others with it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from citybrain import __version__
from citybrain.floor.errors import CityBrainError, ConfigError
from citybrain.floor.settings import Settings, from_environment
from citybrain.floor.wire_text import terminal_text
from citybrain.roof.local import private_data, without_pandas

_LATER = {
    "replay": "citybrain.roof.replay.commands:replay",
    "drill": "citybrain.roof.drills.commands:drill",
    "feeds": "connectors.feed_commands:feeds",
    "keys": "connectors.commands:keys",
    "batches": "connectors.batches.commands:batches",
    "dead-letters": "connectors.letters.commands:letters",
    "rules": "streams.ruling.tools.commands:rules",
    "limits": "citybrain.cases.limit_commands:limits",
    "routes": "notifier.commands:routes",
    "workflows": "citybrain.cases.commands:workflows",
    "cases": "citybrain.roof.case_commands:cases",
    "accounts": "citybrain.roof.account_commands:accounts",
    "walls": "citybrain.roof.account_commands:walls",
    "readers": "citybrain.roof.account_commands:readers",
    "audit": "sinks.commands:audit",
    "retention": "sinks.retention_commands:retention",
    "store": "citybrain.roof.store_commands:store",
}
"""Command → the function or typer app that it really is, imported when it is called."""


class _Group(TyperGroup):
    """Puts what `_LATER` names in the place of the command that only holds its name and help."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return name, command and remaining arguments of a call."""
        if args and args[0] in _LATER:
            return args[0], _load(args[0]), args[1:]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=_Group, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.callback(invoke_without_command=True)
def citybrain(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """The situation center of a city: departments' events to live wall screens."""
    if version:
        print(__version__)
        raise typer.Exit


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Leave it running.")] = False,
) -> None:
    """Run the whole system on this machine."""
    from citybrain.roof.local import up as local  # noqa: PLC0415

    raise typer.Exit(local.up(from_environment(), _console(), detach=detach))


@app.command()
def down() -> None:
    """Stop the system that runs on this machine."""
    from citybrain.roof.local import down as local  # noqa: PLC0415

    raise typer.Exit(local.down(from_environment(), _console()))


@app.command()
def status() -> None:
    """Show a line for each process, and what stands or is waited for; exit 0: all work."""
    from citybrain.roof.local import down as local  # noqa: PLC0415

    raise typer.Exit(local.status(from_environment(), _console()))


@app.command()
def health(
    process: Annotated[str, typer.Argument(help="As in 'citybrain <process>'.")],
    url: Annotated[str, typer.Option(help="Is asked too: an address of its own.")] = "",
) -> None:
    """Look once from outside whether a process of this container moves; end it when it is stuck."""
    from citybrain.roof.local.health_check import check as look  # noqa: PLC0415

    code, words = look(from_environment(), process, url)
    print(words)
    raise typer.Exit(code)


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove all state of this machine: events, keys, accounts, logs."""
    from citybrain.roof.local import down as local  # noqa: PLC0415

    settings = from_environment()
    raise typer.Exit(
        local.reset(settings, _console(), confirm=lambda ask: yes or typer.confirm(ask))
    )


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="A city's folder.")] = None,
) -> None:
    """Read a city's folder and this installation, and print all that is wrong with them."""
    from citybrain.floor import packaging  # noqa: PLC0415
    from citybrain.roof.city_check import checked_city  # noqa: PLC0415
    from streams.ruling.rulebook import load_rules  # noqa: PLC0415

    faults = list(packaging.faults())
    try:
        city = checked_city(folder or from_environment().city_folder)
    except ConfigError as error:
        faults.extend(error.faults)
    if faults:
        raise ConfigError(faults)
    rules = load_rules(city).rules
    print(
        f"{city.folder}: {len(city.departments)} departments, {len(city.feeds)} feeds, "
        f"{len(city.kinds)} kinds, {len(rules)} rules: no faults"
    )


@app.command()
def kafka() -> None:
    """Run the local broker (a cluster has its own)."""
    _run("kafka")


@app.command()
def gateway() -> None:
    """Run the push door and the fetching connectors."""
    _run("gateway")


@app.command()
def stream() -> None:
    """Run a worker of the streams."""
    _run("stream")


@app.command()
def ruler() -> None:
    """Run a worker of the warning rules and the duty desk's alerts."""
    _run("ruler")


@app.command()
def casework() -> None:
    """Run the owner of the cases."""
    _run("casework")


@app.command()
def notify() -> None:
    """Run the sender of notices about alerts."""
    _run("notify")


@app.command()
def sink() -> None:
    """Run a worker that writes the topics into the store."""
    _run("sink")


@app.command()
def screens() -> None:
    """Run the wall."""
    _run("screens")


@app.command("replay", help="Feed the city with recorded data and the simulator.")
@app.command("drill", help="Exercise the city: a scenario through the real path.")
@app.command("feeds", help="The feeds: list, check, try a file before it is live.")
@app.command("keys", help="API keys of departments: issue, list, revoke.")
@app.command("batches", help="Published batches: list, withdraw.")
@app.command("dead-letters", help="Rows that were refused: list, show, replay, discard.")
@app.command("rules", help="The warning rules: check the files, run the tests beside them.")
@app.command("routes", help="Who hears of an alert: check the files, test an example.")
@app.command("cases", help="Cases: show one, count its clocks.")
@app.command("workflows", help="The workflows of cases: check, list paths, compare versions.")
@app.command("limits", help="How long cases may take: list, show, compare profiles of limits.")
@app.command("accounts", help="Accounts of people: add, change, list, password, disable, roles.")
@app.command("walls", help="Tokens that open walls: address, issue, list, revoke.")
@app.command("readers", help="Tokens by which programs read alerts: issue, list, revoke.")
@app.command("store", help="The local store: run it. Of any store: check, repair.")
@app.command("audit", help="The audit log: verify that nobody changed it.")
@app.command("retention", help="How long rows are kept: show, apply.")
def _later() -> None:
    """Hold the place of a command of `_LATER`."""


def main() -> None:
    """Run the command line; an error meant for a person is printed as such, without a trace."""
    from citybrain.floor.terminal import guard_tables  # noqa: PLC0415

    guard_tables()
    private_data.keep_private()
    without_pandas.keep_out()
    try:
        app()
    except CityBrainError as error:
        sys.exit(f"citybrain: {terminal_text(str(error))}")


def _run(process: str) -> None:
    from citybrain.floor import logs  # noqa: PLC0415
    from citybrain.roof.local.entries import entry  # noqa: PLC0415

    settings = from_environment()
    logs.configure(settings, process=process)
    entry(process)(settings)


def _load(name: str) -> Any:
    from citybrain.floor import logs  # noqa: PLC0415

    module, _, attribute = _LATER[name].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    settings: Settings = from_environment()
    logs.configure(settings, process=name)
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return typer.main.get_command(alone)


def _console() -> Any:
    from rich.console import Console  # noqa: PLC0415

    return Console(highlight=False)


if __name__ == "__main__":
    main()
