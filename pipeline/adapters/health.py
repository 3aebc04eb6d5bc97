"""The world around the program → checks with their remedy, for ``doctor``.

Contains no business logic. Every probe returns values and never raises: a check that could not be made says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pipeline.adapters import office
from pipeline.adapters.archive import Archive
from pipeline.adapters.imap import ImapSource
from pipeline.adapters.smtp import SmtpTransport
from pipeline.errors import LoginError, NetworkError, SourceError, YuebaoError
from pipeline.model import SendVerdict

GIB: Final = 1024**3
#: Fonts of official papers (GB/T 9704): each with those that stand in for it.
FONTS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("方正小标宋", ("FZXiaoBiaoSong", "方正小标宋", "FZXBSJW")),
    ("仿宋_GB2312", ("FangSong", "仿宋", "STFangsong", "AR PL UKai", "cwTeX Q Fangsong", "cwTeXFangSong")),
    ("楷体_GB2312", ("KaiTi", "楷体", "STKaiti", "AR PL UKai", "AR PL KaitiM GB")),
    ("黑体", ("SimHei", "黑体", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "Source Han Sans")),
    ("宋体", ("SimSun", "宋体", "Noto Serif CJK SC", "AR PL UMing", "AR PL SungtiL GB", "Source Han Serif")),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of ``doctor``."""

    name: str
    #: True: fine; False: must be put right; None: a remark, or it could not be checked.
    ok: bool | None
    #: Chinese: what was found, and what to do.
    message: str


def mailbox(source: ImapSource, *, now: datetime) -> tuple[Check, ...]:
    """Log in, identify, look at the folders and at the oldest mail."""
    try:
        probe = source.probe()
    except LoginError as error:
        return (Check("收信登录", ok=False, message=error.message),)
    except NetworkError as error:
        return (Check("收信连接", ok=False, message=error.message),)
    except SourceError as error:
        return (Check("收信", ok=False, message=error.message),)
    checks = [Check("收信登录", ok=True, message=f"{source.name} 登录成功。{probe.profile.remark}")]
    if probe.identified is None:
        checks.append(Check("身份（ID）", ok=None, message="服务器没有 ID 命令，也不要求。"))
    elif probe.identified:
        checks.append(Check("身份（ID）", ok=True, message="服务器认可本程序表明的身份。"))
    else:
        checks.append(Check("身份（ID）", ok=None, message="服务器不接受 ID 命令，但允许读信。"))
    junk = probe.watched[1:]
    found = f"将读取：{'、'.join(probe.watched)}。"
    if not junk:
        found += "没有找到垃圾邮件文件夹：如有报送被误判为垃圾邮件，程序将看不到。"
    checks.append(Check("文件夹", ok=True if junk else None, message=found))
    if probe.unwatched:
        names = "、".join(probe.unwatched)
        message = f"以下文件夹不读取：{names}；如有来信规则把报送移到其中，请写入 office.yaml 的 folders。"
        checks.append(Check("其他文件夹", ok=None, message=message))
    sent_message = (
        f"发出的信在“{probe.sent}”中核对。"
        if probe.sent
        else "没有找到已发送文件夹：不确定是否送达的信只能由人工核对。"
    )
    checks.append(Check("已发送", ok=probe.sent is not None, message=sent_message))
    checks.append(thirty_days(probe.oldest, mails=probe.mails, now=now))
    return tuple(checks)


def thirty_days(oldest: datetime | None, *, mails: int, now: datetime) -> Check:
    """Whether the mailbox seems to show a client only the last 30 days (网页邮箱“收取选项”)."""
    name = "收取范围"
    if oldest is None:
        return Check(name, ok=None, message="收件箱是空的，看不出是否只开放最近30天的邮件。")
    age = now - oldest
    if age <= timedelta(days=32) and mails >= 5:
        message = (
            f"收件箱里最早的邮件只有 {age.days} 天。如果邮箱更老，请在网页邮箱“设置—POP3/SMTP/IMAP—收取选项”中"
            "选“收取全部邮件”，否则程序看不到更早的报送。"
        )
        return Check(name, ok=None, message=message)
    return Check(
        name, ok=True, message=f"收件箱共 {mails} 封，最早一封是 {oldest.year}年{oldest.month}月{oldest.day}日。"
    )


