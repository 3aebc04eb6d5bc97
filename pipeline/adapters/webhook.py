"""A change of the service's state → one POST to a program on the office's own network. Contains no business logic.

The one address that the product ever calls besides its mail servers. It is off unless the office names it, and must be
a private or loopback address written as numbers: no name is looked up, no proxy used, no redirect followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import socket
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import NetworkError

_OWN = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7"))
)
_PATIENCE = 5.0
_MOST_ANSWER = 1000


def trouble_of(url: str) -> str:
    """What is wrong with an address, in Chinese; empty when it may be called."""
    shape = "应写成 http://192.168.1.20:8080/路径 的样子"
    try:
        parts = urlsplit(url)
        port = parts.port
        address = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return f"“{url}”不是一个用数字写的内网地址，{shape}"
    if parts.scheme != "http" or parts.username or parts.password or port == 0 or not url.isprintable() or " " in url:
        return f"“{url}”写法不对，{shape}"
    if not any(address in network for network in _OWN):
        return f"“{url}”不是内网地址：只能推送到单位内网（10.、172.16—31.、192.168.）或本机（127.）"
    return ""


def post(url: str, told: Mapping[str, Any]) -> None:
    """Hand a state over.

    Args:
        url: The address; checked again here.
        told: What to say, as JSON.

    Raises:
        NetworkError: it may not be called, nobody is there, or the answer was no success.
    """
    if trouble := trouble_of(url):
        raise NetworkError(trouble)
    parts = urlsplit(url)
    body = json.dumps(told, ensure_ascii=False).encode()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    line = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_PATIENCE)
    try:
        line.request("POST", path, body, {"Content-Type": "application/json; charset=utf-8", "Connection": "close"})
        status = _status(line.sock)
    except (OSError, http.client.HTTPException) as error:
        raise NetworkError(
            f"告警推送地址 {url} 连不上（{error}）。请检查那台机器，或在 office.yaml 的 watch 中改正。"
        ) from error
    finally:
        line.close()
    if not 200 <= status < 300:
        raise NetworkError(f"告警推送地址 {url} 答复 {status or '不是 HTTP'}，没有收下。请检查那台机器上的程序。")


def _status(line: socket.socket) -> int:
    """The number of the answer; 0 for none. No more is read: who drips bytes must not hold the service."""
    deadline = time.monotonic() + _PATIENCE
    heard = b""
    while b"\n" not in heard and len(heard) < _MOST_ANSWER:
        line.settimeout(max(0.001, deadline - time.monotonic()))
        more = line.recv(_MOST_ANSWER)
        if not more:
            break
        heard += more
        if time.monotonic() > deadline:
            raise TimeoutError("timed out")
    found = re.match(rb"HTTP/1\.[01] (\d{3})\b", heard)
    return int(found[1]) if found else 0
