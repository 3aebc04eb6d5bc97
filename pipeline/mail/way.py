"""The lines of the receiving server → how a mail was handed over to it, and what it found out about the sender.

Coremail (163.com, 126.com, the mail of many governments) writes its result at the foot of the header, below all that
the sender wrote, behind the number of the transaction that its own Received line on top bears too:

    Received: from qq.com (unknown [59.36.132.97]) by mx41 (Coremail) with SMTP id W8CowEC5x2JkSI1b--.45886S3; …
    … the sender's header …
    X-CM-TRANSID: W8CowEC5x2JkSI1b--.45886S3
    Authentication-Results: mx41; spf=pass smtp.mail=zhang@qq.com; dki
            m=pass header.i=@qq.com
    X-Coremail-Antispam: …

Nothing of a sender's making stands behind that number, and nobody knows it before the mail was taken in.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from pipeline.model import Letter

#: Method, result and properties.
Result = tuple[str, str, dict[str, str]]

#: From the first word on: the name that a machine gives itself has no blanks, so it cannot say what follows it.
_COREMAIL = re.compile(
    r"from\s+\S{1,300}\s+\(\s*[^()\s]{0,300}\s*\[[^\[\]\s]{0,60}\]\s*\)\s+"
    r"by\s+([A-Za-z0-9._-]{1,80})\s+\(Coremail\)\s*(?:with\s+\S{1,20}\s+id\s+([^\s;]{8,100}))?\s*;"
)
#: A clause without its blanks: the field is cut at a fixed length, also in the middle of a word.
_CLAUSE = re.compile(
    r"(?P<method>spf|dkim|dmarc)=(?P<result>pass|fail|softfail|neutral|none|temperror|permerror|unknown)"
    r"(?:(?P<key>(?:smtp|header)\.[a-z]{1,10})=(?P<value>[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]*@?[A-Za-z0-9.-]{1,253}))?"
    r"|smtp\.helo=[A-Za-z0-9.\[\]:_-]{0,253}|"
)
_MOST_CLAUSES = 20
_LONGEST = 4000
#: How the result's properties are called elsewhere.
_KEYS = {"smtp.mail": "smtp.mailfrom"}
#: Names of hosts at which users of the provider itself hand mail in; nobody else reaches these.
_OWN_USERS = re.compile(r"(?i)(webmail|smtp)")
_BRACKETED = re.compile(r"\[(?:IPv6:)?([0-9A-Fa-f.:]{2,45})\]")
_SIGNER = re.compile(r"(?:^|;)\s*d\s*=\s*([A-Za-z0-9.-]{1,253})")
#: Received lines that are looked through for the first machine outside.
_MOST_HOPS = 4


def sealed_results(letter: Letter) -> tuple[str, list[Result]]:
    """What a Coremail server that took the mail in found out: its name and results, as in RFC 8601.

    Returns:
        An empty name where the foot of the header does not bear the transaction of the topmost Received line, or
        where a result is spelled as no server spells it: an envelope address may hold anything.
    """
    server, transaction = _taken_in(letter)
    if not transaction:
        return "", []
    places = [place for place, (name, _) in enumerate(letter.headers) if name == "x-cm-transid"]
    if not places or letter.headers[places[-1]][1].strip() != transaction:
        return "", []
    results: list[Result] = []
    for name, value in letter.headers[places[-1] + 1 :]:
        if name != "authentication-results":
            continue
        speaker, *clauses = "".join(value[:_LONGEST].split()).split(";")
        found = [_CLAUSE.fullmatch(clause) for clause in clauses[:_MOST_CLAUSES]]
        if speaker.lower() != server or None in found or len(clauses) > _MOST_CLAUSES:
            return "", []
        for clause in found:
            if clause and clause["method"]:
                key = clause["key"] or ""
                claims = {_KEYS.get(key, key): clause["value"].lower()} if key else {}
                results.append((clause["method"], clause["result"], claims))
    return (server, results) if results else ("", [])


def is_handed_in(letter: Letter) -> bool:
    """Whether a user of the receiving provider handed the mail in, after a log-in: of these it writes no result."""
    return bool(_OWN_USERS.search(_taken_in(letter)[0]))


def _taken_in(letter: Letter) -> tuple[str, str]:
    """Host and transaction of the Coremail server that took the mail in, by the topmost Received line."""
    top = next((value for name, value in letter.headers if name == "received"), "")
    found = _COREMAIL.match(top[:_LONGEST])
    return (found[1].lower(), found[2] or "") if found else ("", "")


def way(letter: Letter) -> tuple[str, str]:
    """How a mail came, as far as others cannot choose it: a token without blanks, and the same in Chinese.

    From which network the receiving server took it (half of an address, for a provider sends from many machines), or
    that a user of the same provider handed it in; and whether the sender's domain has signed it. Mail program and host
    names are left out: the sender says them himself.
    """
    signed = _signs(letter)
    mark, words = ("+signed", "，带有该域名的签名") if signed else ("", "")
    if is_handed_in(letter):
        kind = "webmail" if "webmail" in _taken_in(letter)[0] else "smtp"
        said = "网页邮箱" if kind == "webmail" else "邮件程序"
        return f"inside:{kind}{mark}", f"由同一服务商的用户经{said}发来{words}"
    lines = [value for name, value in letter.headers if name == "received"][:_MOST_HOPS]
    for line in lines:
        handed_by = re.split(r"\sby\s", line[:_LONGEST], maxsplit=1)[0]
        for text in reversed(_BRACKETED.findall(handed_by)):
            address = _address(text)
            if address is not None and not (address.is_loopback or _is_inside(address)):
                net, shown = _network(address)
                return f"net:{net}{mark}", f"由网络 {shown} 发来{words}"
    return f"unknown{mark}", f"看不出由哪里发来{words}"


def _signs(letter: Letter) -> bool:
    """Whether a signature in the name of the From domain is there; whether it holds, only the server knows."""
    domain = letter.sender.addr.rpartition("@")[2] if letter.sender else ""
    values = [value for name, value in letter.headers if name == "dkim-signature"][:_MOST_HOPS]
    signers = [found[1].lower() for value in values if (found := _SIGNER.search(value[:_LONGEST]))]
    return any(domain == signer or domain.endswith(f".{signer}") for signer in signers)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_inside(address: IPv4Address | IPv6Address) -> bool:
    """Machines of a house's own: what ``is_private`` says too, without the networks kept for examples."""
    if isinstance(address, IPv6Address):
        return address.is_link_local or address.packed[0] in (0xFC, 0xFD)
    first, second = address.packed[:2]
    return first == 10 or (first == 172 and 16 <= second < 32) or (first, second) == (192, 168)


def _network(address: IPv4Address | IPv6Address) -> tuple[str, str]:
    """The first half of an IPv4 address, the first two groups of the other kind."""
    if isinstance(address, IPv4Address):
        head = f"{address.packed[0]}.{address.packed[1]}"
        return head, f"{head}.*.*"
    head = ":".join(address.exploded.split(":")[:2])
    return head, f"{head}:*"
