"""Labelled mails → tests/corpus/subjects/beside.tsv, what stands in them and belongs to no item of the plan.

usage: python tests/measure/gather_beside.py

Work outside the plan by its labels, and the sentences of letters and papers (not of tables) that no label holds:
frames, covers, questions, quoted letters. Mails are taken from the cache that tests/measure/reading.py fills.
The sets that check what the others taught give none.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import reading
from gather_examples import sentences
from labelled import CHECKED, CORPUS, DISPUTED, SETS

from pipeline.model import Opened, Table
from pipeline.text import bare

TARGET = CORPUS / "subjects" / "beside.tsv"
#: A heading, a line of a letter's head, a mark of a list: these name subjects, or nobody says them.
_MARKED = re.compile(r"[（(]?[一二三四五六七八九十\d]+[）)、.．]|[>（(]|附件|发件人|收件人|主题|发送")
#: Shorter ones, and those without a comma or a figure, are titles.
_SAID, _LEAST = re.compile(r"[，,、]|\d"), 10


def told(mail: dict[str, Any], opened: Opened) -> Iterator[str]:
    """The sentences of one mail that belong to no item."""
    labels = [item["progress"] or "" for item in mail["items"]]
    for key in ("problems", "next_steps"):
        labels += [one if isinstance(one, str) else one["text"] for one in mail.get(key) or []]
    for one in mail.get("off_plan") or []:
        yield from sentences(one if isinstance(one, str) else one["text"])
    held = [bare(label) for label in labels]
    whole = "".join(held)
    for document in opened.documents:
        for block in document.blocks:
            for one in sentences("" if isinstance(block, Table) else block.text):
                flat = bare(one)
                if flat not in whole and not any(len(label) > 8 and label in flat for label in held):
                    yield one


def main() -> None:
    """Gather and write."""
    opener = reading.cached(reading.cache_folder(), fresh=False)
    lines: list[str] = []
    for name in SETS:
        if name in CHECKED | DISPUTED:
            continue
        seen: dict[str, None] = {}
        for mail in json.loads((CORPUS / name / "truth.json").read_text(encoding="utf-8")):
            data = (CORPUS / name / "mails" / mail["mail"]).read_bytes()
            for one in told(mail, opener(data, hashlib.sha256(data).hexdigest())):
                if len(one) >= _LEAST and _SAID.search(one) and not _MARKED.match(one) and "@" not in one:
                    seen[one] = None
        lines += [f"{name}\t{one}" for one in seen]
    TARGET.write_text("\n".join([*lines, ""]), encoding="utf-8")
    print(f"{len(lines)} sentences")  # noqa: T201 - the result of the command


if __name__ == "__main__":
    main()
