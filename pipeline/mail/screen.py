"""Letter -> whether a person wrote it. One ordered tuple of rules; the first that speaks decides.

Only a letter of a person may ever be answered automatically (RFC 3834); a person who replies to our own
letter, quoting it, stays a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.mail.fields import words
from pipeline.mail.quote import own_words
from pipeline.model import Letter, Screening, Verdict

#: Header that every letter of ours carries; its value is one of ``own_ids`` where the caller knows them.
OWN_HEADER = "x-yuebao-id"

_MACHINE_LOCAL = re.compile(
    r"(?i)^(?:mailer-?daemon|postmaster|mail-?daemon|maildaemon|bounces?|bounced?[+=_-].*|.*-bounces?|mdaemon|"
    r"double-bounce|autoreply|auto-reply|daemon|root)$"
)
_NO_REPLY = re.compile(r"(?i)(?:^|[._-])(?:no|not|donot|do-not|do_not|dont)[._-]?reply(?:$|[._+-])")
_BOUNCE_SUBJECT = re.compile(
    r"(?i)^\s*(?:系统退信|退信通知|退信|邮件退回|退回邮件|投递失败|邮件投递失败|发送失败|未送达|"
    r"无法投递|来自.{1,30}的退信|undeliver(?:ed|able)|delivery (?:status notification|failure|has failed|report)|"
    r"mail delivery (?:failed|failure|system)|"
    r"returned mail|failure notice|mail returned|non-?delivery)"
)
_AUTO_SUBJECT = re.compile(
    r"(?i)^\s*+(?:[\[【(（]\s*+)?(?:自动回复|自动答复|自动应答|假期自动回复|休假自动回复|外出自动回复|系统自动回复|邮件自动回复|"
    r"auto(?:matic)?[- ]?(?:reply|response|responder)|autoreply|out of (?:the )?office(?: reply)?|"
    r"vacation (?:reply|response)|away from (?:the )?office)\s*(?:$|[]】)）:：,，;；—-]|\s)"
)
_RECEIPT_SUBJECT = re.compile(
    r"(?i)^\s*[\[【(（]?(?:已读|已读回执|阅读回执|未读|已删除未读|送达回执|已送达|read receipt|read|not read|delivered|"
    r"return receipt(?: \(displayed\))?|displayed)[\]】)）]?\s*(?:[:：]|$)"
)
_AUTO_BODY = re.compile(
    r"(?:这是(?:来自)?.{0,20}(?:假期|系统|邮箱)?.{0,6}自动回复|此(?:邮件|信)(?:为|是|由)系统自动(?:回复|发送|发出|生成)|"
    r"本邮件(?:为|是|由)系统自动(?:回复|发送|发出|生成)|系统自动(?:回复|答复)，请勿(?:直接)?(?:回复|答复)|"
    r"(?:this is an|this message is an) automat(?:ic|ed) (?:reply|response))",
    re.IGNORECASE,
)
_BOUNCE_BODY = re.compile(
    r"(?:很抱歉|非常抱歉|抱歉)?.{0,10}(?:您|你)(?:所)?(?:发送|的|投递)的?(?:邮件|信件).{0,20}(?:被退回|未能?送达|投递失败|无法(?:投递|送达))"
    r"|(?:could not be delivered|delivery to the following recipients? failed|i could not deliver your message)",
    re.IGNORECASE,
)
_RECEIPT_BODY = re.compile(
    r"此收据(?:仅|只)?表明|这是(?:对)?您?(?:发送|发给).{0,60}的?(?:收条|回执|收据)|此回执(?:仅|只)(?:表明|说明)|"
    r"this (?:is a|receipt).{0,40}(?:return receipt|has been displayed|verifies that the message)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_FIELD = re.compile(rb"(?mi)^([a-z-]{1,40})[ \t]*:[ \t]*([^\r\n]{0,500}(?:\r?\n[ \t][^\r\n]{0,500}){0,5})")
_RECIPIENT = re.compile(r"(?i)收\s{0,3}件\s{0,3}人|recipient|RCPT TO|\b55\d\b")
_SENDER_LINE = re.compile(r"(?i)发\s{0,3}件\s{0,3}人|^\s{0,3}from\b|reporting")
_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
_CODE = re.compile(r"\b([45])\d\d\b(?=[ -])")
_PERMANENT_WORDS = re.compile(
    r"(?i)user (?:not found|unknown)|no such user|does not exist|not exist|unknown user|mailbox unavailable|"
    r"invalid recipient|用户不存在|邮箱不存在|地址不存在|不存在|帐号已(?:停用|注销)|账号已(?:停用|注销)|被禁用|拒收|"
    r"address rejected"
)
_SOFT_WORDS = re.compile(
    r"(?i)mailbox full|quota|over quota|try again|temporar|delayed|邮箱(?:空间)?已?满|容量|稍后|延迟|暂时|重试"
)
#: A bounce or vacation note is short; a report that quotes such words is not.
_SHORT = 1500
#: How much of an automatic text is read.
_OPENING = 600


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rules know besides the letter."""

    own: frozenset[str]
    own_ids: frozenset[str]
    words: str


