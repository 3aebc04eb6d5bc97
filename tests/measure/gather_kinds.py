"""Labelled mails → tests/corpus/kinds/mails.jsonl, what of each is seen at first sight, and its kind.

usage: python tests/measure/gather_kinds.py

Mails are taken from the cache that tests/measure/reading.py fills. A mail that a machine wrote is left out: nobody
has to look at it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import reading
from labelled import CORPUS, SETS

from pipeline.mail.screen import screen
from pipeline.understanding import glance
from pipeline.understanding.carriers import lay_open
from pipeline.understanding.kind import SCREENED

TARGET = CORPUS / "kinds" / "mails.jsonl"


def main() -> None:
    """Gather and write."""
    opener = reading.cached(reading.cache_folder(), fresh=False)
    known = reading.knowledge_of(None)[0](datetime.now().astimezone())
    lines = []
    for name in SETS:
        for mail in json.loads((CORPUS / name / "truth.json").read_text(encoding="utf-8")):
            data = (CORPUS / name / "mails" / mail["mail"]).read_bytes()
            opened = opener(data, hashlib.sha256(data).hexdigest())
            if screen(opened.letter, own=known.own, own_ids=frozenset()).verdict in SCREENED:
                continue
            seen = glance.of(lay_open(opened, knowledge=known), knowledge=known)
            lines.append(
                json.dumps({"set": name, "kind": mail["kind"], **dataclasses.asdict(seen)}, ensure_ascii=False)
            )
    TARGET.write_text("\n".join([*lines, ""]), encoding="utf-8")
    print(f"{len(lines)} mails")  # noqa: T201 - the result of the command


if __name__ == "__main__":
    main()
