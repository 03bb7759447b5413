"""The clocks of a city's cases: its calendar, its zone and the limits that it goes by."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from citybrain.cases.case_clocks import CaseClocks
from citybrain.cases.limit_files import chosen_profiles
from citybrain.cases.working_time import WorkingTime
from citybrain.city import City
from citybrain.city.calendar_file import load_calendar


def clocks_of(city: City) -> CaseClocks:
    """Return what reads the clocks of the cases of `city`.

    Raises:
        ConfigError: its calendar or its limits are faulty.
    """
    time = WorkingTime(load_calendar(city), ZoneInfo(city.time_zone))
    return CaseClocks(chosen_profiles(city), time)
