"""The running Python → whether strangers' mail may be read with it, for ``doctor`` and for every start.

Distributions mend holes without a new number, so a number alone refuses nobody: what the program's own guards lean on
is tried, and a Python that fails is refused. Contains no business logic.
"""

from __future__ import annotations

import gc
import platform
import ssl
import sys
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from pipeline.adapters.health import Check
from pipeline.errors import YuebaoError

#: First release of each line with the published holes in headers, archives and addresses mended (CVE-2023-27043,
#: CVE-2024-0450, CVE-2024-6923, CVE-2025-8194, CVE-2026-1299); against each of them stands a guard of our own too.
MENDED: Final = {(3, 11): 15, (3, 12): 13, (3, 13): 12, (3, 14): 3}

#: What the guards lean on: a name in Chinese, and whether this Python does it.
Probe = tuple[str, Callable[[], bool]]


def _headers_hold() -> bool:
    """A line break in a field of a letter is refused."""
    letter = EmailMessage(policy=SMTP)
    try:
        letter["Subject"] = "月报\r\nBcc: someone@elsewhere.example"
    except ValueError:
        return True
    return False


def _servers_are_checked() -> bool:
    """TLS asks for a certificate, and for the right name in it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return context.check_hostname and context.verify_mode is ssl.CERT_REQUIRED


PROBES: Final[tuple[Probe, ...]] = (
    ("信头里的换行没有被拒绝", _headers_hold),
    ("加密连接不核对服务器证书", _servers_are_checked),
)


def look(version: tuple[int, int, int, str] | None = None, probes: tuple[Probe, ...] = PROBES) -> Check:
    """Whether this Python may be used.

    Args:
        version: (major, minor, micro, release level); the running one by default.
        probes: What is tried.
    """
    major, minor, micro, level = version or sys.version_info[:4]
    name = f"Python {major}.{minor}.{micro}，{platform.system()}"
    failed = [trouble for trouble, holds in probes if not holds()]
    if level != "final":
        message = f"{name} 是测试版，安全修补不全，不能用来收发公文。请安装正式版（python.org）。"
        return Check("程序", ok=False, message=message)
    if failed:
        message = f"{name} 有已知的安全漏洞没有修补：{'；'.join(failed)}。为安全起见不能使用，请升级 Python 后再启动。"
        return Check("程序", ok=False, message=message)
    mended = MENDED.get((major, minor), 0)
    if micro < mended:
        message = (
            f"{name}。比 {major}.{minor}.{mended} 旧，可能缺少信头和压缩包方面的漏洞修补；"
            "本程序有自己的防护，可以使用，方便时请升级。"
        )
        return Check("程序", ok=None, message=message)
    return Check("程序", ok=True, message=f"{name}。")


def refuse(check: Check) -> None:
    """Do not start with a Python that must not be used.

    Raises:
        YuebaoError: ``check`` says so, with the remedy.
    """
    if check.ok is False:
        raise YuebaoError(check.message)


def settle() -> None:
    """For what runs long: all that is loaded by now stays, and is not looked through for garbage again and again."""
    gc.freeze()
    # A paper is tens of thousands of cells and elements, and no garbage.
    gc.set_threshold(20_000, 20, 20)
