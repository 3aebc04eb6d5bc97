"""A server's SMTP reply → what it means for the letter, in Chinese, as a table.

The two-letter tags are NetEase's (163, 126, 188, yeah and hosted Coremail); the phrases in plain words are
QQ's and of common servers. The first rule that fits wins; without one the code's class decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pipeline.model import SendResult, SendVerdict

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table."""

    #: Codes it applies to; empty for any.
    codes: tuple[int, ...]
    #: Searched in the reply, ignoring case.
    pattern: str
    verdict: SendVerdict
    because: str
    wait_seconds: int = 0


_LATER: Final = SendVerdict.LATER
_REFUSED: Final = SendVerdict.REFUSED
_SPAM: Final = SendVerdict.SPAM
_STOP: Final = SendVerdict.STOP

_ASK_CODE: Final = "请在网页邮箱核对或重新生成授权码，再恢复发送。"
_BY_PHONE: Final = "明天继续；请按电话通知名单联系未收到的单位。"
_UNKNOWN_ADDRESS: Final = (
    r"user (is )?(unknown|not found|not exist|doesn.t exist)"
    r"|no such (user|recipient|mailbox)|unknown (user|recipient)"
    r"|invalid (user|recipient|mailbox)|mailbox (not found|unavailable)"
    r"|(recipient|account|address).*(not exist|not found|unknown)"
    r"|bad (recipient|destination)|does not exist|mailbox name not allowed"
)
_SPAM_WORDS: Final = (
    r"DT:SPM|content denied|as spam|is spam|spam (message|mail|content)|looks like spam|considered junk|suspicious"
)