def transport(smtp: SmtpTransport) -> Check:
    """Log in to the submission server and leave without sending."""
    result = smtp.check()
    where = f"{smtp.host}:{smtp.port}"
    if result.verdict is SendVerdict.ACCEPTED:
        return Check("发信登录", ok=True, message=f"{where} 登录成功（没有发信）。")
    said = f"（{result.code} {result.reply}）" if result.reply else ""
    return Check("发信登录", ok=False, message=f"{where}：{result.because}{said}")


def disk(home: Path, *, least: int = 2 * GIB) -> Check:
    """Room left where the archive lies."""
    try:
        free = shutil.disk_usage(home).free
    except OSError as error:
        return Check("磁盘", ok=False, message=f"查不到 {home} 的剩余空间：{error.strerror}。")
    text = f"{free / GIB:.1f} GB"
    if free < least:
        return Check("磁盘", ok=False, message=f"{home} 所在磁盘只剩 {text}，请清理；少于 2 GB 时会停止收取附件。")
    return Check("磁盘", ok=True, message=f"{home} 所在磁盘还有 {text}。")


def archive(root: Path) -> Check:
    """Hash every archived mail again."""
    try:
        kept = Archive(root)
        troubles = kept.verify()
    except (YuebaoError, OSError) as error:
        return Check("邮件存档", ok=False, message=str(error))
    if troubles:
        first = "".join(trouble.message for trouble in troubles[:3])
        return Check("邮件存档", ok=False, message=f"存档有 {len(troubles)} 处问题：{first}")
    return Check("邮件存档", ok=True, message=f"存档 {len(kept)} 封，逐封核对无误。")


def libreoffice(program: str | None = None) -> Check:
    """Whether LibreOffice is there, and which."""
    name = "LibreOffice"
    found = program or office.find()
    if found is None:
        message = "没有安装 LibreOffice：doc、wps、et 等旧格式读不了，来件照样存档，回执会请对方换格式。"
        return Check(name, ok=None, message=message)
    said = _said([found, "--version"])
    if said is None:
        return Check(name, ok=False, message=f"{found} 启动失败，请重新安装 LibreOffice。")
    return Check(name, ok=True, message=f"{said.splitlines()[0][:60]}。" if said else f"{found}。")


def fonts(installed: Iterable[str] | None = None) -> Check:
    """Whether the fonts of official papers, or their stand-ins, are installed.

    Args:
        installed: Names of font families; asked of fontconfig by default.
    """
    name = "公文字体"
    if installed is None:
        said = _said(["fc-list", ":", "family"])
        if said is None:
            return Check(
                name, ok=None, message="这台机器没有 fc-list，无法查看已装字体；请在 Word 中打开一份月报核对。"
            )
        installed = said.splitlines()
    families = "\n".join(installed).lower()
    missing = [wanted for wanted, standing in FONTS if not any(font.lower() in families for font in standing)]
    if missing:
        message = (
            f"缺少 {'、'.join(missing)}（及可替代的字体）：本机预览和 PDF 的版式会走样，"
            "在装有这些字体的电脑上打开不受影响。"
        )
        return Check(name, ok=None, message=message)
    return Check(name, ok=True, message="公文所需字体齐备。")


def _said(command: list[str]) -> str | None:
    """What a program prints; ``None`` when it is missing, fails or hangs."""
    # The 授权码 may stand in our environment; nobody else is given it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YUEBAO_")}
    try:
        done = subprocess.run(command, capture_output=True, timeout=30, check=True, env=environment)  # noqa: S603 - fixed programs
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()


#: The probes that need nothing but the home's folder, in the order in which they are shown.
LOCAL: Final[tuple[Callable[[Path], Check], ...]] = (
    disk,
    lambda home: archive(home / "inbox_archive"),
    lambda _: libreoffice(),
    lambda _: fonts(),
)
