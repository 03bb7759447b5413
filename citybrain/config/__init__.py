"""A city is a folder: departments, kinds, areas and feeds, read strictly into frozen records."""

from citybrain.config.load import load_city
from citybrain.config.records import Area, City, Department, Feed, FieldRule, Kind, Theme, Title

__all__ = ["Area", "City", "Department", "Feed", "FieldRule", "Kind", "Theme", "Title", "load_city"]