#: Ordered; sources: NetEase's published table of codes (it gives no numbers), and user reports of its limits.
RULES: Final[tuple[Rule, ...]] = (
    # The receiving side distrusts our domain: neither login nor content.
    Rule((), r"\b(SPF|DKIM|DMARC)\b", _REFUSED, "对方服务器按发件域名校验（SPF/DKIM/DMARC）拒收，请联系邮箱服务商。"),
    # The account or its settings: nothing else will get through either.
    Rule((535, 526, 534), "", _STOP, "邮箱不接受登录：授权码错误、已过期，或 SMTP 服务已关闭。" + _ASK_CODE),
    Rule(
        (),
        "authentication fail|auth(entication)? error|fail authentication|login fail",
        _STOP,
        "邮箱不接受登录：授权码错误、已过期，或失败次数过多。" + _ASK_CODE,
    ),
    Rule(
        (530, 550, 553),
        "authentication (is )?required|authenticate first|need auth",
        _STOP,
        "服务器要求先登录才能发信，请检查发信账号与授权码。",
    ),
    Rule((), "has no permission", _STOP, "邮箱没有开通 SMTP 服务，请在网页邮箱“设置”中开启。"),
    Rule(
        (),
        r"MI:SPB|user (is )?(suspended|locked)|account (is )?(suspended|locked|disabled|blocked)",
        _STOP,
        "发信账号已被邮箱服务商封停，请登录网页邮箱或联系客服解封；在此之前一律停发。",
    ),
    Rule(
        (),
        "must equal authorized user|must be same as auth|DT:SUM|not owned by user",
        _STOP,
        "发件人地址与登录账号不一致，请检查 office.yaml 中的邮箱地址。",
    ),
    Rule((), "local user only", _STOP, "服务器只收本域邮件：没有登录成功，或服务器地址填错，请检查发信设置。"),
    # Limits of the day.
    Rule((), "MI:STC", _STOP, "今天的发信数量已到邮箱上限，" + _BY_PHONE, DAY),
    Rule((), "RP:TRC", _STOP, "今天的收件人数量已到邮箱上限，" + _BY_PHONE, DAY),
    Rule((), "RP:RCL", _STOP, "一封信的收件人数超过邮箱上限，请减少每封信的收件人；" + _BY_PHONE, DAY),
    Rule(
        (), r"daily (\w+ )?(quota|limit)|exceed(ed)? (the )?daily", _STOP, "今天的发信数量已到上限，" + _BY_PHONE, DAY
    ),
    # Limits of the hour.
    Rule(
        (421,),
        "HL:(ICC|IFC|REP)",
        _LATER,
        "本机地址的连接或发信过多，服务器要求暂停；半小时后继续，只用一个连接。",
        30 * MINUTE,
    ),
    Rule((), "MI:DMC|RP:DRC", _LATER, "本次连接发信过多，换一个连接后继续。", MINUTE),
    Rule((), "MI:SFQ", _LATER, "十五分钟内发信过多，二十分钟后继续。", 20 * MINUTE),
    Rule((), "RP:QRC", _LATER, "短时间内收件人过多，一小时后继续。", HOUR),
    Rule(
        (),
        "frequency limited|rate limit|too many (messages|connections|mails|emails)|too fast",
        _LATER,
        "发信过于频繁，半小时后继续。",
        30 * MINUTE,
    ),
    # The network.
    Rule(
        (),
        r"blacklist|blocklist|blocked using|\bIP\b.*(rejected|denied|blocked)",
        _STOP,
        "本机的网络地址被服务器列入黑名单，请联系网络管理员或邮箱客服。",
    ),
    # Content.
    Rule((451,), "DT:SPM", _LATER, "内容被要求稍后再试：几分钟后原样重试一次，仍不行就换一种写法。", 150),
    Rule(
        (),
        _SPAM_WORDS,
        _SPAM,
        "被判为垃圾邮件，原样重发没有用：换一种写法再试一次，仍不行请人工处理。",
    ),
    Rule(
        (),
        "illegal attachment|attachment.*(not allowed|illegal|blocked)|virus",
        _REFUSED,
        "附件类型不被接受，请去掉或更换附件。",
    ),
    # The recipient.
    Rule(
        (422, 450, 451, 452, 552),
        "mailbox (is )?full|over ?quota|quota exceed|insufficient (system )?storage|exceeded storage",
        _LATER,
        "对方邮箱已满，稍后再试；请电话提醒对方清理邮箱。",
        4 * HOUR,
    ),
    Rule(
        (523, 550, 552, 554),
        "mail ?size|message size|size (limit|exceed)|too (large|big)|exceed(s|ed)? (maximum|fixed)",
        _REFUSED,
        "邮件太大，被服务器拒收，请减小附件。",
    ),
    Rule((511, 550, 551, 553, 554), _UNKNOWN_ADDRESS, _REFUSED, "收件地址不存在，请向单位核对邮箱地址。"),
    Rule(
        (421, 450, 451, 452, 454),
        "grey-?list|try again|temporar",
        _LATER,
        "服务器要求稍后再试，十分钟后重试。",
        10 * MINUTE,
    ),
)

_COMPILED: Final = tuple((rule, re.compile(rule.pattern, re.IGNORECASE)) for rule in RULES)


def classify(code: int, text: str, *, attempts: int = 0) -> SendResult:
    """What a final reply means.

    Args:
        code: Three-digit reply code.
        text: The server's words, lines joined by a blank.
        attempts: How often this letter was tried before: content that was to be tried again once and is
            refused once more counts as spam.

    Returns:
        The verdict; its ``reply`` is at most 300 printable characters of the server's words.
    """
    reply = printable(text)
    if 200 <= code < 300:
        return SendResult(SendVerdict.ACCEPTED, code, reply, "服务器已接收。")
    for rule, pattern in _COMPILED:
        if (not rule.codes or code in rule.codes) and pattern.search(text):
            if rule.pattern == "DT:SPM" and attempts >= 2:
                return SendResult(_SPAM, code, reply, "再次被判为可疑内容：换一种写法再试一次，仍不行请人工处理。")
            return SendResult(rule.verdict, code, reply, rule.because, rule.wait_seconds)
    if 500 <= code < 600:
        return SendResult(_REFUSED, code, reply, f"服务器拒收（{code}），请核对地址与内容。")
    return SendResult(_LATER, code, reply, f"服务器暂时不能接收（{code}），半小时后再试。", 30 * MINUTE)


def printable(text: str) -> str:
    """A server's words on one line without control characters, at most 300 characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:300]
