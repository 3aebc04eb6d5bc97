"""The audit: what is altered, taken out, cut off or begun anew is found by `yuebao audit verify`, and made whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from pipeline.adapters.journal import Journal
from pipeline.cli import yuebao
from pipeline.flows import watch
from pipeline.flows.desk import Desk
from pipeline.flows.tick import tick
from tests.hostile.generators.material import plain
from tests.hostile.office_desk import clock_of, office


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A home that worked for a round: a mail in, letters out."""
    with office(tmp_path / "home") as lived:
        lived.source.deliver(plain(Random(1), sender=b"xxczj@163.example"), received_at=lived.now())  # type: ignore[attr-defined]
        tick(lived)
        yield lived


def verified(home: Path) -> tuple[int, str]:
    """What the command says, and with which exit code."""
    result = CliRunner().invoke(yuebao, ["--home", str(home), "audit", "verify"])
    return result.exit_code, result.output


def cut(path: Path) -> None:
    """Its last three lines are taken away."""
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-3]))


def gone(path: Path) -> None:
    """There is no file any more."""
    path.unlink()


def emptied(path: Path) -> None:
    """A file of nothing."""
    path.write_bytes(b"")


def rewritten(path: Path) -> None:
    """One event says something else, and every hash behind it was made anew: the chain holds."""
    entries = tuple(Journal(path).entries())
    path.unlink()
    told = [dict(entry.data) for entry in entries]
    place = next(number for number, entry in enumerate(entries) if entry.kind == "mail.filed")
    told[place]["sender"] = "somebody@else.example"
    Journal(path).append(
        tuple((entry.seq, entry.at, entry.kind, data) for entry, data in zip(entries, told, strict=True))
    )
    assert Journal(path).verify() == ()


def test_an_untouched_audit_is_whole(desk: Desk) -> None:
    """Exit code 0, with the number of lines and mails."""
    code, said = verified(desk.home)
    assert (code, "完好" in said, "存档 1 封" in said) == (0, True, True)


@pytest.mark.parametrize("harm", [cut, gone, emptied, rewritten])
def test_no_harm_to_the_audit_passes(desk: Desk, harm: Callable[[Path], None]) -> None:
    """Whatever was done to the journal, verifying it says so with exit code 1."""
    harm(desk.journal.path)
    code, said = verified(desk.home)
    assert (code, "完好" in said) == (1, False)


@pytest.mark.parametrize("harm", [cut, gone, emptied])
def test_what_was_cut_off_is_written_again_and_told(desk: Desk, harm: Callable[[Path], None]) -> None:
    """The next round writes the lost lines byte for byte, notes it in the audit, and a person hears of it for a day."""
    whole = desk.journal.path.read_bytes()
    harm(desk.journal.path)
    clock_of(desk).set(desk.now() + timedelta(minutes=10))
    tick(desk)
    assert desk.journal.path.read_bytes().startswith(whole)
    assert watch.read(desk.home)["kinds"] == ["journal"]  # type: ignore[index]
    assert [entry.data["mended"] for entry in desk.journal.entries() if entry.kind == "journal.cut"] == [True]
    assert verified(desk.home)[0] == 0


def test_what_no_ledger_holds_stays_a_gap(desk: Desk) -> None:
    """Lines that are nowhere any more: the gap is found for good, however much is written behind it."""
    desk.ledger.db.conn.execute("DELETE FROM events WHERE id BETWEEN 2 AND 4")
    desk.journal.path.write_bytes(desk.journal.path.read_bytes().splitlines(keepends=True)[0])
    clock_of(desk).set(desk.now() + timedelta(minutes=10))
    tick(desk)
    code, said = verified(desk.home)
    assert (code, "截去" in said) == (1, True)
