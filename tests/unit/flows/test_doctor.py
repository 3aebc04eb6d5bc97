"""Doctor's page names what is wrong and what to do, whatever state the home is in, and changes nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.adapters import health
from pipeline.adapters.embedded import EmbeddedImap, EmbeddedSmtp
from pipeline.adapters.health import Check
from pipeline.adapters.home import init_home
from pipeline.adapters.ledger.ledger import Ledger
from pipeline.adapters.smtp import SmtpTransport
from pipeline.app import look_at, mailbox_of, transport_of
from pipeline.errors import ConfigError
from pipeline.flows.doctor import Connections, examine, lines_of
from tests.support.servers import START, imap_source, letter

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2022, 9, 8, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home as ``init`` makes it; the slow programs are not asked here."""
    monkeypatch.setattr(health, "LOCAL", ())
    folder = tmp_path / "home"
    list(init_home(folder))
    return folder


def page(home: Path, *, now: datetime = NOW, connections: Connections | None = None, **environment: str) -> list[Check]:
    """The checks of a home."""
    return list(examine(home, now=now, connections=connections, environment=environment))


def said(checks: list[Check], name: str) -> list[Check]:
    """The checks of one name."""
    return [check for check in checks if check.name == name]


def change(home: Path, name: str, old: str, new: str) -> None:
    """Replace the first occurrence in a configuration file."""
    path = home / "config" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_fresh_home_is_sound_and_nothing_is_written(home: Path) -> None:
    """A new home has remarks but no faults, and looking at it leaves no file behind."""
    before = sorted(home.rglob("*"))
    checks = page(home)
    assert [check for check in checks if check.ok is False] == []
    assert before == sorted(home.rglob("*"))
    assert lines_of(checks)[-1].startswith(f"共 {len(checks)} 项：没有必须处理的问题")


def test_orphans_and_bare_sectors_are_shown(home: Path) -> None:
    """Items of an empty roster and sectors without a task force are named."""
    checks = page(home)
    orphans = "".join(check.message for check in said(checks, "无主事项"))
    assert all(number in orphans for number in ("56", "60", "63", "64"))
    (bare,) = said(checks, "专班")
    assert (bare.ok, "教育培训（第50条）" in bare.message) == (None, True)


def test_a_broken_configuration_gives_its_problems_and_the_rest(home: Path) -> None:
    """Every problem is a line with file and number; what needs no configuration is looked at all the same."""
    change(home, "office.yaml", "  day: 12", "  day: 99")
    change(home, "routing.yaml", "  - paper: digest", "  - paper: digets")
    checks = page(home)
    messages = [check.message for check in said(checks, "配置")]
    assert all(check.ok is False for check in said(checks, "配置"))
    assert any("config/office.yaml 第 " in message for message in messages)
    assert any("config/routing.yaml 第 " in message for message in messages)
    assert said(checks, "信函模板")[0].ok is True
    assert said(checks, "2022年放假安排")[0].ok is True


def test_an_empty_folder_is_examined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a folder with nothing in it gives a page."""
    monkeypatch.setattr(health, "LOCAL", ())
    assert any("yuebao init" in check.message for check in page(tmp_path) if check.ok is False)


@pytest.mark.parametrize(
    ("now", "year", "ok"),
    [
        (NOW, 2022, True),
        (NOW, 2023, True),
        (NOW.replace(year=2050), 2050, False),
        (NOW.replace(year=2050), 2051, None),
        (NOW.replace(year=2050, month=12), 2051, None),
    ],
)
def test_unpublished_years_are_told(home: Path, now: datetime, year: int, ok: bool | None) -> None:  # noqa: FBT001 - parametrized
    """This year's holidays must be known; next year's are remarked upon until they are."""
    (check,) = said(page(home, now=now), f"{year}年放假安排")
    assert check.ok is ok
    assert ok or "config/calendar.yaml" in check.message


def test_a_typed_year_counts_as_known(home: Path) -> None:
    """An entry with the notice's number makes the year known; one without it is a closure of its own."""
    change(home, "calendar.yaml", "days: []", "days: [{day: 2050-05-01, working: false}]")
    assert said(page(home, now=NOW.replace(year=2050)), "2050年放假安排")[0].ok is False
    change(home, "calendar.yaml", "working: false}", "working: false, source: 国办发明电〔2049〕1号}")
    assert said(page(home, now=NOW.replace(year=2050)), "2050年放假安排")[0].ok is True


@pytest.fixture
def servers() -> Iterator[tuple[EmbeddedImap, EmbeddedSmtp]]:
    """A mailbox with old mail and a submission server."""
    with EmbeddedImap() as imap, EmbeddedSmtp() as smtp:
        imap.deliver(letter(1), received_at=START - timedelta(days=100))
        yield imap, smtp


def test_both_servers_are_asked_and_left_alone(home: Path, servers: tuple[EmbeddedImap, EmbeddedSmtp]) -> None:
    """Login, ID, folders, range and the submission server are checked; nothing is changed and nothing sent."""
    imap, smtp = servers
    connections = Connections(
        mailbox=lambda _: imap_source(imap),
        transport=lambda _: SmtpTransport(smtp.host, smtp.port, smtp.user, smtp.password, security="none", timeout=5),
    )
    checks = page(home, connections=connections)
    for name in ("收信登录", "身份（ID）", "文件夹", "已发送", "收取范围", "发信登录"):
        assert said(checks, name)[0].ok is True, name
    assert (imap.changes, smtp.accepted) == ([], [])


