"""Who hears of an alert, when and how: matchers, silences, inhibition, routes, rota, channels."""

from __future__ import annotations

from citybrain.settings import Settings


def run(settings: Settings) -> None:
    """Run the sender; see `citybrain.notify.sender`."""
    from citybrain.notify import sender  # noqa: PLC0415  who only decides needs no channels

    sender.run(settings)
