"""A seeded draw of hostile mails through the whole flow; ten thousand by ``python -m tests.hostile.run``."""

from __future__ import annotations

import pytest

from tests.hostile.generators.draw import again, draw
from tests.hostile.run import lines_of, play

#: What fits into the build beside everything else; the seed is fixed, so a failure can be made again by its name.
COUNT, SEED = 120, 20_220_812


def test_the_same_seed_gives_the_same_mails() -> None:
    """A breach is reported by name, and the name alone makes the mail again."""
    drawn = list(draw(60, seed=7))
    assert [mail.data for mail in drawn] == [again(mail.name).data for mail in drawn]


@pytest.mark.slow
def test_no_hostile_mail_stops_escapes_or_overstays() -> None:
    """Every mail ends filed, asked, refused or unreadable, and leaves no process, file or connection."""
    tally = play(COUNT, seed=SEED, jobs=2)
    told = "\n".join(lines_of(tally, 0))
    assert tally.breaches == [], told
    assert sum(tally.ends.values()) == COUNT, told
    assert set(tally.ends) <= {"filed", "asked", "refused", "unreadable"}, told
