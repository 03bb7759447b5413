"""A city is a folder: departments, kinds, areas and feeds, read strictly into frozen records."""

from citybrain.city.reading import load_city
from citybrain.city.records import (
    Area,
    City,
    Department,
    EventKind,
    Feed,
    FieldRule,
    Subject,
    Theme,
)

__all__ = [
    "Area",
    "City",
    "Department",
    "EventKind",
    "Feed",
    "FieldRule",
    "Subject",
    "Theme",
    "load_city",
]
