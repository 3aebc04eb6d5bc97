"""Secrets in mails stay in their mail: not in a letter, a digest, the journal, the month's papers, or a dispute's list."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from pipeline.flows import facts, review
from pipeline.flows.evidence import pack
from pipeline.flows.notices import daily_digest
from pipeline.model import Action, Decision, QuestionKind
from tests.hostile.generators.material import REGISTERED, REPORT, File, plain, with_files
from tests.hostile.generators.office import docx_parts, packed
from tests.hostile.office_desk import START, letters, office, parsed, take, texts

#: A resident identity number and a bank-card number with right check digits, and a word that stands beside them.
IDENTITY, CARD, CANARY = "11010519491231002X", "6222021234567890128", "金丝雀甲乙丙"
SECRETS = (f"机密★3年 {CANARY}", f"身份证号码{IDENTITY} {CANARY}", f"开户账号 {CARD[:-1]}{{check}} {CANARY}")


def luhn(number: str) -> str:
    """The check digit that makes a bank-card number right."""
    digits = [int(sign) for sign in number]
    doubled = [digit * 2 - 9 * (digit > 4) if place % 2 == 0 else digit for place, digit in enumerate(reversed(digits))]
    return str(-sum(doubled) % 10)


@pytest.mark.parametrize("place", ["subject", "body", "docx"])
@pytest.mark.parametrize("number", range(len(SECRETS)))
def test_what_must_not_go_round_is_held_and_nowhere_quoted(tmp_path: Path, place: str, number: int) -> None:
    """密级, identity and card numbers in subject, body or file: held, asked about, and quoted by nobody."""
    secret = SECRETS[number].format(check=luhn(CARD[:-1]))
    rng = Random(number)
    match place:
        case "subject":
            word = b"=?utf-8?B?" + base64.b64encode(f"8月份工作情况 {secret}".encode()) + b"?="
            data = plain(rng, sender=REGISTERED.encode(), subject=word)
        case "body":
            data = plain(rng, sender=REGISTERED.encode(), body=f"{secret}\r\n{REPORT}")
        case _:
            data = with_files(
                rng, File("8月报告.docx", packed(docx_parts(secret))), body="见附件。", sender=REGISTERED.encode()
            )
    with office(tmp_path / "home") as desk:
        filing = take(desk, data, at=START)
        assert [asked.holds for asked in filing.questions if asked.kind == QuestionKind.SECRET] == [True]
        month = facts.month_facts(desk, "2022-08", at=desk.now() + timedelta(hours=1))
        assert [unit.mails for unit in month.units if unit.unit == "县财政局"] == [()]
        told = [text for letter in letters(desk) for text in (*texts(letter), str(parsed(letter)["Subject"]))]
        page = daily_digest(desk, month, key="digest:test")
        assert page is not None
        told += [page.subject, page.text, page.html, desk.journal.path.read_text(encoding="utf-8")]
        told += [asked.text for asked in filing.questions]
        for leaked in (CANARY, IDENTITY, CARD[:-1]):
            assert [text for text in told if leaked in text] == []


def test_a_dispute_pack_holds_the_very_bytes(tmp_path: Path) -> None:
    """The pack has the mail byte for byte, its Received chain, the receipt that was sent, and sums that agree."""
    with office(tmp_path / "home") as desk:
        data = plain(Random(1), sender=REGISTERED.encode())
        filing = take(desk, data, at=START)
        _name, packed_up = pack(desk, "县财政局", period="2022-08", at=desk.now() + timedelta(hours=1))
    with zipfile.ZipFile(io.BytesIO(packed_up)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    mail = f"01-{filing.digest[:16]}"
    assert files[f"来信/{mail}.eml"] == data
    assert files[f"信头/{mail}.txt"].startswith(b"Received: ")
    assert any(name.startswith("回信/") for name in files)
    assert filing.digest in files["说明.txt"].decode("utf-8-sig")
    assert filing.digest in files["审计.jsonl"].decode()
    for line in files["校验.txt"].decode().splitlines():
        digest, _, name = line.partition("  ")
        assert digest == sha256(files[name]).hexdigest()


def test_a_dispute_pack_tells_what_was_granted_and_what_is_damaged(tmp_path: Path) -> None:
    """Decisions for the unit's month are in it; a damaged mail or journal is named, and the rest comes all the same."""
    with office(tmp_path / "home") as desk:
        digests = [take(desk, plain(Random(seed), sender=REGISTERED.encode()), at=START).digest for seed in (1, 2)]
        grant = Decision(desk.now(), Action.EXTEND, value="2022-09-15", unit="县财政局", period="2022-08", note="电话")
        review.decide(desk, grant)
        desk.ledger.note("poll.note", at=desk.now(), data={"note": "a\u2028b"})
        review.decide(desk, Decision(desk.now(), Action.EXTEND, value="2022-09-16", unit="县财政局", period="2022-08"))
        kept = desk.archive.path(digests[0])
        assert kept is not None
        kept.write_bytes(b"swapped")
        # The last line is altered: it is found, and what stands before it is still in the pack.
        desk.journal.path.write_bytes(desk.journal.path.read_bytes() + b"garbage\n")
        _name, packed_up = pack(desk, "县财政局", period="2022-08", at=desk.now() + timedelta(hours=1))
    with zipfile.ZipFile(io.BytesIO(packed_up)) as archive:
        files = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    assert [digests[1][:16] in name for name in files if name.startswith("来信/")] == [True]
    assert "原件不在本包中" in files["说明.txt"]
    assert "处问题" in files["说明.txt"]
    trail = [json.loads(line) for line in files["审计.jsonl"].split("\n") if line]
    assert [one["data"]["value"] for one in trail if one["kind"] == "decision"] == ["2022-09-15", "2022-09-16"]
