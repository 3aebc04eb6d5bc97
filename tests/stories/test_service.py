"""The service runs as a process: it ticks, stops when told, and refuses to run twice."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.adapters.embedded import EmbeddedImap, EmbeddedSmtp
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
        environment = {**os.environ, "YUEBAO_PASSWORD": smtp.password, "TZ": "America/New_York"}
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
    # The machine's zone is another one; the log tells the office's.
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+08:00  服务已启动", said, re.MULTILINE), said
    assert re.search(r"\+08:00  服务已停止", said), said
    with look_at(home) as work:
        (message,) = work.desk.ledger.messages()
    assert message.origin == "A02.eml"


def test_a_refused_login_is_an_exit_code(tmp_path: Path) -> None:
    """A round that could read no mail ends with 1 for cron and systemd, also while the mailbox is given time."""
    home = tmp_path / "home"
    shutil.copytree(ROOT / "config", home / "config")
    office = home / "config" / "office.yaml"
    with EmbeddedImap(user="fwytzzx2022bs@163.example") as imap:
        text = office.read_text(encoding="utf-8")
        text = re.sub(
            r"imap: \{[^}]*\}", f"imap: {{host: 127.0.0.1, port: {imap.port}, security: none}}", text, count=1
        )
        office.write_text(text, encoding="utf-8")

        def done(command: str, password: str) -> tuple[int, str]:
            environment = {**os.environ, "YUEBAO_PASSWORD": password}
            words = [sys.executable, "-m", "pipeline", "--home", str(home), command]
            result = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            return result.returncode, result.stdout + result.stderr

        code, said = done("tick", "wrong")
        assert (code, "收取失败" in said) == (1, True), said
        code, said = done("tick", "wrong")
        assert (code, "收信仍未恢复" in said) == (1, True), said
        assert done("poll", "wrong")[0] == 1
        assert done("poll", imap.password)[0] == 0
        code, said = done("tick", imap.password)
        assert code == 0, said
