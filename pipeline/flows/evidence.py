"""One unit and one month → a zip that settles a dispute: raw mails, way, times, hashes, our answers."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import Any

from pipeline.digest.foreign import one_line
from pipeline.digest.wording import STATE
from pipeline.errors import ArchiveError, LedgerError
from pipeline.flows import audit, facts
from pipeline.flows.desk import Desk
from pipeline.mail import sender
from pipeline.mail.names import clean_name
from pipeline.mail.way import way
from pipeline.model import Action, OutgoingLetter, QuestionKind, StoredFiling, Unit

_WORD = {sender.Verdict.PASS: "验证通过", sender.Verdict.FAIL: "验证未通过", sender.Verdict.NONE: "没有结论"}
_OF_THE_SENDER = frozenset({QuestionKind.SENDER, QuestionKind.FORGED, QuestionKind.UNIT})
#: Answers that say who a sender is, or that he is nobody.
_SAID = {
    Action.UNIT: "办公室指定了单位",
    Action.ACCEPT: "办公室核实后同意",
    Action.REFUSE: "办公室不予采用",
    Action.STRANGER: "办公室认定该地址的来件都不是本办的",
}
_STAMP = (1980, 1, 1, 0, 0, 0)


def pack(desk: Desk, unit: str, *, period: str, at: datetime) -> tuple[str, bytes]:
    """Collect everything that shows what a unit sent for a month and what it was told.

    Returns:
        File name and zip: ``说明.txt`` with each mail's time and why its sender was believed, ``来信/`` the mails byte
        for byte, ``信头/`` their headers as received, ``回信/`` our letters to the unit, ``审计.jsonl`` the journal's
        lines about them and about what was decided for the unit's month, ``校验.txt`` SHA-256 of every file, for
        ``sha256sum -c``. Mails that still wait for a decision are in it, marked; a mail or a journal that is damaged is
        said to be, and keeps nothing else out.
    """
    mails = tuple(
        found
        for message, settled in facts.settled_filings(desk, until=at)
        if (found := facts.stored(message, settled)).filing.unit == unit and found.filing.period in {period, None}
    )
    letters = desk.ledger.letters(unit=unit, period=period, with_data=True)
    files: dict[str, bytes] = {}
    lines = [f"{unit} {period} 月报往来凭证", f"截至 {at:%Y-%m-%d %H:%M:%S %z}", ""]
    lines.append(f"截止日：{facts.due(desk, period).because}")
    lines += ["", f"一、来信 {len(mails)} 封（按收件时间先后）"]
    for number, mail in enumerate(mails, 1):
        lines += _about(mail, number, at)
        lines += [f"    {line}" for line in _believed(desk, mail, at)]
        try:
            data = desk.archive.read(mail.filing.digest).data
        except ArchiveError as error:
            lines.append(f"    原件不在本包中：{error.message}")
            continue
        name = f"{number:02d}-{mail.filing.digest[:16]}"
        files[f"来信/{name}.eml"] = data
        files[f"信头/{name}.txt"] = _headers(data)
    lines += ["", f"二、本办发给该单位的信 {len(letters)} 封"]
    for number, letter in enumerate(letters, 1):
        files[f"回信/{clean_name(f'{number:02d}-{letter.kind.value}.eml')}"] = letter.data
        lines.append(_told(letter, number, at))
    digests, keys = {mail.filing.digest for mail in mails}, {letter.key for letter in letters}
    senders = {mail.sender.lower() for mail in mails} - {""}
    trail = _trail(desk, digests, keys, unit=unit, period=period, senders=senders)
    files["审计.jsonl"] = "".join(trail).encode()
    broken = audit.troubles(desk)
    lines += [
        "",
        f"三、审计记录 {len(trail)} 条，见“审计.jsonl”。全部日志的校验链"
        + ("完好。" if not broken else f"有 {len(broken)} 处问题：{broken[0]}"),
        "四、核对办法：来信文件名中的编号是其 SHA-256 的前 16 位；“校验.txt”可用 sha256sum -c 逐个核对。",
        "    收件时间以收件服务器为准（信头最上面的 Received 行），不以发件人写的日期为准。",
    ]
    files["说明.txt"] = "\r\n".join(lines).encode("utf-8-sig")
    files["校验.txt"] = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()
    return clean_name(f"{unit} {period} 凭证.zip"), _zip(files)


def _headers(data: bytes) -> bytes:
    """The header block as it came."""
    ends = [place for mark in (b"\r\n\r\n", b"\n\n") if (place := data.find(mark)) >= 0]
    return data[: min(ends)] if ends else data[:65536]


def _about(mail: StoredFiling, number: int, at: datetime) -> list[str]:
    state = "计入" if mail.counts else "未计入"
    waiting = f"，待确认 {len(mail.open_questions)} 处" if mail.open_questions else ""
    return [
        f"{number:02d}  收到 {mail.received_at.astimezone(at.tzinfo):%Y-%m-%d %H:%M:%S %z}  {state}{waiting}",
        f"    发件地址 {one_line(mail.sender, 100) or '无法确认'}  Message-ID {one_line(mail.message_id, 200)}",
        f"    SHA-256 {mail.filing.digest}",
    ]


def _believed(desk: Desk, mail: StoredFiling, at: datetime) -> tuple[str, ...]:
    """Why the sender was taken for who he is, or was not: address, the server's word, the way, what a person said."""
    digest, address = mail.filing.digest, mail.sender.lower()
    letter = desk.ledger.opened(digest).letter
    if not address:
        return (f"发件人认定：{letter.sender_trouble or '发件人无法确认'}", *_answers(desk, mail, at))
    if address in facts.listed(desk.settings):
        owners = [unit.name for unit in desk.settings.units if address in _addresses(unit)]
        known = f"在通讯录中（{'、'.join(owners) or '本办公室'}）"
    elif mail.filing.sender_known:
        known = f"不在通讯录中，经办公室确认为{mail.filing.unit}的邮箱"
    else:
        known = "不在通讯录中，没有确认过"
    word = sender.authentication(letter, desk.settings.authservers)
    lines = [
        f"发件人认定：{address} {known}。",
        f"收信服务器：{_WORD[word.verdict]}，{word.because}；来路：{way(letter)[1]}。",
    ]
    filing = desk.ledger.filing(digest)
    asked = [one for one in filing.questions if one.kind in _OF_THE_SENDER] if filing else []
    # A question quotes the mail; one that is sealed is quoted nowhere.
    sealed = filing is not None and any(one.kind == QuestionKind.SECRET for one in filing.questions)
    told = ["（已隔离，不引用）"] * bool(asked) if sealed else [one_line(one.text, 200) for one in asked]
    lines += [f"疑问：{text}" for text in told or ["无。"]]
    return (*lines, *_answers(desk, mail, at))


