"""T45: the 授权码 stands nowhere but where the office put it: not in the home, in what is said, or in any child."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from pipeline.adapters.embedded import NETEASE, EmbeddedImap, EmbeddedSmtp
from tests.hostile.generators.material import plain
from tests.hostile.watch import children

ROOT = Path(__file__).resolve().parents[2]
CANARY = "Kanarienvogel7391"
MAILBOX = "fwytzzx2022bs@163.example"
#: The code as it is, and as it goes over the wire.
FORMS = (
    CANARY.encode(),
    base64.b64encode(CANARY.encode()).rstrip(b"="),
    base64.b64encode(f"\0{MAILBOX}\0{CANARY}".encode()).rstrip(b"="),
)


def configure(home: Path, imap: int, smtp: int) -> None:
    """The repository's configuration over two servers on this machine."""
    shutil.copytree(ROOT / "config", home / "config")
    office = home / "config" / "office.yaml"
    text = office.read_text(encoding="utf-8")
    for name, port in (("imap", imap), ("smtp", smtp)):
        (line,) = (one for one in text.splitlines() if one.startswith(f"{name}: {{"))
        text = text.replace(line, f"{name}: {{host: 127.0.0.1, port: {port}, security: none}}")
    text = re.sub(r"pause_seconds: \[[^]]*\]", "pause_seconds: [0, 0]", text)
    office.write_text(text, encoding="utf-8")


def holds(data: bytes) -> bool:
    """Whether the code stands in some bytes."""
    return any(form in data for form in FORMS)


@contextmanager
def looking(found: list[str]) -> Iterator[None]:
    """Look at arguments and environment of whatever this process starts, and at the environment of what that starts."""
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.02):
            for pid in children(os.getpid()):
                place = Path("/proc") / str(pid)
                try:
                    parent = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
                    words, given = (place / "cmdline").read_bytes(), (place / "environ").read_bytes()
                    above = Path("/proc", parent, "cmdline").read_bytes()
                except (OSError, IndexError):
                    continue
                if holds(words):
                    found.append(f"argument of {words[:200]!r}")
                # The first below this test is the one that was given it; a fork is still the same program.
                if int(parent) != os.getpid() and words != above and holds(given):
                    found.append(f"environment of {words[:200]!r}")

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc to look at processes with")
def test_the_secret_is_found_nowhere(tmp_path: Path) -> None:
    """Good rounds, refused logins whose answers repeat the code, a look by doctor, a backup: 0 hits anywhere."""
    home, said = tmp_path / "home", []
    seen: list[str] = []
    encoded = base64.b64encode(f"\0{MAILBOX}\0{CANARY}".encode()).decode()
    with (
        EmbeddedImap(NETEASE, user=MAILBOX, password=CANARY) as imap,
        EmbeddedSmtp(user=MAILBOX, password=CANARY, mailbox=imap) as smtp,
        looking(seen),
    ):
        configure(home, imap.port, smtp.port)

        def yuebao(*words: str) -> None:
            done = subprocess.run(
                [sys.executable, "-m", "pipeline", "--home", str(home), *words],
                cwd=ROOT, env={**os.environ, "YUEBAO_PASSWORD": CANARY}, capture_output=True, check=False,
            )  # fmt: skip
            said.append(done.stdout + done.stderr)

        def refuse() -> None:
            imap.refuse("login", f"NO LOGIN failed: {MAILBOX} {CANARY}".encode())
            smtp.say("AUTH", f"535 authentication failed: {encoded} {CANARY}")

        imap.deliver(plain(Random(1), sender=b"xxczj@163.example"), received_at=datetime(2022, 8, 31, tzinfo=UTC))
        yuebao("tick", "--at", "2022-09-01T09:00")
        refuse()
        yuebao("tick", "--at", "2022-09-08T09:00")
        refuse()
        yuebao("doctor")
        yuebao("backup", str(tmp_path / "backup"))
        assert smtp.accepted, "nothing was sent, so the code was not used for sending"
    assert seen == []
    assert [out.decode(errors="replace") for out in said if holds(out)] == []
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) > 10
    assert [path.name for path in kept if holds(path.read_bytes())] == []
