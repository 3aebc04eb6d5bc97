"""Forged, tricky and look-alike senders through the whole flow → how many of them count, and how many are answered.

usage: python -m tests.hostile.spoofs

T1: the very address of a department, forged in 40 ways, after one mail that the server confirmed. T2: From lines that
fool parsers, alone and beside a second one. T3: 200 different addresses that look like a registered one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from pipeline.adapters.opening import open_in_process
from pipeline.flows import facts
from pipeline.flows.deliver import deliver
from pipeline.flows.desk import Desk
from pipeline.flows.remind import recheck
from pipeline.model import Opened
from pipeline.readers import Tools
from tests.hostile.generators import envelope
from tests.hostile.generators.material import plain
from tests.hostile.office_desk import START, accepted, office, take

LOOK_ALIKES = 200


def opened_here(data: bytes, digest: str) -> Opened:
    """These mails are plain text of our own making: they need no child."""
    return open_in_process(data, digest, tools=Tools())


def tricky() -> Iterator[bytes]:
    """T2: every From line that fools parsers, and the same behind another From line."""
    for number, line in enumerate(envelope._FROM):
        yield plain(Random(f"tricky-{number}"), sender=line)
        yield plain(Random(f"two-{number}"), (b"From: " + line,), sender=b"xxczj@163.example")


def imitated(desk: Desk) -> Iterator[bytes]:
    """T3: 200 different look-alikes of the mailboxes of the directory, under a department's name."""
    boxes = [box for unit in desk.settings.units for box in unit.mailboxes]
    taken, rng = set(boxes), Random("look-alikes")
    while len(taken) < len(boxes) + LOOK_ALIKES:
        like = envelope.look_alike(rng.choice(boxes), rng)
        if like not in taken:
            taken.add(like)
            yield plain(Random(like), sender=b'"' + "县财政局".encode() + b'" <' + like.encode() + b">")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one kind of spoof."""

    mails: int
    counted: int
    #: Letters to anybody but the office.
    answered: int


def played(desk: Desk, mails: Iterator[bytes]) -> Outcome:
    """Take all in, let everything leave that may, and count what that changed."""
    before, told = _counting(desk), _answered(desk)
    number = 0
    for number, data in enumerate(mails, 1):
        take(desk, data, at=START + timedelta(minutes=number))
    return Outcome(number, _counting(desk) - before, _answered(desk) - told)


def _counting(desk: Desk) -> int:
    return sum(settled.counts for _, settled in facts.settled_filings(desk, until=desk.now() + timedelta(days=1)))


def _answered(desk: Desk) -> int:
    deliver(desk, recheck=recheck)
    offices = {address for route in desk.settings.routes for address in route.recipients}
    return sum(not set(to) <= offices for to in accepted(desk))


def main() -> None:
    """Print the table."""
    # The forms of T1 stand beside the claims about each.
    from tests.hostile.test_identity import FORGED, FORGED_AT_COREMAIL, at_coremail, believing, confirmed, sent

    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        with office(Path(folder) / "1", opener=opened_here, edit=believing) as desk:
            take(desk, confirmed(), at=START)
            forms = (sent(number, *form) for number, form in enumerate(FORGED, 1))
            rows["T1, a server that is configured"] = played(desk, forms)
        with office(Path(folder) / "2", opener=opened_here) as desk:
            take(desk, confirmed(at=b"coremail"), at=START)
            forms = (at_coremail(number, *form) for number, form in enumerate(FORGED_AT_COREMAIL, 1))
            rows["T1, Coremail (163.com), as shipped"] = played(desk, forms)
        with office(Path(folder) / "3", opener=opened_here) as desk:
            rows["T2, From lines"] = played(desk, tricky())
        with office(Path(folder) / "4", opener=opened_here) as desk:
            rows["T3, look-alikes"] = played(desk, imitated(desk))
    for name, row in rows.items():
        print(f"{name:36} {row.mails:4} mails  {row.counted} counted  {row.answered} answered")  # noqa: T201 - a tool prints
    total = sum(row.mails for row in rows.values())
    print(f"{'all':36} {total:4} mails")  # noqa: T201 - a tool prints


if __name__ == "__main__":
    main()
