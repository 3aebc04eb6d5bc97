"""The service runs as a process: it ticks, stops when told, and refuses to run twice."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.adapters.embedded import EmbeddedSmtp
from pipeline.app import look_at

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_the_service_files_what_is_there_and_stops_when_told(tmp_path: Path) -> None:
    """A folder of mails, a submission server, one tick; then SIGINT ends it with 0."""
    home = tmp_path / "home"
    shutil.copytree(ROOT / "config", home / "config")
    mails = tmp_path / "mails"
    mails.mkdir()
    shutil.copy(ROOT / "tests" / "corpus" / "first" / "mails" / "A02.eml", mails)
    with EmbeddedSmtp(user="fwytzzx2022bs@163.example") as smtp:
        office = home / "config" / "office.yaml"
        text = office.read_text(encoding="utf-8")
        text = text.replace("source: imap", "source: emlfolder").replace('path: ""', f"path: {mails}")
        text = text.replace(
            "smtp: {host: smtp.163.com, port: 465, security: ssl}",
            f"smtp: {{host: 127.0.0.1, port: {smtp.port}, security: none}}",
        )
        office.write_text(text, encoding="utf-8")
        environment = {**os.environ, "YUEBAO_PASSWORD": smtp.password}
        command = [sys.executable, "scheduler.py", "--home", str(home)]
        service = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            deadline = time.monotonic() + 90
            while time.monotonic() < deadline and service.poll() is None:
                if (home / "ledger.db").exists():
                    with look_at(home) as work:
                        if work.desk.ledger.fact("last_poll") and work.desk.ledger.messages():
                            break
                time.sleep(0.3)
            second = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            assert second.returncode == 1
            assert "已在运行" in second.stderr
        finally:
            service.send_signal(signal.SIGINT)
            _out, said = service.communicate(timeout=60)
    assert service.returncode == 0, said
    assert "Traceback" not in said, said
    with look_at(home) as work:
        (message,) = work.desk.ledger.messages()
    assert message.origin == "A02.eml"
