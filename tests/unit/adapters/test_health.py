"""Doctor's probes say what is wrong and what to do, and never raise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.adapters import health
from pipeline.adapters.archive import Archive
from pipeline.adapters.embedded import EmbeddedImap, EmbeddedSmtp
from pipeline.adapters.smtp import SmtpTransport
from pipeline.adapters.source import raw_message
from tests.support.servers import START, imap_source, letter


def test_healthy_mailbox() -> None:
    """Login, ID, folders and range are all fine for a mailbox with old mail."""
    with EmbeddedImap() as server:
        server.deliver(letter(1), received_at=START)
        checks = health.mailbox(imap_source(server), now=START + timedelta(days=100))
        assert server.changes == []
    assert {check.name: check.ok for check in checks} == {
        "收信登录": True,
        "身份（ID）": True,
        "文件夹": True,
        "已发送": True,
        "收取范围": True,
    }


def test_thirty_day_setting_is_suspected() -> None:
    """When the oldest of many mails is younger than a month, the web setting is named."""
    with EmbeddedImap() as server:
        # 收取最近30天邮件 shows a client no more than these of a hundred days' mails.
        for day in range(70, 100):
            server.deliver(letter(day), received_at=START + timedelta(days=day))
        now = START + timedelta(days=100)
        check = health.mailbox(imap_source(server), now=now)[-1]
    assert (check.ok, "收取全部邮件" in check.message) == (None, True)


def test_refused_login_is_one_clear_line() -> None:
    """A wrong code gives one line with the remedy."""
    with EmbeddedImap() as server:
        (check,) = health.mailbox(replace(imap_source(server), password="x"), now=START)
    assert (check.ok, "授权码" in check.message) == (False, True)


def test_transport_is_checked_without_sending() -> None:
    """The probe logs in and leaves; a wrong code is told."""
    with EmbeddedSmtp() as server:
        right = SmtpTransport(server.host, server.port, server.user, server.password, security="none", timeout=5)
        assert health.transport(right).ok is True
        wrong = health.transport(replace(right, password="x"))
        assert (wrong.ok, "535" in wrong.message) == (False, True)
        assert server.accepted == []


def test_disk_and_archive(tmp_path: Path) -> None:
    """Room and a sound archive are fine; too little room and a damaged file are not."""
    Archive(tmp_path).keep(raw_message(letter(1), received_at=START, folder="INBOX", origin="x"))
    assert (health.disk(tmp_path).ok, health.disk(tmp_path, least=2**70).ok) == (True, False)
    assert health.archive(tmp_path).ok is True
    next(tmp_path.rglob("*.eml")).write_bytes(b"forged")
    assert health.archive(tmp_path).ok is False
    assert health.disk(tmp_path / "nowhere").ok is False


def test_missing_programs_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without LibreOffice, or with one that does not start, the remedy is named."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert health.libreoffice().ok is False
    assert health.libreoffice(str(tmp_path / "soffice")).ok is False
    assert health.fonts().ok is None


def test_fonts_and_their_stand_ins() -> None:
    """Stand-ins count; what is missing is named."""
    assert health.fonts(("FZXiaoBiaoSong-B05S", "FangSong", "KaiTi", "SimHei", "SimSun")).ok is True
    check = health.fonts(("Noto Sans CJK SC", "Noto Serif CJK SC", "AR PL UKai CN"))
    assert (check.ok, "方正小标宋" in check.message, "黑体" in check.message) == (None, True, False)
