"""Labelled mails with their questions answered as the labels say → how many the same mails ask when they come again.

usage: python tests/measure/learning.py [--plan NOTICE]

Each set is a month: its questions about senders, units and passages are answered from the labels, as a person at the
office would, and the mails are read once more with what was learned. Prints both counts for each set, and how many
items were right before any answer, with the answers, and at the second reading.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "tests" / "measure")]

from labelled import SETS  # noqa: E402 - the folders above are needed first
from reading import cached, knowledge_of, plan_of  # noqa: E402 - the same

from pipeline.flows.look import read_mails  # noqa: E402 - the same
from pipeline.model import Action, Decision, Filing, Memory, QuestionKind, ReportRecord  # noqa: E402 - the same
from pipeline.text import bare  # noqa: E402 - the same
from pipeline.understanding.settling import lessons_of, passage_asked, settle  # noqa: E402 - the same

ASKED = {QuestionKind.SENDER, QuestionKind.UNIT, QuestionKind.MATCH}


def answers(filing: Filing, truth: dict[str, Any], *, at: Any) -> tuple[Decision, ...]:
    """What the office says to the questions of a mail, from its labels."""
    out = []
    for question in filing.questions:
        if question.kind in {QuestionKind.SENDER, QuestionKind.UNIT} and truth["unit"]:
            out.append(
                Decision(
                    at, Action.UNIT, filing.digest, question=question.kind, place=question.place, value=truth["unit"]
                )
            )
        if question.kind is QuestionKind.MATCH:
            passage = passage_asked(filing, question.place)
            item = item_of(passage, truth) if passage is not None else ""
            out.append(
                Decision(at, Action.ITEM, filing.digest, question=question.kind, place=question.place, value=item)
            )
    return tuple(out)


def item_of(passage: ReportRecord, truth: dict[str, Any]) -> str:
    """The item under which the labels hold most of a passage; empty where they hold it nowhere."""

    def shared(text: str) -> int:
        pairs = {bare(text)[at : at + 2] for at in range(len(bare(text)) - 1)}
        return sum(words[at : at + 2] in pairs for at in range(len(words) - 1))

    words = bare(passage.progress)
    best = max(truth["items"], key=lambda one: shared(one["progress"] or ""), default=None)
    return str(best["item"]) if best is not None and shared(best["progress"] or "") > 0.6 * (len(words) - 1) else ""


def right(filing: Filing, truth: dict[str, Any]) -> int:
    """Items told as labelled, those that count."""
    told = {record.match.item for record in filing.records if not record.doubtful}
    return len(told & {one["item"] for one in truth["items"]})


def main() -> None:
    """Read each set, answer, read it again, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", type=Path)
    asked = parser.parse_args()
    plan = plan_of(asked.plan)
    opener = cached(
        Path(os.environ.get("YUEBAO_MEASURE_CACHE", Path(tempfile.gettempdir()) / "yuebao-measure")), fresh=False
    )
    totals = [0] * 5
    print("set            first  again | items right before, answered, again")  # noqa: T201 - the result of the command
    for name in SETS:
        folder = ROOT / "tests" / "corpus" / name
        truth = {one["mail"]: one for one in json.loads((folder / "truth.json").read_text(encoding="utf-8"))}
        knowledge, zone = knowledge_of(plan, without=name)
        first = list(read_mails([folder / "mails"], opener=opener, knowledge=knowledge, zone=zone))
        lessons = []
        counts = [0] * 5
        for mail, at, opened, filing in first:
            given = answers(filing, truth[mail], at=at)
            sender = opened.letter.sender.addr if opened.letter.sender else ""
            lessons += lessons_of(filing, sender, given)
            counts[0] += sum(question.kind in ASKED for question in filing.questions)
            counts[2] += right(filing, truth[mail])
            counts[3] += right(settle(filing, given).filing, truth[mail])

        def taught(at: Any, lessons: Any = tuple(lessons), knowledge: Any = knowledge) -> Any:
            return replace(knowledge(at), memory=Memory(lessons=lessons))

        for mail, _, _, filing in read_mails([folder / "mails"], opener=opener, knowledge=taught, zone=zone):
            counts[1] += sum(question.kind in ASKED for question in filing.questions)
            counts[4] += right(filing, truth[mail])
        print(f"{name:14s} {counts[0]:5d} {counts[1]:6d} | {counts[2]:5d} {counts[3]:5d} {counts[4]:5d}")  # noqa: T201 - the same
        totals = [one + more for one, more in zip(totals, counts, strict=True)]
    print(f"{'all':14s} {totals[0]:5d} {totals[1]:6d} | {totals[2]:5d} {totals[3]:5d} {totals[4]:5d}")  # noqa: T201 - the same


if __name__ == "__main__":
    main()