class Rule(NamedTuple):
    """One rule of the screen: its name for logs and tests, and what it says of a letter."""

    name: str
    judge: Callable[[Letter, _Known], Screening | None]


def takes_no_answer(address: str) -> bool:
    """Whether an address says of itself that nobody reads what is sent to it; its mail counts all the same."""
    return _NO_REPLY.search(address.partition("@")[0]) is not None


def screen(letter: Letter, *, own: frozenset[str], own_ids: frozenset[str]) -> Screening:
    """Tell automatic mail from mail of a person.

    Args:
        letter: The parsed mail.
        own: Our own addresses, lower case.
        own_ids: Values of ``X-Yuebao-Id`` and Message-IDs that we have sent.

    Returns:
        The verdict of the first rule that speaks, else ``PERSON``. ``X-Auto-Response-Suppress`` alone
        decides nothing: Exchange writes it on letters of people too.
    """
    known = _Known(own, own_ids, own_words(letter.body)[0])
    for rule in RULES:
        verdict = rule.judge(letter, known)
        if verdict:
            return verdict
    return Screening(Verdict.PERSON, "没有自动邮件的特征")


# --------------------------------------------------------------------------- the rules


def _delivery_report(letter: Letter, known: _Known) -> Screening | None:
    """multipart/report with delivery-status (RFC 3464)."""
    status = next((part.data for part in letter.parts if part.declared == "message/delivery-status"), None)
    kind = letter.header("content-type").lower()
    if status is None and not (kind.startswith("multipart/report") and "delivery-status" in kind):
        return None
    address, permanent, delivered = _failure(status or b"", letter, known.own)
    if delivered:
        return Screening(Verdict.RECEIPT, "投递成功通知（delivery-status）", address)
    return _bounced("退信报告（delivery-status）", address, permanent=permanent)


def _disposition_report(letter: Letter, _: _Known) -> Screening | None:
    """multipart/report with disposition-notification (RFC 8098)."""
    kind = letter.header("content-type").lower()
    named = any(part.declared == "message/disposition-notification" for part in letter.parts)
    if named or (kind.startswith("multipart/report") and "disposition-notification" in kind):
        return Screening(Verdict.RECEIPT, "已读回执（disposition-notification）")
    return None


def _own_header(letter: Letter, known: _Known) -> Screening | None:
    """Our own mark: nobody else's mail carries it in its header."""
    if letter.header(OWN_HEADER):
        return Screening(Verdict.OWN, "带有本系统的标记（X-Yuebao-Id），是本系统发出的信")
    if letter.message_id and letter.message_id in known.own_ids:
        return Screening(Verdict.OWN, "信件编号（Message-ID）是本系统发出的")
    return None


def _machine_sender(letter: Letter, known: _Known) -> Screening | None:
    """MAILER-DAEMON, postmaster and the like."""
    local = letter.sender.addr.partition("@")[0] if letter.sender else ""
    if not _MACHINE_LOCAL.match(local):
        return None
    text = f"{letter.subject}\n{letter.body[: _SHORT * 2]}"
    if _BOUNCE_SUBJECT.search(letter.subject) or _BOUNCE_BODY.search(text):
        address, permanent = _failure_in_text(letter.body, known.own)
        return _bounced(f"邮件系统（{local}）的退信", address, permanent=permanent)
    if _RECEIPT_SUBJECT.search(letter.subject):
        return Screening(Verdict.RECEIPT, f"邮件系统（{local}）的回执")
    return Screening(Verdict.AUTOMATIC, f"由邮件系统（{local}）自动发出")


