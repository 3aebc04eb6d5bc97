"""F20: months in which everything goes wrong at random: ten seeds here, any number of any length by command."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.crashloop import Worker
from tests.faults.scale import RELEASE, seeds
from tests.faults.soak import DAYS, soak


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    """One warm process for all seeds."""
    with Worker() as process:
        yield process


@pytest.mark.parametrize("seed", seeds(10, all_of_them=100))
def test_soak(worker: Worker, seed: int) -> None:
    """Kills, errors, moods of servers, moved mails, harmed ledgers: the invariants hold at the end of the month."""
    wrong, story = soak(seed, 2 if RELEASE else 1, worker, days=DAYS if RELEASE else (1, 7, 8, 13))
    assert wrong == (), "\n".join(story)
