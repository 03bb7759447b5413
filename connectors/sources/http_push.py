"""The kind of source of feeds that departments push to the HTTP door (see `connectors.gateway`)."""

from __future__ import annotations

from connectors.fetch.source import SourceKind

SOURCE = SourceKind(title="pushed by the department to the HTTP door")
