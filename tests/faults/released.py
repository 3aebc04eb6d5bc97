"""The state of a home as a release left it, with work in flight → a file from which later versions must go on.

``python -m tests.faults.released 0.1.0``, run once for each release whose schema differs, writes
``tests/faults/released/0.1.0.zip``: a small month, killed behind the final dot of a letter, others still queued.
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path

from pipeline.adapters.embedded import NETEASE, EmbeddedImap, EmbeddedSmtp
from tests.faults.crashloop import Worker
from tests.faults.month import CODE, MAILBOX, steps, write_config

FOLDER = Path(__file__).resolve().parent / "released"
#: Wake-up in whose deliveries the plug is pulled, and where.
STRUCK = 3
POINT = "smtp.after_reply:2"


def write(version: str) -> None:
    """Play, kill, keep the home and the letters that the server had."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        Worker() as worker,
        EmbeddedImap(NETEASE, user=MAILBOX, password=CODE) as imap,
        EmbeddedSmtp(user=MAILBOX, password=CODE, mailbox=imap) as smtp,
    ):
        home = Path(place) / "home"
        write_config(home, Path(__file__).resolve().parents[2])
        for number, step in enumerate(steps()[: STRUCK + 1]):
            for arrival in step.arrivals:
                imap.deliver(arrival.data, received_at=arrival.at, folder=arrival.folder)
            worker.run(
                {
                    "home": str(home), "imap": imap.port, "smtp": smtp.port, "at": step.at.isoformat(),
                    "fail": POINT if number == STRUCK else "", "report": f"{place}/report.json",
                }
            )  # fmt: skip
        with zipfile.ZipFile(FOLDER / f"{version}.zip", "w", zipfile.ZIP_DEFLATED) as kept:
            for path in sorted(home.rglob("*")):
                if path.is_file() and not path.name.endswith("-shm"):
                    kept.write(path, path.relative_to(home).as_posix())
            letters = [[one.sender, one.recipients, one.data.decode("latin-1")] for one in smtp.accepted]
            kept.writestr("accepted.json", json.dumps(letters))


if __name__ == "__main__":
    write(sys.argv[1])
