"""Print routing for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text as RichText
from rich.tree import Tree

from citybrain.alerts.matchers import show
from citybrain.alerts.records import Alert
from citybrain.floor.duration import words
from citybrain.floor.levels import NUMERALS, TITLES
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.notices.channel_options import URL, URL_ENV, URL_FILE
from citybrain.notices.pipeline import NoticePipeline
from citybrain.notices.rota import who_is_on
from citybrain.notices.routing import POST, Receiver, Route, Routing
from citybrain.notices.routing_explained import (
    PHRASES,
    ComingStep,
    Explanation,
    ToldReceiver,
    TriedRoute,
)

COLOURS = {
    "blue": "white on blue",
    "yellow": "black on yellow",
    "orange": "black on dark_orange",
    "red": "white on red",
}
_PURPOSES = {"escalated": "escalate", "repeated": "repeat"}


def summary(
    console: Console,
    pipeline: NoticePipeline,
    absent: Mapping[str, str],
    now: datetime,
    *,
    side: str,
) -> None:
    """Print the tree of routes, the receivers, and who is on duty at `now`."""
    routing = pipeline.routing
    console.print(_tree(routing.root))
    console.print(_receivers(routing, absent, side))
    console.print(_duty(routing, now, side))
    counts = (
        (sum(1 for _ in routing.root.walk()), "route"),
        (len(routing.receivers), "receiver"),
        (len(routing.inhibitions), "inhibition"),
        (len(routing.rotas), "post"),
    )
    said = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)
    example = " [yellow](calendar.yaml is an example: check it)[/]"
    console.print(f"[green]✓[/] {said}: no faults{example if routing.calendar.example else ''}")
    for name, problem in absent.items():
        console.print(
            f"[yellow]![/] {name} cannot be reached yet: {escape(problem)}", soft_wrap=True
        )


def explanation(
    console: Console,
    routing: Routing,
    alert: Alert,
    found: Explanation,
    absent: Mapping[str, str],
    *,
    side: str,
) -> None:
    """Print who hears of `alert`, what comes, and who does not hear."""
    zone, now = routing.zone, alert.updated_at
    console.print(_head(alert, found, zone, side))
    for mute in found.mutes:
        console.print(f"[yellow]● muted[/] by {mute.kind}: {escape(mute.reason.en)}")
    console.print(_heard(routing, found, absent, side))
    if found.coming:
        console.print(_coming("While nobody acknowledges", routing, found.coming, now, side))
    if found.after_acknowledgement:
        title = "If acknowledged now, and nothing more is done"
        console.print(_coming(title, routing, found.after_acknowledgement, now, side))
    console.print(_routes(found.routes))
    if found.missed:
        console.print(_missed(routing, found.missed, side))


def _head(alert: Alert, found: Explanation, zone: ZoneInfo, side: str) -> Group:
    episode = alert.episode
    level = getattr(TITLES[episode.level], side)
    line = RichText.assemble(
        (f" {level} {NUMERALS[episode.level]} ", COLOURS[episode.level]),
        f"  {episode.rule}  ",
        (_clock(alert.updated_at, zone), "dim"),
    )
    labels = "  ".join(
        f"[dim]{name}=[/]{escape(','.join(values))}" for name, values in found.labels.items()
    )
    return Group(line, RichText.from_markup(labels), RichText())


def _heard(
    routing: Routing, found: Explanation, absent: Mapping[str, str], side: str
) -> Table | RichText:
    if not found.receivers:
        return RichText("Nobody hears of it now.", style="bold yellow")
    table = _table("Told now", "receiver", "over", "because", "person on duty")
    for one in found.receivers:
        problem = f" [red]{escape(absent[one.receiver])}[/]" if one.receiver in absent else ""
        receiver = routing.receivers[one.receiver]
        table.add_row(
            f"[bold]{escape(_title(one, side))}[/] [dim]{one.receiver}[/]",
            f"{_over(routing, one.channel)} [dim]{receiver.language}[/]{problem}",
            "stands in during exercises for " + one.named if one.exercise else one.named,
            _person(routing, one, side),
        )
    return table


def _coming(
    title: str, routing: Routing, coming: Iterable[ComingStep], now: datetime, side: str
) -> Table:
    table = _table(title, "after", "at", "what", "told", "route")
    for one in coming:
        table.add_row(
            f"[bold]+{words(round((one.at - now).total_seconds()))}[/]",
            one.at.astimezone(routing.zone).strftime("%H:%M"),
            f"{_PURPOSES[one.purpose]} [dim]{one.step}[/]",
            ", ".join(escape(_title(told, side)) for told in one.receivers) or "[dim]nobody[/]",
            f"[dim]{one.route}[/]",
        )
    return table


def _routes(tried: Iterable[TriedRoute]) -> Table:
    table = _table("Routes in the order they were tried", "", "route", "receivers", "why not")
    for one in tried:
        mark = "[green]✓[/]" if one.taken and not one.mute else "[dim]·[/]"
        if one.mute:
            mark = "[yellow]●[/]"
        why = one.mute.reason.en if one.mute else _words(one.why)
        style = "" if one.taken else "dim"
        table.add_row(mark, one.path, ", ".join(one.to), escape(why), style=style)
    return table


def _words(why: Reason | None) -> str:
    return PHRASES.say(why).en if why else ""


def _missed(routing: Routing, missed: Mapping[str, Reason], side: str) -> Table:
    table = _table("Who does not hear, and why", "receiver", "why")
    for name, why in missed.items():
        table.add_row(
            f"{_titled(routing.receivers[name].title, side)} [dim]{name}[/]",
            escape(f"{why.arguments['route']}: {_words(why)}"),
        )
    return table


def _tree(root: Route) -> Tree:
    tree = Tree(_branch(root), guide_style="dim")

    def grow(branch: Tree, route: Route) -> None:
        for child in route.routes:
            grow(branch.add(_branch(child)), child)

    grow(tree, root)
    return tree


def _branch(route: Route) -> RichText:
    parts: list[str | tuple[str, str]] = [(route.path.rpartition("/")[2], "bold")]
    if route.matchers:
        parts.append((" " + ", ".join(map(show, route.matchers)), "cyan"))
    parts.append(f" → {', '.join(route.to)}")
    if route.continue_:
        parts.append((" and on", "dim"))
    if route.escalation:
        parts.append((f"  escalation {route.escalation.id}", "magenta"))
    if route.repeat:
        parts.append((f"  repeat {words(round(route.repeat.total_seconds()))}", "dim"))
    for what, names in (("only", route.active), ("not", route.mute)):
        if names:
            parts.append((f"  {what} {', '.join(names)}", "yellow"))
    return RichText.assemble(*parts)


def _receivers(routing: Routing, absent: Mapping[str, str], side: str) -> Table:
    table = _table("Receivers", "receiver", "over", "language", "a minute", "fallback", "ready")
    for receiver in routing.receivers.values():
        problem = absent.get(receiver.id)
        over = f"{_over(routing, receiver.kind)} [dim]{escape(_where(receiver))}[/]"
        table.add_row(
            f"{escape(_titled(receiver.title, side))} [dim]{receiver.id}[/]",
            over + (" [yellow]exercise[/]" if receiver.exercise else ""),
            "" if receiver.kind == POST else receiver.language,
            "" if receiver.kind == POST else str(receiver.per_minute),
            receiver.fallback,
            f"[red]{escape(problem)}[/]" if problem else "[green]✓[/]",
        )
    return table


def _duty(routing: Routing, now: datetime, side: str) -> Table:
    table = _table("On duty now", "post", "person", "shift", "hears over", "hands over")
    for rota in routing.rotas.values():
        duty = who_is_on(rota, now, routing.zone)
        person = routing.people[duty.person]
        table.add_row(
            _titled(rota.title, side),
            f"{_titled(person.title, side)} [dim]{duty.person}[/]",
            duty.shift,
            ", ".join(person.receivers),
            _clock(duty.until, routing.zone),
        )
    return table


def _where(receiver: Receiver) -> str:
    """Return where the address comes from, never what it is."""
    given = receiver.options
    if given.get(URL_ENV):
        return f"${given[URL_ENV]}"
    return given.get(URL_FILE) or given.get(URL) or receiver.rota


def _over(routing: Routing, kind: str) -> str:
    return "post" if kind == POST else routing.channels.get(kind, kind)


def _person(routing: Routing, one: ToldReceiver, side: str) -> str:
    if not one.person:
        return ""
    title = _titled(routing.people[one.person].title, side)
    until = f" [dim]until {_clock(one.until, routing.zone)}[/]" if one.until else ""
    return f"{escape(title)}{until}"


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=f"\n{title}",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="dim",
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _title(one: ToldReceiver, side: str) -> str:
    return one.title_zh if side == "zh" else one.title_en


def _titled(title: Text, side: str) -> str:
    return title.zh if side == "zh" else title.en


def _clock(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")
