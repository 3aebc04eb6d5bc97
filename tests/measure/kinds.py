"""tests/corpus/kinds → what is seen of mails at first sight, each with its kind, by the set it comes from.

``mails.jsonl`` holds the labelled mails (``gather_kinds.py``), ``covers.jsonl`` covering words written for it, whose
papers are ordinary reports unless they say otherwise, ``elsewhere.txt`` papers on other work, ``lookalikes.jsonl``
whole mails that a hasty reader takes for something else.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from labelled import CORPUS  # noqa: E402 - the folders above are needed first
from lexicon import knowledge  # noqa: E402 - the same
from mails import Arrived, arrived, file  # noqa: E402 - the same

from pipeline.understanding import glance  # noqa: E402 - the same
from pipeline.understanding.carriers import lay_open  # noqa: E402 - the same
from pipeline.understanding.glance import Glance  # noqa: E402 - the same
from pipeline.understanding.names import find, names_of  # noqa: E402 - the same

FOLDER = CORPUS / "kinds"
#: Words of the plan and figures of an ordinary report.
_REPORT = (9, 9)


def of_cover(told: dict[str, Any]) -> Glance:
    """A mail by its covering words."""
    subject, body, files, title = told["subject"], told["body"], told["files"], told["title"]
    whole = bool(files) and told["kind"] != "other"
    paper = _REPORT if whole else glance.counted(title, knowledge=knowledge())
    cover = glance.counted(body, knowledge=knowledge())
    return Glance(
        subject=subject,
        cover=glance.shortened(body),
        length=len(body),
        names=tuple(files[: glance.PAPERS]),
        titles=(title,) if files else (),
        openings=(title,) if files else (),
        hits=(paper[0], cover[0]),
        figures=(paper[1], cover[1]),
    )


def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Title and lines of each paper on other work."""
    for block in (FOLDER / "elsewhere.txt").read_text(encoding="utf-8").split("\n\n"):
        head, *lines = block.strip().split("\n")
        if head.startswith("###") and lines:
            yield lines[0], lines


def of_paper(title: str, lines: list[str]) -> Glance:
    """A mail that sends a paper on other work without a word."""
    hits, figures = glance.counted("\n".join(lines), knowledge=knowledge())
    return Glance(
        subject=title,
        cover="",
        length=0,
        names=(title,),
        titles=(title,),
        openings=(glance.opening(lines),),
        hits=(hits, 0),
        figures=(figures, 0),
    )


def written() -> Iterator[tuple[str, Arrived, str]]:
    """Mails that look like something else: the hand, the mail (from the unit that it names), and its kind."""
    units = {unit.name: unit for unit in knowledge().units}
    names = names_of(knowledge(), date(2022, 11, 1))
    for line in (FOLDER / "lookalikes.jsonl").read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        text = "\n".join(told["lines"])
        files = [file(name, "" if place else text) for place, name in enumerate(told["files"])]
        hits = find(f"{told['subject']}\n{told['body']}\n{text}", names)
        sender = units[hits[0].unit].mailboxes[0] if hits else "someone@qq.example"
        yield (
            told["hand"],
            arrived(told["subject"], told["body"], *files, sender=sender, day="2022-10-09"),
            told["kind"],
        )


def lookalikes() -> Iterator[tuple[Glance, str]]:
    """What is seen of each of them, and its kind."""
    for _, mail, kind in written():
        yield glance.of(lay_open(mail.opened, knowledge=knowledge()), knowledge=knowledge()), kind


def rows() -> dict[str, list[tuple[str, str]]]:
    """What is seen of each mail, as JSON, and its kind, by set; what was written for it is last, as ``sentences``."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in (FOLDER / "mails.jsonl").read_text(encoding="utf-8").splitlines():
        seen = json.loads(line)
        name, kind = seen.pop("set"), seen.pop("kind")
        found.setdefault(name, []).append((json.dumps(seen, ensure_ascii=False), kind))
    told = [
        (of_cover(told), told["kind"])
        for told in map(json.loads, (FOLDER / "covers.jsonl").read_text(encoding="utf-8").splitlines())
    ]
    told += [(of_paper(title, lines), "other") for title, lines in elsewhere()]
    told += lookalikes()
    rows = [(json.dumps(dataclasses.asdict(seen), ensure_ascii=False), kind) for seen, kind in told]
    return {**dict(sorted(found.items())), "sentences": rows}
