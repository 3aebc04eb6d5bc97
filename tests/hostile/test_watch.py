"""How a person learns that the service needs one: status.json, exit code, alarm letter, a push on the office's network."""

from __future__ import annotations

import contextlib
import json
import socket
import stat
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.adapters import failpoints, webhook
from pipeline.adapters.settings import load_settings
from pipeline.adapters.smtp import MemoryTransport
from pipeline.adapters.smtpcodes import classify
from pipeline.adapters.source import MemorySource
from pipeline.cli import yuebao
from pipeline.errors import ConfigError, NetworkError, SourceError
from pipeline.flows import watch
from pipeline.flows.desk import Desk
from pipeline.flows.outbox import post
from pipeline.flows.tick import tick
from pipeline.model import LetterState, Notice, NoticeKind
from tests.hostile.generators.material import plain
from tests.hostile.office_desk import START, ZONE, clock_of, letters, office, parsed, texts


class _Deaf(MemorySource):
    """A mailbox that nobody reaches."""

    def poll(self, *_words: Any, **_named: Any) -> Any:
        raise SourceError("邮箱连不上。")


class _Asked(MemorySource):
    """A mailbox that remembers which polls began from its first mail."""

    from_the_beginning: list[bool]

    def poll(self, cursor: Any, **named: Any) -> Any:
        self.from_the_beginning = [*getattr(self, "from_the_beginning", []), not cursor.marks]
        return super().poll(cursor, **named)


class _Ear:
    """A real HTTP server on this machine that remembers what it was told."""

    def __init__(self, status: int = 200) -> None:
        self.heard: list[dict[str, Any]] = []
        self.status = status
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                ear.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(ear.status)
                self.send_header("Location", "http://203.0.113.1/")
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/yuebao"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def ear() -> Iterator[_Ear]:
    """A listening server."""
    listening = _Ear()
    yield listening
    listening.close()


def named(url: str, *, key: str = "webhook") -> Any:
    """An edit that names a webhook."""

    def edit(home: Path) -> None:
        path = home / "config" / "office.yaml"
        path.write_text(
            path.read_text(encoding="utf-8").replace('watch: {webhook: ""}', f'watch: {{{key}: "{url}"}}'),
            encoding="utf-8",
        )

    return edit


def silent(desk: Desk) -> None:
    """The mailbox is not reached for longer than the office puts up with."""
    desk.source = _Deaf()
    clock_of(desk).set(desk.now() + timedelta(hours=desk.settings.office.stale_hours + 1))
    tick(desk)


def alarm_letters(desk: Desk) -> list[str]:
    """Subjects of the alarm letters, oldest first."""
    return [letter.subject for letter in letters(desk) if letter.kind == NoticeKind.ALARM]


def _posted(desk: Desk) -> None:
    """One letter to the office waits to leave; call it inside a transaction."""
    address = desk.settings.office.mailbox
    post(desk, Notice("reply:1", NoticeKind.REPLY, "2022-08", "", (address,), (), "试", "试", "<p>试</p>"))


def test_a_round_leaves_a_private_status(tmp_path: Path) -> None:
    """After a good round the file says so, and only its owner may read it."""
    with office(tmp_path / "home") as desk:
        tick(desk)
        told = json.loads((desk.home / watch.STATUS).read_text(encoding="utf-8"))
        assert (told["ok"], told["problems"], told["backlog"]) == (True, [], 0)
        assert told["last_poll"] is not None
        assert stat.S_IMODE((desk.home / watch.STATUS).stat().st_mode) == 0o600


def test_a_stale_mailbox_is_told_and_so_is_its_recovery(tmp_path: Path) -> None:
    """A poll that is too old is an alarm; the next good round is told as a recovery, in the audit too."""
    with office(tmp_path / "home") as desk:
        tick(desk)
        clock_of(desk).set(desk.now() + timedelta(hours=desk.settings.office.stale_hours + 1))
        stale = watch.report(desk)
        assert stale["ok"] is False
        assert "没有成功收信" in stale["problems"][0]
        tick(desk)
        assert watch.read(desk.home)["ok"] is True  # type: ignore[index]
        kinds = [entry.kind for entry in desk.journal.entries()]
        assert (kinds.count("watch.alarm"), kinds.count("watch.recovered")) == (1, 1)


