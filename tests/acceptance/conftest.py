"""One running center for all acceptance tests: each leaves it well for the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.acceptance.center import Center, center


@pytest.fixture(scope="session")
def city_center(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Center]:
    """Return a center that is up, whose door says 429 early when the sink does not follow."""
    with center(
        tmp_path_factory.mktemp("center"), max_waiting_rows=15_000, min_free_mb=64
    ) as started:
        yield started