def _answers(desk: Desk, mail: StoredFiling, at: datetime) -> tuple[str, ...]:
    """What a person decided about the mail or about all mails of its address."""
    named = {mail.filing.digest, mail.sender.lower()} - {""}
    found = [
        one
        for one in facts.live_decisions(desk, until=at)
        if one.digest == mail.filing.digest or (one.action == Action.STRANGER and named & set(one.value.split()))
    ]
    return tuple(
        one_line(f"决定：{one.at.astimezone(at.tzinfo):%Y-%m-%d %H:%M} {_SAID[one.action]} {one.by} {one.note}", 200)
        for one in found
        if one.action in _SAID
    )


def _addresses(unit: Unit) -> frozenset[str]:
    people = (contact.address for contact in unit.contacts)
    return frozenset(address.lower() for address in (*unit.mailboxes, *people) if address)


def _told(letter: OutgoingLetter, number: int, at: datetime) -> str:
    left = f"{letter.settled_at.astimezone(at.tzinfo):%Y-%m-%d %H:%M:%S}" if letter.settled_at else "未发出"
    reply = one_line(letter.reply, 200)
    return f"{number:02d}  {left}  {STATE[letter.state]}  {'、'.join(letter.to)}  {letter.message_id}  {reply}"


def _trail(desk: Desk, digests: set[str], keys: set[str], *, unit: str, period: str, senders: set[str]) -> list[str]:
    """The journal's own lines, unchanged, so that their hashes can be followed; up to one that cannot be read."""
    names = digests | senders

    def concerns(data: dict[str, Any]) -> bool:
        of_month = data.get("unit") == unit and data.get("period") == period
        # Of answers about addresses those that name one of the mails or its sender.
        told = str(data.get("value", "")).split() if data.get("action") == Action.STRANGER else ()
        return of_month or data.get("digest") in digests or data.get("key") in keys or not names.isdisjoint(told)

    if not desk.journal.path.exists():
        return []
    # Not ``splitlines``: the line ends of other alphabets may stand within a line.
    raw = desk.journal.path.read_text(encoding="utf-8", errors="replace").split("\n")
    found = []
    with suppress(LedgerError):
        for line, entry in zip(raw, desk.journal.entries(), strict=False):
            if concerns(entry.data):
                found.append(f"{line}\n")
    return found


def _zip(files: dict[str, bytes]) -> bytes:
    """The same files give the same zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _STAMP), data, compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()