def test_a_missing_password_is_told_for_both_ways(home: Path) -> None:
    """Without the 授权码 neither server is asked, and both lines say where it belongs."""
    connections = Connections(
        mailbox=lambda settings: mailbox_of(settings, {}), transport=lambda settings: transport_of(settings, {})
    )
    checks = page(home, connections=connections)
    for name in ("收信", "发信"):
        (check,) = said(checks, name)
        assert (check.ok, "YUEBAO_PASSWORD" in check.message) == (False, True)


def test_a_folder_as_source_is_looked_at(home: Path, tmp_path: Path) -> None:
    """A folder of mails that is not there is a fault, one that is there is fine."""
    place = tmp_path / "mails"
    change(home, "office.yaml", "source: imap", "source: emlfolder")
    change(home, "office.yaml", 'path: ""', f"path: {place}")

    def refuse(_: object) -> SmtpTransport:
        raise ConfigError("没有找到邮箱授权码。")

    connections = Connections(mailbox=lambda settings: mailbox_of(settings, {}), transport=refuse)
    assert said(page(home, connections=connections), "收信")[0].ok is False
    place.mkdir()
    assert said(page(home, connections=connections), "收信")[0].ok is True


def test_units_without_a_mailbox_and_without_duty_are_named(home: Path) -> None:
    """Who cannot be reached, who owes nothing, and which name means two units."""
    change(home, "units.yaml", "    mailboxes:\n      - xxsfj@163.example\n", "")
    change(home, "units.yaml", "      - 财政局\n", "      - 财政局\n      - 民政局\n")
    change(home, "units.yaml", "units:\n", "units:\n  - {name: 县气象局, full_name: 夏县气象局, chased: false}\n")
    checks = page(home)
    assert "县司法局" in said(checks, "单位邮箱")[0].message
    assert "县气象局" in said(checks, "无任务单位")[0].message
    assert "“民政局”（县民政局、县财政局）" in said(checks, "重名")[0].message


def test_a_broken_template_is_named(home: Path) -> None:
    """A template of the home that does not compile is a fault with its file."""
    (home / "templates" / "mail" / "receipt.txt.j2").write_text("{% if %}", encoding="utf-8")
    (check,) = said(page(home), "信函模板")
    assert (check.ok, "receipt.txt.j2" in check.message) == (False, True)


def test_what_the_ledger_remembers_is_told(home: Path) -> None:
    """Stale polls, failures and a closed outbox are remarks with their remedy."""
    ledger = Ledger(home / "ledger.db")
    with ledger.atomic():
        ledger.set_fact("last_poll", (NOW - timedelta(hours=30)).isoformat())
        ledger.set_fact("sending_off", "试一试")
    ledger.close()
    checks = page(home)
    assert "超过 24 小时" in said(checks, "最近收信")[0].message
    assert "yuebao outbox resume" in said(checks, "发信开关")[0].message
    (home / "STOP").touch()
    assert "STOP" in said(page(home), "发信开关")[0].message


def test_a_foreign_ledger_is_a_fault_not_a_crash(home: Path) -> None:
    """Garbage in place of the ledger is told."""
    (home / "ledger.db").write_bytes(b"no database" * 100)
    assert said(page(home), "台账")[0].ok is False


def test_a_changed_or_shortened_journal_is_found(home: Path) -> None:
    """A changed line breaks the chain; a missing end is known from the ledger."""
    with look_at(home) as work:
        with work.desk.ledger.atomic():
            for number in range(3):
                work.desk.ledger.note("decision", at=NOW, data={"n": number})
        work.desk.write_journal()
    path = home / "journal.jsonl"
    whole = path.read_bytes()
    assert [check.ok for check in said(page(home), "审计日志")] == [True]
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    assert [check.ok for check in said(page(home), "审计日志")] == [False, True]
    path.write_bytes(whole.replace(b'"n":1', b'"n":7'))
    assert [check.ok for check in said(page(home), "审计日志")] == [False]
    path.write_bytes(b"garbage\n")
    assert [check.ok for check in said(page(home), "审计日志")] == [False]


@pytest.mark.skipif(sys.platform == "win32", reason="rights are POSIX")
def test_files_that_others_can_read_are_named(home: Path, tmp_path: Path) -> None:
    """A ledger or a 授权码 that others may read is told with the command that closes it."""
    home.chmod(0o755)
    journal = home / "journal.jsonl"
    journal.touch(mode=0o600)
    assert said(page(home), "文件权限")[0].ok is True
    journal.chmod(0o644)
    assert "doctor --close" in said(page(home), "文件权限")[0].message
    secret = tmp_path / "secret"
    secret.write_text("x", encoding="utf-8")
    secret.chmod(0o644)
    assert said(page(home, YUEBAO_PASSWORD_FILE=str(secret)), "文件权限")[-1].ok is False


def test_the_command_prints_and_exits(tmp_path: Path) -> None:
    """``doctor --json --offline`` is a list of checks with exit code 0, and 1 as soon as one must be put right."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    command = [sys.executable, "-m", "pipeline", "--home", str(tmp_path), "doctor", "--json", "--offline"]
    sound = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert {"name", "ok", "message"} == set(json.loads(sound.stdout)[0])
    names = {check["name"] for check in json.loads(sound.stdout)}
    assert {"磁盘", "邮件存档", "LibreOffice", "公文字体", "文字识别", "备份"} - names <= {"备份"}
    change(tmp_path, "office.yaml", "  day: 12", "  day: 99")
    broken = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert broken.returncode == 1
    assert "Traceback" not in broken.stderr
    assert any(check["ok"] is False for check in json.loads(broken.stdout))
