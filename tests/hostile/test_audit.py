"""The audit: what is altered, taken out, cut off or begun anew is found by `yuebao audit verify`, and made whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters.journal import Journal, Place
from pipeline.cli import yuebao
from pipeline.errors import LedgerError
from pipeline.flows import audit, watch
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
    place = next(number for number, entry in enumerate(Journal(path).entries()) if entry.kind == "mail.filed")

    def other(told: list[dict[str, Any]]) -> None:
        told[place]["sender"] = "somebody@else.example"

    remade(path, other)
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


# --------------------------------------------------------------------------- the nightly look goes on where it ended


def night(desk: Desk, *, days: int = 1) -> str:
    """The next round, so many days later; what it says of the audit."""
    clock_of(desk).set(desk.now() + timedelta(days=days))
    tick(desk)
    return desk.ledger.fact(audit.TROUBLE)


@pytest.fixture
def looked_at(desk: Desk) -> Desk:
    """The same a day later: its journal was found whole."""
    assert night(desk) == ""
    return desk


def remade(path: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """The journal with another content and every hash made anew: its chain holds."""
    entries = tuple(Journal(path).entries())
    told = [dict(entry.data) for entry in entries]
    change(told)
    path.unlink()
    Journal(path).append(
        tuple((entry.seq, entry.at, entry.kind, data) for entry, data in zip(entries, told, strict=True))
    )


def test_the_nightly_look_reads_what_is_new(looked_at: Desk) -> None:
    """It goes on behind the last line found whole, and every four weeks it begins anew."""
    assert audit.nightly(looked_at).whole is False
    wholes = []
    for _ in range(30):
        clock_of(looked_at).set(looked_at.now() + timedelta(days=1))
        wholes.append(audit.nightly(looked_at).whole)
        tick(looked_at)
    assert wholes == [False] * 27 + [True] + [False] * 2


def test_a_rewritten_beginning_is_found_in_four_weeks(looked_at: Desk) -> None:
    """One letter of an old line changed in place: the line at hand still fits, the next whole look finds it, and every one after."""
    lines = looked_at.journal.path.read_bytes().splitlines(keepends=True)
    lines[0] = lines[0].replace(b'"at":"2022', b'"at":"2021', 1)
    looked_at.journal.path.write_bytes(b"".join(lines))
    assert "第 1 行" in audit.troubles(looked_at)[0]
    assert night(looked_at, days=28)
    assert night(looked_at)


def test_a_cut_beginning_is_found_the_same_night(looked_at: Desk) -> None:
    """Nothing is at its place any more: the look begins anew."""
    lines = looked_at.journal.path.read_bytes().splitlines(keepends=True)
    looked_at.journal.path.write_bytes(b"".join(lines[1:]))
    assert night(looked_at)


def test_ledger_and_journal_rewritten_to_agree_are_found(looked_at: Desk) -> None:
    """Both say the same and the chain holds; the line that was known is another one, tonight and in a year."""

    def other(told: list[dict[str, Any]]) -> None:
        told[0]["said"] = "else"

    remade(looked_at.journal.path, other)
    data = json.dumps(next(looked_at.journal.entries()).data, ensure_ascii=False, sort_keys=True)
    looked_at.ledger.db.conn.execute("UPDATE events SET data = ? WHERE id = 1", [data])
    assert looked_at.journal.verify() == ()
    assert "改写过" in verified(looked_at.home)[1]
    assert "改写过" in night(looked_at)
    assert "改写过" in night(looked_at, days=365)


def test_a_journal_put_right_is_whole_again(looked_at: Desk) -> None:
    """The file restored from a backup ends the alarm at the next look."""
    whole = looked_at.journal.path.read_bytes()
    looked_at.journal.path.write_bytes(whole.replace(b'"kind":"', b'"kind":"x', 1))
    assert night(looked_at)
    said = looked_at.journal.path.read_bytes()
    looked_at.journal.path.write_bytes(whole)
    looked_at.ledger.hand_over_again(after=Journal(looked_at.journal.path).last_seq)
    looked_at.write_journal()
    assert said != looked_at.journal.path.read_bytes()
    assert night(looked_at) == ""


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_going_on_says_what_the_whole_look_says(data: st.DataObject, tmp_path: Path) -> None:
    """Whatever was done behind the known line, both looks say the same.

    Where that line is not at its place any more, a whole look is made; what was done before it and left it in place is
    all that waits for the next whole one.
    """
    path = tmp_path / "journal.jsonl"
    path.unlink(missing_ok=True)
    journal = Journal(path)
    count = data.draw(st.integers(2, 9))
    journal.append(tuple((n, f"2022-09-{n:02d}T08:00:00", "decision", {"n": n}) for n in range(1, count + 1)))
    places = [met.place for met in journal.follow()]
    known = data.draw(st.sampled_from([Place(), *places]))
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, max(len(raw) - 1, 0)))
        match data.draw(st.sampled_from(["byte", "cut", "insert", "remove", "double"])):
            case "byte" if raw:
                raw[at] = data.draw(st.integers(32, 126))
            case "cut":
                del raw[at:]
            case "insert":
                raw[at:at] = data.draw(st.binary(max_size=5))
            case "remove":
                del raw[at : at + data.draw(st.integers(1, 400))]
            case _:
                raw[at:at] = raw[at : at + data.draw(st.integers(1, 400))]
    path.write_bytes(bytes(raw))

    def said(after: Place) -> list[tuple[int, str]]:
        found, line = [], after.line
        try:
            for met in journal.follow(after):
                line = met.place.line
                found += [(line, trouble.message) for trouble in met.troubles]
        except LedgerError as error:
            found.append((line + 1, error.message))
        return found

    whole = said(Place())
    if not journal.holds(known):
        return  # a whole look is made
    if Place() == known or not any(line <= known.line for line, _ in whole):
        assert said(known) == whole
    else:
        assert {line for line, _ in said(known)} >= {line for line, _ in whole if line > known.line}
