"""The kind of source of feeds that departments push to the HTTP door (see `connectors.gateway`)."""

from __future__ import annotations

from connectors.source import Source

SOURCE = Source(title="pushed by the department to the HTTP door")