def _auto_submitted(letter: Letter, known: _Known) -> Screening | None:
    """Auto-Submitted with any value but "no" (RFC 3834)."""
    value = letter.header("auto-submitted").split(";")[0].split("(")[0].strip().lower()
    if not value or value == "no":
        return None
    if _BOUNCE_SUBJECT.search(letter.subject):
        address, permanent = _failure_in_text(letter.body, known.own)
        return _bounced(f"自动邮件（Auto-Submitted: {value}），主题为退信", address, permanent=permanent)
    if _RECEIPT_SUBJECT.search(letter.subject):
        return Screening(Verdict.RECEIPT, f"自动邮件（Auto-Submitted: {value}），主题为回执")
    return Screening(Verdict.AUTOMATIC, f"自动邮件（Auto-Submitted: {value}）")


def _auto_headers(letter: Letter, _: _Known) -> Screening | None:
    """Marks of vacation programs that predate RFC 3834."""
    for name in ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autogenerated", "x-vacation", "x-mail-autoreply"):
        value = letter.header(name)
        if value and value.strip().lower() not in {"no", "false", "0"}:
            return Screening(Verdict.AUTOMATIC, f"自动回复（{name}）")
    if letter.header("precedence").strip().lower() in {"auto_reply", "auto-reply"}:
        return Screening(Verdict.AUTOMATIC, "自动回复（Precedence: auto_reply）")
    if letter.header("x-failed-recipients"):
        address = _ADDRESS.search(letter.header("x-failed-recipients"))
        return _bounced("退信（X-Failed-Recipients）", address[0].lower() if address else "", permanent=True)
    return None


def _empty_return_path(letter: Letter, known: _Known) -> Screening | None:
    """An empty envelope sender must never be answered (RFC 5321)."""
    if not any(name == "return-path" and value.strip() in {"<>", ""} for name, value in letter.headers):
        return None
    if _RECEIPT_SUBJECT.search(letter.subject) or _RECEIPT_BODY.search(known.words[:_OPENING]):
        return Screening(Verdict.RECEIPT, "回执（空的 Return-Path）")
    if _AUTO_SUBJECT.search(letter.subject) or _AUTO_BODY.search(known.words[:_OPENING]):
        return Screening(Verdict.AUTOMATIC, "自动回复（空的 Return-Path）")
    address, permanent = _failure_in_text(letter.body, known.own)
    return _bounced("退信（空的 Return-Path）", address, permanent=permanent)


def _bulk(letter: Letter, _: _Known) -> Screening | None:
    """Mailing lists and mass mail by their headers."""
    precedence = letter.header("precedence").strip().lower()
    if precedence in {"bulk", "junk", "list"}:
        return Screening(Verdict.BULK, f"群发邮件（Precedence: {precedence}）")
    for name, _value in letter.headers:
        if name in {
            "list-id",
            "list-unsubscribe",
            "list-post",
            "list-help",
            "list-owner",
            "list-archive",
            "list-subscribe",
        }:
            return Screening(Verdict.BULK, f"邮件列表或群发邮件（{name}）")
    if letter.header("feedback-id") or letter.header("x-mailgun-sid") or letter.header("x-campaign"):
        return Screening(Verdict.BULK, "群发平台的邮件")
    return None


def _own_sender(letter: Letter, known: _Known) -> Screening | None:
    """Mail that comes from our own address."""
    if letter.sender and letter.sender.addr.lower() in known.own:
        return Screening(Verdict.OWN, f"发件地址就是本办公室的邮箱（{letter.sender.addr}）")
    return None


