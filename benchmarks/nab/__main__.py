"""How well, and how fast, the anomaly detector does on a corpus laid out as NAB's is.

Each file is fed row by row to a fresh detector with the settings that ship; the scores are then
swept to NAB's definition (scoring.py). Whatever files are under DIR/data are scored. Generated
series with faults put in (families.py) tell what is found and how many alarms are false.

`python -m benchmarks.nab --data DIR`
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks import report
from benchmarks.nab import tables
from benchmarks.nab.corpus import read_corpus, read_profiles, read_published
from benchmarks.nab.families import survey
from benchmarks.nab.run import run_series


def main(
    data: Annotated[Path, typer.Option(help="folder with data/, labels/ and config/ as in NAB")],
    seeds: Annotated[int, typer.Option(help="generated series a family and fault; 0: none")] = 4,
    result: Annotated[str, typer.Option(help="name of the file under results/")] = "nab",
) -> None:
    """Measure, print the tables, write results/nab.json."""
    corpus, profiles = read_corpus(data), read_profiles(data)
    if not corpus:
        raise typer.BadParameter(f"{data}/data: no CSV file that {data}/labels names")
    runs = []
    for series in corpus:
        runs.append(run_series(series))
        report.say(f"{series.name}: {runs[-1].micros:.0f} µs a row")
    outcome = tables.outcome(runs, profiles)
    tables.show(outcome, read_published(data))
    families = survey(range(seeds)) if seeds else {}
    if families:
        tables.show_families(families)
        outcome["families"] = families
    report.write(result, outcome | {"published_whole_corpus": read_published(data)})


if __name__ == "__main__":
    typer.run(main)
