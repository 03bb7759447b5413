"""What a channel takes from a receiver of routing.yaml, as far as the files are checked; pure.

Ways to send live in the notifier, one file each, and are found there. What decides about notices
knows none of them: it is given what was found, as `Channels`, and checks receivers by that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from citybrain.city.references import RecordFault

URL, URL_FILE, URL_ENV, TOKEN_FILE = "url", "url_file", "url_env", "token_file"
ADDRESS = (URL, URL_FILE, URL_ENV)
"""The keys that say where a receiver is reached; what they lead to may be a secret."""


def no_faults(_options: Mapping[str, str]) -> Iterator[RecordFault]:
    """Yield nothing: all options are right."""
    yield from ()


@dataclass(frozen=True, kw_only=True)
class ChannelOptions:
    """What a channel takes from a receiver.

    Attributes:
        title: what `citybrain routes` calls it, in a word.
        keys: keys of a receiver that are the channel's own; their values are texts.
        check: yields what is wrong with their values; `item` of a fault is the key.
        default: whether it is meant where a receiver names no `kind`; one channel is.
    """

    title: str
    keys: tuple[str, ...] = ()
    check: Callable[[Mapping[str, str]], Iterator[RecordFault]] = no_faults
    default: bool = False


Channels = Mapping[str, ChannelOptions]
"""What was found, by the `kind` that receivers name."""


def default_kind(channels: Channels) -> str:
    """Return the `kind` of a receiver that names none; "" where no channel is the default."""
    return next((name for name, channel in channels.items() if channel.default), "")


def check_one_address(options: Mapping[str, str]) -> Iterator[RecordFault]:
    """Yield that there is no address, or more than one."""
    given = [name for name in ADDRESS if options.get(name)]
    if len(given) != 1:
        problem = f"{' and '.join(given)} given" if given else "no address"
        yield RecordFault("", problem, f"give exactly one of {URL_FILE}, {URL_ENV} and {URL}")


def check_plain_url(url: str) -> Iterator[RecordFault]:
    """Yield what is wrong with a web address that stands in the file itself."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        parts, fits = urlsplit(""), False
    if not fits:
        yield RecordFault(URL, f"{url!r} is not a web address", "give http://… or https://…")
    if parts.username or parts.password or parts.query:
        problem = "the address holds a secret"
        yield RecordFault(URL, problem, f"put it into a file and name that: {URL_FILE}")


def check_keys(kind: str, options: Mapping[str, str], channels: Channels) -> Iterator[RecordFault]:
    """Yield which of `options` a receiver of `kind` does not take, else what is wrong with them."""
    own = channels[kind].keys if kind in channels else ()
    for key in options:
        if key not in own:
            takers = [one.title for one in channels.values() if key in one.keys]
            problem = f"a receiver of kind {kind!r} has none"
            if len(takers) == 1:
                problem = f"only a {takers[0]} has one"
            yield RecordFault(key, problem, "take it away")
    if kind in channels:
        yield from channels[kind].check(options)
