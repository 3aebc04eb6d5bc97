"""A seeded draw of hostile mails through the whole flow, and every mail that once broke something.

Ten thousand by ``python -m tests.hostile.run``.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.hostile.generators.draw import again, draw
from tests.hostile.office_desk import START, office, take
from tests.hostile.run import BUSY, end_of, lines_of, play, processor

#: What a build has room for; the seed is fixed, so a failure can be made again by its name.
COUNT, SEED = 1_500, 20_220_812
#: Mails that once stopped, held up or fooled the desk; the first line of the body says how. New ones are added here.
CASES = sorted((Path(__file__).parent / "cases").glob("*.eml"))
ENDS = {"filed", "asked", "refused", "unreadable"}


def test_the_same_seed_gives_the_same_mails() -> None:
    """A breach is reported by name, and the name alone makes the mail again."""
    drawn = list(draw(60, seed=7))
    assert [mail.data for mail in drawn] == [again(mail.name).data for mail in drawn]


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_what_once_broke_something_does_not_again(tmp_path: Path, case: Path) -> None:
    """A stored mail ends as every mail does, within its budget, and not because the program has a mistake."""
    with office(tmp_path / "home") as desk:
        begun = processor()
        filing = take(desk, case.read_bytes(), at=START + timedelta(minutes=1), origin=case.name)
        message = desk.ledger.message(filing.digest)
        assert message is not None
        assert end_of(filing, message.trouble) in ENDS
        assert processor() - begun < BUSY


@pytest.mark.slow
def test_no_hostile_mail_stops_escapes_or_overstays() -> None:
    """Every mail ends filed, asked, refused or unreadable, and leaves no process, file or connection."""
    tally = play(COUNT, seed=SEED, jobs=2)
    told = "\n".join(lines_of(tally, 0))
    assert tally.breaches == [], told
    assert sum(tally.ends.values()) == COUNT, told
    assert set(tally.ends) <= ENDS, told
