"""Mails written to look like something else → how many are told right, asked about, and wrong in silence.

usage: python tests/measure/lookalikes.py

The mails are tests/corpus/kinds/lookalikes.jsonl. Each hand's are told by weights that learned from everything but
that hand's own.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "measure"), str(ROOT / "tests" / "support")]

import dataclasses  # noqa: E402 - the folders above are needed first
import json  # noqa: E402 - the same

import kinds  # noqa: E402 - the same
from train_weights import KINDS, learned  # noqa: E402 - the same

from pipeline.model import QuestionKind  # noqa: E402 - the same
from pipeline.understanding import glance, votes  # noqa: E402 - the same
from pipeline.understanding.reading import understand  # noqa: E402 - the same
from tests.support.knowledge import knowledge  # noqa: E402 - the same

_KEPT = votes.kept


def main() -> None:
    """Tell the mails of each hand and print."""
    known = knowledge(sent=())
    mails = list(kinds.written())
    seen = [(json.dumps(dataclasses.asdict(look), ensure_ascii=False), kind) for look, kind in kinds.lookalikes()]
    own = set(seen)
    rest = [row for rows in kinds.rows().values() for row in rows if row not in own]
    for hand in sorted({hand for hand, _, _ in mails}):
        others = [row for row, (of, _, _) in zip(seen, mails, strict=True) if of != hand]
        unseen = learned([*rest, *others], KINDS)
        votes.kept = lambda name, unseen=unseen: unseen if name == glance.WEIGHTS else _KEPT(name)  # type: ignore[assignment,misc] # stands in for the file
        tally: Counter[str] = Counter()
        for of, mail, kind in mails:
            if of != hand:
                continue
            told = understand(mail.opened, received_at=mail.received_at, screening=mail.screening, knowledge=known)
            asked = any(question.kind is QuestionKind.KIND for question in told.questions)
            right = told.kind.value == kind
            tally.update(mails=1, right=right, asked=asked, silent=not right and not asked)
        counts = (
            f"{tally['right']} of {tally['mails']} right, {tally['asked']} asked about, {tally['silent']} wrong unasked"
        )
        sys.stdout.write(f"{hand}: {counts}\n")


if __name__ == "__main__":
    main()