def test_an_alarm_is_one_letter_and_its_end_another(tmp_path: Path) -> None:
    """An alarm that lasts an hour writes once to the office, and once when it is over, however many rounds that takes."""
    with office(tmp_path / "home") as desk:
        tick(desk)
        good = desk.source
        silent(desk)
        assert alarm_letters(desk) == []
        for _ in range(4):
            clock_of(desk).set(desk.now() + timedelta(minutes=30))
            tick(desk)
        assert ["告警：1 个问题" in subject for subject in alarm_letters(desk)] == [True]
        desk.source = good
        # The mailbox is given time after so many failures: the next round comes ten minutes later.
        clock_of(desk).set(desk.now() + timedelta(minutes=10))
        tick(desk)
        assert len(alarm_letters(desk)) == 2
        last = next(letter for letter in letters(desk) if letter.key.endswith(":over"))
        assert "告警解除" in last.subject
        assert "运行 yuebao doctor" not in "".join(texts(last))
        assert str(parsed(last)["Auto-Submitted"]) == "auto-generated"


def test_an_alarm_that_comes_and_goes_writes_a_few_letters_only(tmp_path: Path) -> None:
    """A mailbox that is lost and found all day makes four letters, not forty."""
    with office(tmp_path / "home") as desk:
        for _ in range(10):
            watch.report(desk, trouble="本轮中断")
            clock_of(desk).set(desk.now() + timedelta(minutes=70))
            watch.report(desk, trouble="本轮中断")
            watch.report(desk)
        assert len(alarm_letters(desk)) == 4


def test_backlog_and_letters_that_do_not_leave_are_problems(tmp_path: Path) -> None:
    """A letter that waits for a day, one whose fate is unknown: both are told."""
    with office(tmp_path / "home") as desk:
        tick(desk)
        watch.report(desk, trouble="本轮中断")
        clock_of(desk).set(desk.now() + timedelta(minutes=61))
        watch.report(desk, trouble="本轮中断")
        letter = next(one for one in letters(desk) if one.kind == NoticeKind.ALARM)
        clock_of(desk).set(desk.now() + timedelta(days=2))
        with desk.ledger.atomic():
            desk.ledger.set_fact("last_poll", desk.now().isoformat())
        assert any("一天以上没有发出" in line for line in watch.report(desk)["problems"])
        with desk.ledger.atomic():
            desk.ledger.move_letter(letter.key, LetterState.SENDING, at=desk.now(), only_from=(LetterState.QUEUED,))
            desk.ledger.move_letter(letter.key, LetterState.UNSURE, at=desk.now(), only_from=(LetterState.SENDING,))
        assert any("结果不明" in line for line in watch.report(desk)["problems"])


def test_sending_that_is_off_is_told_on_the_other_channels(tmp_path: Path) -> None:
    """After a restore or a rebuild no letter leaves, the alarm's neither: status.json and the exit code say so at once."""
    with office(tmp_path / "home") as desk:
        with desk.ledger.atomic():
            desk.ledger.set_fact("sending_off", "台账刚由存档重建")
        tick(desk)
        good, lines = watch.look(desk.home, now=desk.now(), minutes=60)
        assert (good, "yuebao outbox resume" in lines[0]) == (False, True)


def test_a_letter_put_off_again_and_again_is_stuck(tmp_path: Path) -> None:
    """A server that says "later" to the only letter each time it is tried: after an hour and after a day it is told."""
    refused = classify(535, "Error: authentication failed")
    with office(tmp_path / "home") as desk:
        desk.transport = MemoryTransport(answers=[refused] * 100)
        with desk.ledger.atomic():
            _posted(desk)
        told = []
        for _ in range(30):
            tick(desk)
            told.append(watch.read(desk.home)["kinds"])  # type: ignore[index]
            clock_of(desk).set(desk.now() + timedelta(hours=1))
        assert told[0] == []
        assert told[2] == ["stopped"]
        assert told[-1] == ["stuck"]


