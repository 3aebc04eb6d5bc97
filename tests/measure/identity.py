"""Labelled mails → which kinds, units, months and seals are read right, and the clues behind each reading.

usage: python tests/measure/identity.py [--set first --set second --set third] [--clues NAME ...] [--fresh]

Opened mails are kept where ``reading.py`` keeps them; ``--clues`` prints evidence, scores and questions of mails whose
file name begins with NAME.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from reading import ROOT, SETS, cached, knowledge_of

from pipeline.flows.look import read_mails
from pipeline.model import Filing, Opened
from pipeline.understanding.carriers import lay_open

CACHE = Path(os.environ.get("YUEBAO_MEASURE_CACHE", Path(tempfile.gettempdir()) / "yuebao-measure"))
KEYS = ("kind", "unit", "period", "stamped")


def explained(filing: Filing, opened: Opened, knowledge: Any) -> list[str]:
    """Everything that speaks for the reading of one mail."""
    mail = lay_open(opened, knowledge=knowledge)
    lines = [
        f"    {score:5.1f}  {'报告' if paper in mail.main else '——'}  {paper.document.part} {paper.document.name}"
        for paper, score in zip(mail.papers, mail.scores, strict=True)
    ]
    clues = (*filing.kind_clues, *filing.unit_clues, *filing.period_clues)
    lines += [f"    {clue.weight:5.1f}  {clue.value}  {clue.because}" for clue in clues]
    lines += [f"    ？{question.kind} {question.text}" for question in filing.questions]
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", action="append", dest="sets", choices=SETS)
    parser.add_argument("--clues", nargs="*", default=[])
    parser.add_argument("--fresh", action="store_true")
    told = parser.parse_args()
    opener = cached(CACHE, fresh=told.fresh)
    knowledge, zone = knowledge_of(None)
    for name in told.sets or SETS:
        folder = ROOT / "tests" / "corpus" / name
        truth = {one["mail"]: one for one in json.loads((folder / "truth.json").read_text(encoding="utf-8"))}
        right: Counter[str] = Counter()
        asked: Counter[str] = Counter()
        for mail, at, opened, filing in read_mails([folder / "mails"], opener=opener, knowledge=knowledge, zone=zone):
            file = getattr(mail, "name", str(mail))
            read = {key: getattr(filing, key) for key in KEYS}
            wrong = {key: (read[key], truth[file][key]) for key in KEYS if read[key] != truth[file][key]}
            right.update(key for key in KEYS if key not in wrong)
            asked.update(question.kind.value for question in filing.questions if question.holds)
            if wrong:
                print(f"{file}: {', '.join(f'{key} {got!r}≠{want!r}' for key, (got, want) in wrong.items())}")  # noqa: T201 - a tool prints
            if any(file.startswith(one) for one in told.clues):
                print(f"{file} {filing.kind} {filing.other} {filing.unit} {filing.period}")  # noqa: T201 - a tool prints
                print("\n".join(explained(filing, opened, knowledge(at))))  # noqa: T201 - a tool prints
        shares = "  ".join(f"{key} {right[key] / len(truth):.3f}" for key in KEYS)
        print(f"{name}: {len(truth)} mails  {shares}  holding questions {dict(asked)}")  # noqa: T201 - a tool prints


if __name__ == "__main__":
    main()
