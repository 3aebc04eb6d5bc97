"""The demo is the product: a month over real IMAP and SMTP on this machine."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path

import pytest

from pipeline.app import look_at, play_demo
from pipeline.model import LetterState


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The demo's folder and its closing page."""
    out = tmp_path_factory.mktemp("demo") / "out"
    return out, list(play_demo(out, say=lambda _line: None))


def test_the_closing_page_names_the_files_to_open(played: tuple[Path, list[str]]) -> None:
    """Plain Chinese lines, and every file they name is there."""
    out, lines = played
    assert any("收集邮箱来信 26 封" in line for line in lines)
    assert any("写操作 0 次" in line for line in lines), "the mailbox was changed"
    assert any("完全一致" in line for line in lines), "the replay differs"
    for name in ("2022年8月月报.docx", "2022年8月台账.xlsx", "log.txt", "home/ledger.db"):
        assert (out / name).is_file(), name


def test_what_the_server_accepted_is_what_the_outbox_sent(played: tuple[Path, list[str]]) -> None:
    """Message-IDs on the wire and in the ledger are the same set, each once."""
    out, _lines = played
    wire = [
        str(message_from_bytes(path.read_bytes(), policy=policy.default)["Message-ID"])
        for path in (out / "letters").glob("*.eml")
    ]
    with look_at(out / "home") as work:
        sent = [letter.message_id for letter in work.desk.ledger.letters(states=(LetterState.SENT,))]
    assert sorted(wire) == sorted(sent)
    assert len(set(wire)) == len(wire)


def test_spam_folders_are_read_too(played: tuple[Path, list[str]]) -> None:
    """The report in 垃圾邮件 counts, and its receipt says where it was found."""
    out, _lines = played
    with look_at(out / "home") as work:
        junk = [message for message in work.desk.ledger.messages() if message.folder == "垃圾邮件"]
        receipts = [work.desk.ledger.letter(f"receipt:{message.digest}") for message in junk]
    assert len(junk) == 1
    assert receipts[0] is not None
    text = message_from_bytes(receipts[0].data, policy=policy.default).get_body(("plain",))  # type: ignore[attr-defined]
    assert "垃圾" in text.get_content()