def test_damage_in_the_archive_is_an_alarm(tmp_path: Path) -> None:
    """F17: what the nightly look finds and the server no longer has is told until it is back; it is asked for once."""
    with office(tmp_path / "home") as desk:
        desk.source.deliver(plain(Random(1), sender=b"xxczj@163.example"), received_at=desk.now())  # type: ignore[attr-defined]
        tick(desk)
        (mail,) = desk.ledger.messages()
        kept = desk.archive.path(mail.digest)
        assert kept is not None
        sound = kept.read_bytes()
        kept.write_bytes(b"swapped")
        desk.source = asked = _Asked()
        asked.deliver(plain(Random(2), sender=b"xxwlj@163.example"), received_at=desk.now())
        for _ in range(3):
            clock_of(desk).set(desk.now() + timedelta(days=1))
            tick(desk)
            assert watch.read(desk.home)["kinds"] == ["archive"]  # type: ignore[index]
        assert asked.from_the_beginning == [True, False, False]
        kept.write_bytes(sound)
        clock_of(desk).set(desk.now() + timedelta(days=1))
        tick(desk)
        assert watch.read(desk.home)["ok"] is True  # type: ignore[index]


def test_a_second_problem_is_told_while_the_first_goes_on(tmp_path: Path, ear: _Ear) -> None:
    """One letter that waits for a person for days does not keep a dead mailbox quiet: letter and network tell of it."""
    with office(tmp_path / "home", edit=named(ear.url)) as desk:
        desk.push = webhook.post
        for _ in range(3):
            watch.report(desk, trouble="本轮中断")
            clock_of(desk).set(desk.now() + timedelta(minutes=40))
        assert [len(told["problems"]) for told in ear.heard] == [1]
        assert len(alarm_letters(desk)) == 1
        with desk.ledger.atomic():
            desk.ledger.set_fact("sending_off", "试一试")
        for _ in range(3):
            watch.report(desk, trouble="本轮中断")
            clock_of(desk).set(desk.now() + timedelta(minutes=40))
        assert [len(told["problems"]) for told in ear.heard] == [1, 2]
        assert ["告警：1 个问题" in alarm_letters(desk)[0], "告警：2 个问题" in alarm_letters(desk)[1]] == [True, True]
        # It goes away and comes again, the first still there: told again.
        desk.ledger.set_fact("sending_off", "")
        watch.report(desk, trouble="本轮中断")
        desk.ledger.set_fact("sending_off", "试一试")
        watch.report(desk, trouble="本轮中断")
        assert [len(told["problems"]) for told in ear.heard] == [1, 2, 2]
        desk.ledger.set_fact("sending_off", "")
        watch.report(desk)
        assert [told["event"] for told in ear.heard][-1] == "recovered"
        assert sum(letter.key.endswith(":over") for letter in letters(desk)) == 1


def test_a_status_of_tomorrow_is_no_good_sign(tmp_path: Path) -> None:
    """Written under a clock that ran ahead, it must not say for a day that all is well."""
    with office(tmp_path / "home") as desk:
        tick(desk)
        good, lines = watch.look(desk.home, now=desk.now() - timedelta(hours=5), minutes=60)
        assert (good, "时钟" in lines[0]) == (False, True)


def test_the_network_is_told_once_of_each_turn(tmp_path: Path, ear: _Ear) -> None:
    """A real server on the machine hears of the alarm and of its end, once each, without any content of a mail."""
    with office(tmp_path / "home", edit=named(ear.url)) as desk:
        desk.push = webhook.post
        tick(desk)
        good = desk.source
        silent(desk)
        tick(desk)
        assert [told["event"] for told in ear.heard] == ["alarm"]
        assert ear.heard[0]["problems"] == [
            f"已超过 {desk.settings.office.stale_hours} 小时没有成功收信，请运行 yuebao doctor 查看原因。"
        ]
        desk.source = good
        tick(desk)
        tick(desk)
        assert [told["event"] for told in ear.heard] == ["alarm", "recovered"]
        assert set(ear.heard[0]) == {"event", "office", "at", "since", "problems"}


def test_a_deaf_program_on_the_network_stops_nothing(tmp_path: Path, ear: _Ear) -> None:
    """Refused or not there: the round goes on, and the turn is told again until it is heard."""
    with office(tmp_path / "home", edit=named(ear.url)) as desk:
        desk.push = webhook.post
        ear.status = 500
        tick(desk)
        silent(desk)
        ear.status = 302
        tick(desk)
        assert [told["event"] for told in ear.heard] == ["alarm", "alarm"]
        ear.status = 204
        tick(desk)
        tick(desk)
        assert len(ear.heard) == 3


