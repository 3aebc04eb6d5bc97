"""A dispute over who sent a mail: the pack says of each why its sender was believed, or was not."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from random import Random

from pipeline.app import Work
from pipeline.flows.desk import Desk
from pipeline.flows.doctor import examine
from pipeline.flows.evidence import pack
from pipeline.flows.review import decide
from pipeline.model import Action, Decision
from tests.hostile.generators.material import REGISTERED, plain
from tests.hostile.office_desk import START, clock_of, office, take
from tests.hostile.spoofs import opened_here
from tests.hostile.test_identity import _EVIL_TOP, _SEAL, _TOP, _WORD, at_coremail


def told(desk: Desk) -> list[str]:
    """The pack's account, one paragraph a mail."""
    _, data = pack(desk, "县财政局", period="2022-08", at=desk.now())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("说明.txt").decode("utf-8-sig")
        trail = archive.read("审计.jsonl").decode()
    return [
        *text.partition("一、来信")[2].partition("二、本办")[0].replace("\r\n", "\n").split("\n    发件地址")[1:],
        trail,
    ]


def test_the_pack_says_why_each_sender_was_believed(tmp_path: Path) -> None:
    """The server's word, the way, the contact list, doubts and decisions stand beside each mail of the month."""
    with office(tmp_path / "home", opener=opened_here) as desk:
        take(desk, at_coremail(0, _TOP, (), (_SEAL, _WORD)), at=START)
        forged = take(desk, at_coremail(1, _EVIL_TOP, (_WORD,), (_SEAL,)), at=START + timedelta(minutes=1))
        stranger = take(desk, plain(Random(2), sender=b"li@126.example"), at=START + timedelta(minutes=2))
        take(desk, plain(Random(3), sender=b"wang@126.example"), at=START + timedelta(minutes=3))
        clock_of(desk).set(START + timedelta(hours=1))
        decide(desk, Decision(desk.now(), Action.REFUSE, forged.digest, by="李四", note="电话核实，未发过此件"))
        decide(desk, Decision(desk.now(), Action.UNIT, stranger.digest, value="县财政局", by="李四"))
        Work(desk).decide("wang@126.example", answer=("refuse", True), by="李四", note="")
        true, false, confirmed, nobody, trail = told(desk)
        assert f"{REGISTERED} 在通讯录中（县财政局）" in true
        assert (
            "收信服务器：验证通过，收件服务器 mx41 确认邮件来自 163.example（dkim、spf）；来路：由网络 59.36.*.* 发来"
            in true
        )
        assert "疑问：无。" in true
        assert "没有结论" in false
        assert "来路：由网络 6.6.*.* 发来" in false
        assert "疑问：收件服务器以往会确认来自 163.example 的邮件" in false
        assert "办公室不予采用 李四 电话核实，未发过此件" in false
        assert "不在通讯录中，经办公室确认为县财政局的邮箱" in confirmed
        assert "办公室指定了单位 李四" in confirmed
        assert "没有确认过" in nobody
        assert "办公室认定该地址的来件都不是本办的 李四" in nobody
        assert '"action":"stranger"' in trail.replace(" ", "")


def test_doctor_says_whether_the_foot_is_used(tmp_path: Path) -> None:
    """An office at a Coremail server hears that its word is believed, without any name in the configuration."""
    home = tmp_path / "home"
    with office(home, opener=opened_here) as desk:
        take(desk, at_coremail(0, _TOP, (), (_SEAL, _WORD)), at=START)
        take(desk, at_coremail(1, _TOP, (_WORD,), (_SEAL,)), at=START + timedelta(minutes=1))
    checks = examine(home, now=START, connections=None, environment={})
    (said,) = (one for one in checks if one.name == "发件人验证")
    assert said.ok is True
    assert "有 1 封在信头末尾带有收信服务器（Coremail）的验证结果，已采用" in said.message
