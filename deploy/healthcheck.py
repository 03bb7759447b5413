#!/usr/bin/env python3
"""Ask one URL of the container's own process; exit 0 if it answers 2xx, else 1 with the reason.

The image has neither curl nor wget, and needs neither.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request


def main(arguments: list[str]) -> int:
    """Check the URL in `arguments`; return the exit status that Docker wants."""
    if len(arguments) != 1 or not arguments[0].startswith("http://127.0.0.1:"):
        sys.stderr.write("usage: healthcheck http://127.0.0.1:PORT/PATH\n")
        return 1
    try:
        urllib.request.urlopen(arguments[0], timeout=4).close()  # noqa: S310
    except (urllib.error.URLError, OSError) as error:
        sys.stderr.write(f"{arguments[0]}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