@pytest.mark.parametrize("answer", [b"H", b"\x00" * 5000, b"SSH-2.0-x\r\n", b""])
def test_what_speaks_no_http_is_given_up(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that drips bytes for ever, floods, speaks another protocol or hangs up: an error in a few seconds."""
    monkeypatch.setattr(webhook, "_PATIENCE", 0.5)
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with line, contextlib.suppress(OSError):
                line.recv(65536)
                line.sendall(answer)
                # Each byte comes well within the patience with one byte.
                while answer == b"H" and not done.wait(0.2):
                    line.sendall(b"T")

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(NetworkError):
            webhook.post(f"http://127.0.0.1:{listening.getsockname()[1]}/", {})
        done.set()


@pytest.mark.parametrize("closed", ["status.json", "ledger.before_commit=enospc", "archive.after_write=enospc"])
def test_a_channel_that_is_closed_closes_no_other(
    tmp_path: Path, ear: _Ear, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    """F8: with the disk full, or no place for status.json, the program on the network hears of it in the same round."""
    with office(tmp_path / "home", edit=named(ear.url)) as desk:
        desk.push = webhook.post
        if closed == watch.STATUS:
            (desk.home / closed).mkdir()
            desk.ledger.set_fact("sending_off", "试一试")
        else:
            monkeypatch.setenv(failpoints.VARIABLE, closed)
        desk.source.deliver(plain(Random(1), sender=b"xxczj@163.example"), received_at=desk.now())  # type: ignore[attr-defined]
        tick(desk)
        assert [told["event"] for told in ear.heard] == ["alarm"]
        assert closed == watch.STATUS or "磁盘" in ear.heard[0]["problems"][0]


def test_nothing_is_told_unless_an_address_is_named(tmp_path: Path) -> None:
    """The push is off as shipped."""
    calls: list[str] = []
    with office(tmp_path / "home") as desk:
        desk.push = lambda url, _told: calls.append(url)
        tick(desk)
        silent(desk)
        assert calls == []


@pytest.mark.parametrize(
    "url",
    [
        "http://203.0.113.7/", "http://8.8.8.8/", "http://example.com/", "http://localhost/", "https://192.168.1.2/",
        "ftp://192.168.1.2/", "http://user:word@192.168.1.2/", "http://169.254.169.254/latest", "http://0.0.0.0/",
        "http://224.0.0.1/", "http://192.168.1.2:0/", "http://192.168.1.2:99999/", "http://[2001:db8::1]/", "file:///etc/passwd",
        "http://192.168.1.2@evil.example/", "http://3232235778/", "http://192.168.1.2 /", "192.168.1.2", "http://",
    ],
)  # fmt: skip
def test_only_the_own_network_may_be_named(tmp_path: Path, url: str) -> None:
    """Another address, a name, a trick: refused by the configuration with its line, and by the adapter again."""
    assert webhook.trouble_of(url) != ""
    with pytest.raises(NetworkError):
        webhook.post(url, {})
    with pytest.raises(ConfigError) as refused, office(tmp_path / "home", edit=named(url)):
        pass
    assert any(problem.file == "config/office.yaml" and problem.line > 0 for problem in refused.value.problems)


@pytest.mark.parametrize(
    "url", ["http://192.168.1.20:8080/a?b=1", "http://127.0.0.1/", "http://10.1.2.3", "http://[fd00::1]:80/"]
)
def test_the_own_network_may_be_named(tmp_path: Path, url: str) -> None:
    """Private and loopback addresses are taken."""
    with office(tmp_path / "home", edit=named(url)) as desk:
        assert load_settings(desk.home).servers["watch.webhook"] == url


def test_watch_tells_by_its_exit_code(tmp_path: Path) -> None:
    """0 after a good round; 1 with a problem, without a word for an hour, and before the first round."""

    def asked(home: Path, *, now: datetime) -> bool:
        return watch.look(home, now=now, minutes=60)[0]

    home = tmp_path / "home"
    with office(home) as desk:
        assert asked(home, now=START) is False
        tick(desk)
        at = desk.now()
        assert asked(home, now=at + timedelta(minutes=59)) is True
        assert asked(home, now=at + timedelta(minutes=61)) is False
        watch.report(desk, trouble="本轮中断")
        assert asked(home, now=at + timedelta(minutes=1)) is False
    result = CliRunner().invoke(yuebao, ["--home", str(home), "watch"])
    assert (result.exit_code, "没有动静" in result.output) == (1, True)
    assert datetime.now(ZONE) > START