def _chinese_words(letter: Letter, known: _Known) -> Screening | None:
    """Vacation notes, bounces and receipts of providers that mark them in words only."""
    subject, opening = letter.subject, known.words[:_OPENING]
    if len(known.words) > _SHORT or _carries_files(letter):
        # A report may be called anything; nobody's vacation note is that long or brings a file.
        return None
    if _RECEIPT_SUBJECT.search(subject) and (_RECEIPT_BODY.search(opening) or len(opening) < 120):
        return Screening(Verdict.RECEIPT, "主题是已读回执")
    if _RECEIPT_BODY.search(opening):
        return Screening(Verdict.RECEIPT, "正文是已读回执")
    if _AUTO_SUBJECT.search(subject):
        return Screening(Verdict.AUTOMATIC, "主题是自动回复")
    if _AUTO_BODY.search(opening) and len(opening) < _OPENING:
        return Screening(Verdict.AUTOMATIC, "正文写明是自动回复")
    if _BOUNCE_SUBJECT.search(subject) and (_BOUNCE_BODY.search(letter.body[:_SHORT]) or _STATUS.search(letter.body)):
        address, permanent = _failure_in_text(letter.body, known.own)
        return _bounced("主题和正文是退信", address, permanent=permanent)
    return None


#: The whole screen, in order.
RULES: tuple[Rule, ...] = (
    Rule("退信报告", _delivery_report),
    Rule("回执报告", _disposition_report),
    Rule("本系统标记", _own_header),
    Rule("系统发件人", _machine_sender),
    Rule("Auto-Submitted", _auto_submitted),
    Rule("自动回复字段", _auto_headers),
    Rule("空的退信地址", _empty_return_path),
    Rule("群发", _bulk),
    Rule("本办公室发件", _own_sender),
    Rule("中文自动邮件", _chinese_words),
)


# --------------------------------------------------------------------------- helpers


def _carries_files(letter: Letter) -> bool:
    """Whether there is an attachment that is not only a picture of the signature or a part of a report."""
    return any(
        part.path not in {"body", "body-html"} and not part.inline and not part.declared.startswith("message/")
        for part in letter.parts
    )


def _bounced(because: str, address: str, *, permanent: bool) -> Screening:
    return Screening(Verdict.BOUNCE, because, address, permanent)


def _failure(status: bytes, letter: Letter, own: frozenset[str]) -> tuple[str, bool, bool]:
    """(address, failed for good, was delivered) of a delivery-status part, or of the text beside it."""
    fields = {name.decode("ascii").lower(): words(value) for name, value in reversed(_FIELD.findall(status[:20_000]))}
    told = fields.get("original-recipient") or ""
    told = fields.get("final-recipient") or told
    hit = _ADDRESS.search(told)
    action = fields.get("action", "").strip().lower()
    state = _STATUS.search(fields.get("status", ""))
    if action in {"delivered", "relayed", "expanded"}:
        return (hit[0].lower() if hit else ""), False, True
    text_address, text_permanent = _failure_in_text(letter.body, own)
    address = hit[0].lower() if hit else text_address
    if action == "delayed":
        return address, False, False
    if state:
        # 5.2.2 is a full mailbox: it says "permanent" but goes away when somebody tidies up.
        permanent = state[1] == "5" and not _status_is_full(fields.get("status", ""))
        return address, permanent, False
    return address, text_permanent, False


def _status_is_full(status: str) -> bool:
    """Mailbox full (X.2.2) heals by itself."""
    return ".2.2" in status


def _failure_in_text(body: str, own: frozenset[str]) -> tuple[str, bool]:
    """The failed address and permanence as the words of a bounce tell them."""
    text = body[:6000]
    lines = text.splitlines()
    # The line that speaks of the recipient first; a bounce names the sender too.
    lines.sort(key=lambda line: 0 if _RECIPIENT.search(line) else 2 if _SENDER_LINE.search(line) else 1)
    hits = (hit.lower() for line in lines for hit in _ADDRESS.findall(line))
    address = next((hit for hit in hits if hit not in own and not _MACHINE_LOCAL.match(hit.partition("@")[0])), "")
    if _SOFT_WORDS.search(text):
        return address, False
    state = _STATUS.search(text)
    if state:
        return address, state[1] == "5"
    code = _CODE.search(text)
    if code:
        return address, code[1] == "5"
    return address, bool(_PERMANENT_WORDS.search(text))
