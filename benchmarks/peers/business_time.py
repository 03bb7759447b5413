"""Deadlines in business time by four packages; runs in an environment of its own.

Reads one JSON object from the standard input: starts (local times), days (working days), opens
(intervals), holidays; writes peer → CPU seconds and what it said. Each is used as its documents
recommend; none of them knows days that are worked to make up for a holiday, but workalendar.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

warnings.simplefilter("ignore")

Job = dict[str, Any]


def by_pandas(job: Job) -> Callable[[], list[str]]:
    import pandas as pd  # noqa: PLC0415

    hour = pd.offsets.CustomBusinessHour(
        start=[one[0] for one in job["opens"]],
        end=[one[1] for one in job["opens"]],
        holidays=job["holidays"],
    )
    starts = [pd.Timestamp(one) for one in job["starts"]]
    hours = [days * job["day_h"] for days in job["days"]]
    return lambda: [
        (start + count * hour).isoformat() for start, count in zip(starts, hours, strict=True)
    ]


def by_businesstimedelta(job: Job) -> Callable[[], list[str]]:
    import holidays  # type: ignore[import-not-found]  # noqa: PLC0415
    from businesstimedelta import (  # type: ignore[import-not-found]  # noqa: PLC0415
        BusinessTimeDelta,
        HolidayRule,
        LunchTimeRule,
        Rules,
        WorkDayRule,
    )

    opens = [[dt.time.fromisoformat(text) for text in one] for one in job["opens"]]
    week = [0, 1, 2, 3, 4]
    rules = Rules(
        [
            WorkDayRule(start_time=opens[0][0], end_time=opens[-1][1], working_days=week),
            LunchTimeRule(start_time=opens[0][1], end_time=opens[-1][0], working_days=week),
            HolidayRule(holidays.China()),
        ]
    )
    starts = [dt.datetime.fromisoformat(one) for one in job["starts"]]
    spans = [BusinessTimeDelta(rules, hours=days * job["day_h"]) for days in job["days"]]
    return lambda: [
        (start + span).replace(tzinfo=None).isoformat()
        for start, span in zip(starts, spans, strict=True)
    ]


def by_workalendar(job: Job) -> Callable[[], list[str]]:
    from workalendar.asia import China  # type: ignore[import-not-found]  # noqa: PLC0415

    china = China()
    starts = [dt.datetime.fromisoformat(one) for one in job["starts"]]

    def run() -> list[str]:
        found = []
        for start, days in zip(starts, job["days"], strict=True):
            day = china.add_working_days(start.date(), days)
            found.append(dt.datetime.combine(day, start.time()).isoformat())
        return found

    return run


def by_numpy(job: Job) -> Callable[[], list[str]]:
    import numpy as np  # noqa: PLC0415

    starts = np.array(job["starts"], "datetime64[s]")
    dates = starts.astype("datetime64[D]")
    days = np.array(job["days"])
    calendar = np.busdaycalendar(holidays=job["holidays"])

    def run() -> list[str]:
        found = np.busday_offset(dates, days, roll="forward", busdaycal=calendar)
        moved: list[str] = (found + (starts - dates)).astype(str).tolist()
        return moved

    return run


PEERS = {
    "pandas CustomBusinessHour": by_pandas,
    "businesstimedelta": by_businesstimedelta,
    "workalendar, dates alone": by_workalendar,
    "numpy busday_offset, dates alone": by_numpy,
}


def main() -> None:
    job = json.load(sys.stdin)
    told = {}
    for name, make in PEERS.items():
        run = make(job)
        began = time.process_time()
        said = run()
        told[name] = {"cpu_s": time.process_time() - began, "said": said}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
