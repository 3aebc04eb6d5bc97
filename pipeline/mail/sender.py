"""The From line and the receiving server's verdict on it -> who sent a mail, as far as that can be known.

A parser of our own, because the libraries are known to be fooled: ``dept@gov.cn <eve@evil.com>`` comes out
of ``email.utils.parseaddr`` as the department. Here everything that is not ``addr`` or ``[display] <addr>``
is refused with its reason; a person decides.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from pipeline.mail.charsets import guess
from pipeline.mail.fields import unfold, words
from pipeline.mail.way import Result, sealed_results, way
from pipeline.model import Address, Letter

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDR = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>{_LABEL}(?:\.{_LABEL})+)", re.ASCII)
_ANGLE = re.compile(r"(?P<display>[^<>]*)<(?P<addr>[^<>]*)>")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_WORD = re.compile(r"=\?[A-Za-z0-9_.:-]+(?:\*[A-Za-z0-9-]*)?\?[bBqQ]\?[^?]*\?=")
_SPECIAL = re.compile(r'[()<>\[\]:;@\\,"]')
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_ADDRESS_INSIDE = re.compile(r"[^\s\"'<>(),;:\[\]（）【】《》“”，；：]+@[^\s\"'<>(),;:\[\]（）【】《》“”，；：]+")
#: Every sign that is read as "at" somewhere.
_AT_SIGNS = str.maketrans({"＠": "@", "﹫": "@", "Ａ": "A"})
_MAX_LOCAL = 64
_MAX_DOMAIN = 253
_MAX_FIELD = 2000


def read_from(fields: tuple[bytes, ...]) -> tuple[Address | None, str]:
    """Read the From line strictly.

    Args:
        fields: Raw bodies of every From field of the header, in order.

    Returns:
        The one plain address with its display name, and an empty string; or ``None`` and the reason in
        Chinese why the line was refused. Accepted are ``addr`` and ``[display] <addr>`` and nothing else
        (RFC 5322 without groups, comments, quoted local parts, literals and lists).
    """
    if not fields:
        return None, "邮件没有发件人（From）一栏，请人工确认来源"
    if len(fields) > 1:
        return None, f"邮件有 {len(fields)} 个发件人（From）字段，可能是伪造，请人工确认来源"
    raw = unfold(fields[0])
    if not raw:
        return None, "发件人一栏是空的，请人工确认来源"
    if len(raw) > _MAX_FIELD:
        return None, "发件人一栏过长，可能是伪造，请人工确认来源"
    text, clean = guess(raw)
    if not clean or _CONTROL.search(text):
        return None, "发件人一栏含有控制字符或乱码，可能是伪造，请人工确认来源"
    if "<" not in text and ">" not in text:
        return _plain(text.strip(), "")
    match = _ANGLE.fullmatch(text.strip())
    if not match:
        return None, "发件人一栏含有不止一个地址或多余的内容，可能是伪造，请人工确认来源"
    trouble = _phrase_trouble(match["display"].strip())
    if trouble:
        return None, trouble
    display = _display(match["display"])
    address, trouble = _plain(match["addr"], display)
    if address is None:
        return None, trouble
    for claimed in _ADDRESS_INSIDE.findall(_plainly(display)):
        if claimed.strip(".").lower() != address.addr.lower():
            return None, f"发件人显示名里写着另一个地址（{display[:80]}），实际地址是 {address.addr}，请人工确认来源"
    return address, ""


def recipients(fields: tuple[bytes, ...], limit: int = 200) -> tuple[Address, ...]:
    """Plain addresses of To and Cc fields, leniently: they decide nothing, they are only shown."""
    found: list[Address] = []
    for raw in fields:
        for piece in _commas(guess(unfold(raw))[0]):
            match = _ANGLE.search(piece)
            spec = (match["addr"] if match else piece).strip()
            hit = _ADDR.fullmatch(spec)
            if hit and len(found) < limit:
                display = _display(match["display"]) if match else ""
                found.append(Address(f"{hit['local']}@{hit['domain'].lower()}", display))
    return tuple(found)


def _commas(text: str) -> list[str]:
    """Split an address list at commas and semicolons outside quotes."""
    out, start, quoted = [], 0, False
    for index, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif char in ",;" and not quoted:
            out.append(text[start:index])
            start = index + 1
    out.append(text[start:])
    return out


def _plain(spec: str, display: str) -> tuple[Address | None, str]:
    """One bare addr-spec, nothing around it."""
    if not spec.isascii():
        return None, f"发件地址含有非英文字符（{_shown(spec)}），与真实地址相似但不同，可能是伪造，请人工确认来源"
    if spec != spec.strip() or not _ADDR.fullmatch(spec):
        return None, f"发件地址不是一个普通的邮箱地址（{_shown(spec)}），请人工确认来源"
    local, _, domain = spec.rpartition("@")
    domain = domain.lower()
    if len(local) > _MAX_LOCAL or len(domain) > _MAX_DOMAIN:
        return None, "发件地址过长，请人工确认来源"
    labels = domain.split(".")
    if labels[-1].isdigit():
        return None, f"发件地址的域名是一串数字（{_shown(spec)}），请人工确认来源"
    if any(label.startswith("xn--") for label in labels):
        return None, f"发件地址使用国际化域名（{_shown(spec)}），外形可能与真实地址相同，请人工确认来源"
    return Address(f"{local}@{domain}", display), ""


def _phrase_trouble(phrase: str) -> str:
    """Why the words before the angle bracket are no display name; empty when they are one."""
    bare = _WORD.sub("", phrase)
    if "@" in _QUOTED.sub("", bare):
        return "发件人一栏在尖括号外还写着一个地址，可能是伪造，请人工确认来源"
    if _SPECIAL.search(_QUOTED.sub("", bare)):
        return "发件人一栏含有注释、分组或多个地址，可能是伪造，请人工确认来源"
    return ""


def _display(phrase: str) -> str:
    """Display name decoded, on one line, without what cannot be seen."""
    text = words(phrase.encode("utf-8", "surrogateescape")).strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
        text = words(text.encode("utf-8", "surrogateescape"))
    return _INVISIBLE.sub("", text).strip()[:200]


def _plainly(text: str) -> str:
    """As a careless eye reads it: compatibility forms folded, invisible characters gone."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text.translate(_AT_SIGNS)))


def _shown(spec: str) -> str:
    """An address for a message: visible characters only, not too long."""
    return "".join(char if char.isprintable() and not _INVISIBLE.match(char) else "□" for char in spec)[:80]


# --------------------------------------------------------------------------- look-alikes

#: Letters of other scripts and digits that are drawn like an ASCII letter.
_CONFUSABLE = str.maketrans(
    {
        **dict(zip("аеорсухіјѕһԁԛԝгкмнтвьп", "aeopcyxijshdqwrkmhtbbn", strict=True)),
        **dict(zip("αβεικνορτυχγηωμ", "abeiknoptuxynwm", strict=True)),
        **dict(zip("ıɡɑɩʟⅼⅰℓ", "igailli" + "l", strict=True)),
        "0": "o",
        "1": "l",
        "i": "l",
        "|": "l",
        "!": "l",
        "5": "s",
        "8": "b",
        "2": "z",
        "9": "g",
        "6": "b",
        "3": "e",
        "4": "a",
        "7": "t",
    }
)
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"))
_SEPARATORS = re.compile(r"[._\-+]")
#: Differences of one letter mean nothing in very short names.
_SHORTEST_NAME = 5


def _skeleton(text: str) -> str:
    """What remains of a name when everything that looks alike is written alike."""
    folded = unicodedata.normalize("NFKD", _plainly(text)).lower()
    folded = "".join(char for char in folded if not unicodedata.combining(char)).translate(_CONFUSABLE)
    for pair, single in _PAIRS:
        folded = folded.replace(pair, single)
    return _SEPARATORS.sub("", folded)


def looks_like(addr: str, registered: Iterable[str]) -> str | None:
    """Find the registered address that an unregistered one could be taken for.

    Args:
        addr: Address as it stands in the mail.
        registered: Registered mailboxes.

    Returns:
        The registered address that is imitated: same to the eye, one slip of a letter away, the same name
        at another or an extended domain; ``None`` for the registered address itself and for strangers.
    """
    local, _, domain = _plainly(addr).rpartition("@")
    domain = domain.lower().rstrip(".")
    known = sorted(registered)
    if addr in known or not local or not domain:
        return None
    for other in known:
        name, _, host = other.rpartition("@")
        same_host = domain == host
        if same_host and (
            _skeleton(local) == _skeleton(name)
            or (len(name) >= _SHORTEST_NAME and OSA.distance(local.lower(), name.lower(), score_cutoff=1) <= 1)
        ):
            return other
        if same_host or _skeleton(local) != _skeleton(name):
            continue
        near = _skeleton(domain) == _skeleton(host) or OSA.distance(domain, host, score_cutoff=2) <= 2
        grown = domain.startswith((f"{host}.", f"{host}-")) or domain.endswith((f".{host}", f"-{host}"))
        if near or grown or local.lower() == name.lower():
            return other
    return None


# --------------------------------------------------------------------------- Authentication-Results


class Verdict(enum.StrEnum):
    """What the receiving server says of the From domain."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    #: No word of a trusted server.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Authentication:
    """The trusted server's verdict, aligned with the From domain, and its reason in Chinese."""

    verdict: Verdict
    because: str


_TOKEN = re.compile(r"[A-Za-z0-9.@_+-]{1,300}")
_COMMENT = re.compile(r"\([^()]*\)")
_METHOD = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)(?:/\d+)?\s*=\s*([A-Za-z]+)")
_PROPERTY = re.compile(r"\b([a-z]{1,20})\.([a-z-]{1,40})\s*=\s*\"?([^\s\";]+)\"?", re.IGNORECASE)
#: Second-level labels under which everybody may register: no two names below them belong together.
_SHARED = frozenset({"com", "net", "org", "gov", "edu", "ac", "co", "mil"})


def authentication(letter: Letter, authservers: frozenset[str], *, hops: int = 1) -> Authentication:
    """Read what a trusted server found out about the sender (RFC 8601, aligned as in DMARC).

    Args:
        letter: The mail.
        authservers: Authserv-ids of the collecting provider, lower case; nobody else is believed.
        hops: How many of the topmost Received lines are the provider's own. A field below the last of
            them was there before the mail arrived, so anybody may have written it.

    Returns:
        ``pass`` when DMARC, or an aligned SPF or DKIM, passed; ``fail`` when DMARC failed, or nothing
        aligned passed and something failed; ``none`` without a trusted field. Where no server that is trusted by
        name speaks, Coremail's own foot of the header does, which bears its own seal; and a plain failure told by the
        server that took the mail in counts wherever it stands: nobody forges a word against himself.
    """
    if letter.sender is None:
        return Authentication(Verdict.NONE, "发件人一栏不可用，无从核对")
    domain = letter.sender.addr.rpartition("@")[2]
    results: list[Result] = []
    for name, value in _above_border(letter, hops):
        if name == "authentication-results":
            server, found = _results(value)
            if server in authservers:
                results += found
        elif name == "received-spf":
            results += _received_spf(value, authservers)
    if not results:
        return (
            _sealed(letter, domain)
            or _accused(letter, domain)
            or Authentication(Verdict.NONE, "收件服务器没有给出可信的验证结果")
        )
    dmarc = [verdict for method, verdict, _ in results if method == "dmarc"]
    if "fail" in dmarc:
        return Authentication(Verdict.FAIL, f"收件服务器的 DMARC 验证未通过，{domain} 可能被冒用")
    aligned = _passed(results, domain)
    if aligned:
        return Authentication(Verdict.PASS, f"收件服务器确认邮件来自 {domain}（{'、'.join(sorted(aligned))}）")
    failed = sorted({method for method, verdict, _ in results if verdict in {"fail", "softfail", "permerror"}})
    if failed:
        return Authentication(Verdict.FAIL, f"收件服务器的验证未通过（{'、'.join(failed)}），{domain} 可能被冒用")
    return Authentication(Verdict.NONE, f"收件服务器的验证与 {domain} 无关，不能证明来源")


def _above_border(letter: Letter, hops: int) -> Iterator[tuple[str, str]]:
    """The fields that the provider's own servers put on top."""
    received = 0
    for name, value in letter.headers:
        if name == "received":
            received += 1
            if received >= hops:
                return
        else:
            yield name, value


def _passed(results: list[Result], domain: str) -> set[str]:
    """Methods that passed and speak of the From domain."""
    return {
        method
        for method, verdict, claims in results
        if verdict == "pass" and method in {"dmarc", "spf", "dkim"} and _is_aligned(method, claims, domain)
    }


def _sealed(letter: Letter, domain: str) -> Authentication | None:
    """The word at the foot of the header, where it speaks for the sender or fails him for good."""
    server, results = sealed_results(letter)
    failed = sorted({method for method, verdict, _ in results if verdict == "fail" and method in {"dmarc", "spf"}})
    aligned = _passed(results, domain)
    if "dmarc" in failed or (failed and not aligned):
        because = f"收件服务器 {server} 的验证未通过（{'、'.join(failed)}），{domain} 可能被冒用"
        return Authentication(Verdict.FAIL, because)
    if aligned:
        return Authentication(
            Verdict.PASS, f"收件服务器 {server} 确认邮件来自 {domain}（{'、'.join(sorted(aligned))}）"
        )
    return None


_BY = re.compile(r"\bby\s+([A-Za-z0-9.-]+)")


def _accused(letter: Letter, domain: str) -> Authentication | None:
    """The failure that the receiving server itself reports, by the name it gives itself in the topmost Received."""
    top = next((value for name, value in letter.headers if name == "received"), "")
    host = (_BY.search(top) or ["", ""])[1].lower().rstrip(".")
    told = [_results(value) for name, value in letter.headers if name == "authentication-results"]
    results = [one for server, found in told if host and _is_one_house(server, host) for one in found]
    failed = sorted({method for method, verdict, _ in results if verdict == "fail" and method in {"dmarc", "spf"}})
    if "dmarc" in failed or (failed and not _passed(results, domain)):
        return Authentication(
            Verdict.FAIL, f"收件服务器 {host} 的验证未通过（{'、'.join(failed)}），{domain} 可能被冒用"
        )
    return None


def _is_one_house(one: str, other: str) -> bool:
    """Equal, or hosts of one registered domain: ``mx.qq.com`` and ``newmx12.qq.com``."""
    if one == other:
        return True
    mine, theirs = one.split("."), other.split(".")
    size = 3 if len(mine) > 2 and mine[-2] in _SHARED else 2
    return min(len(mine), len(theirs)) > size - 1 and mine[-size:] == theirs[-size:]


def speakers(letter: Letter, *, hops: int = 1) -> tuple[str, ...]:
    """Names by which servers gave a verdict above the border's Received line, whether they are believed or not."""
    found = [_results(value)[0] for name, value in _above_border(letter, hops) if name == "authentication-results"]
    return tuple(dict.fromkeys(server for server in found if _SERVER.fullmatch(server)))


def _results(value: str) -> tuple[str, list[Result]]:
    """Authserv-id and (method, result, properties) of one field."""
    # Quoted strings and comments hold words of the sender; only a plain token in quotes is kept.
    text = _QUOTED.sub(lambda hit: hit[0][1:-1] if _TOKEN.fullmatch(hit[0][1:-1]) else "quoted", value[:8000])
    text = re.split(r'["()]', _uncommented(text))[0]
    pieces = text.split(";")
    server = (pieces[0].split() or [""])[0].strip().lower()
    found = []
    for piece in pieces[1:100]:
        match = _METHOD.match(piece)
        if match:
            claims = {f"{kind}.{name}".lower(): told.lower() for kind, name, told in _PROPERTY.findall(piece)}
            found.append((match[1].lower(), match[2].lower(), claims))
    return server, found


_SERVER = re.compile(r"[a-z0-9][a-z0-9._-]{0,80}")
_SPF = re.compile(r"\s*([A-Za-z]{4,9})\b")
_SPF_PAIR = re.compile(r"([a-z-]{3,30})=\"?([^\s\";]{1,300})\"?", re.IGNORECASE)


def _uncommented(text: str) -> str:
    """Without comments in brackets, five deep; what is nested deeper keeps its brackets."""
    for _ in range(5):
        text = _COMMENT.sub(" ", text)
    return text


def _received_spf(value: str, authservers: frozenset[str]) -> list[Result]:
    """A Received-SPF field (RFC 7208, 9.1) of a trusted server as a result; of nobody else."""
    text = re.split(r"[()]", _uncommented(value[:2000]))[0]
    said = _SPF.match(text)
    told = {key.lower(): what.lower() for key, what in _SPF_PAIR.findall(text)}
    if said is None or told.get("receiver", "") not in authservers:
        return []
    envelope = told.get("envelope-from", "").strip("<>")
    return [("spf", said[1].lower(), {"smtp.mailfrom": envelope} if envelope else {})]


def _is_aligned(method: str, claims: dict[str, str], domain: str) -> bool:
    """Whether a result speaks of the From domain (relaxed alignment)."""
    keys = {
        "dmarc": ("header.from",),
        "spf": ("smtp.mailfrom", "smtp.mail", "smtp.helo"),
        "dkim": ("header.d", "header.i"),
    }[method]
    told = [claims[key].rpartition("@")[2] for key in keys if key in claims]
    # An SPF word on the HELO name says nothing of the sender when there is a MAIL FROM.
    return any(_is_same_owner(one, domain) for one in told[:1])


def _is_same_owner(one: str, other: str) -> bool:
    """Equal, or one below the other and not parted at a name where everybody may register."""
    if one == other:
        return True
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    labels = shorter.split(".")
    shared = len(labels) < 2 or (len(labels) == 2 and labels[0] in _SHARED)
    return not shared and longer.endswith("." + shorter)


# --------------------------------------------------------------------------- other fields that name a sender


@dataclass(frozen=True, slots=True)
class Doubt:
    """What else in the header speaks against the sender."""

    #: Field and address, ``sender:eve@evil.example``; the office's word on it counts for later mails too.
    place: str
    #: In Chinese.
    because: str


#: Where servers and programs write who handed a mail in.
_ENVELOPE = frozenset({"return-path", "envelope-from", "x-envelope-from", "x-mail-from", "x-sender"})
#: Who says that a mail is sent, or sent on, in somebody's name.
_HANDS = {
    "sender": "代发人（Sender）",
    "resent-from": "转发人（Resent-From）",
    "resent-sender": "转发人（Resent-Sender）",
}
_WAY = "way:"
_MOST_DOUBTS = 4
_MOST_FIELDS = 20
#: An address with its brackets and some room.
_MAX_ENVELOPE = 400


def doubts(letter: Letter, *, own: frozenset[str] = frozenset()) -> tuple[Doubt, ...]:
    """What other fields of the header say against the From line.

    Args:
        letter: The mail; one without a usable From has no further doubts.
        own: Addresses that may stand beside From: the unit's others, and the office's own.

    Returns:
        A doubt for each Sender, Resent-From and Resent-Sender that is another address, and for each envelope
        address of another domain; one doubt a place, at most four.
    """
    if letter.sender is None:
        return ()
    address = letter.sender.addr.lower()
    domain = address.rpartition("@")[2]
    found: dict[str, Doubt] = {}
    fields = [(name, value) for name, value in letter.headers if name in _HANDS or name in _ENVELOPE]
    for name, value in fields[:_MOST_FIELDS]:
        if name in _HANDS:
            other, _ = read_from((value[:_MAX_FIELD].encode("utf-8", "replace"),))
            shown = other.addr.lower() if other else _shown(value.strip())
            if (other is None and "@" not in value) or shown == address or shown in own:
                continue
            because = f"信头另写有{_HANDS[name]} {shown}，与发件地址 {address} 不同"
            found.setdefault(f"{name}:{shown}", Doubt(f"{name}:{shown}", because))
        else:
            hit = _ADDRESS_INSIDE.search(value[:_MAX_ENVELOPE])
            other_domain = hit[0].strip(".").rpartition("@")[2].lower() if hit else ""
            if other_domain and not _is_same_owner(other_domain, domain):
                because = f"信封上的发件域名是 {_shown(other_domain)}，与发件地址 {address} 不同"
                found.setdefault(f"envelope:{_shown(other_domain)}", Doubt(f"envelope:{_shown(other_domain)}", because))
    return tuple(found.values())[:_MOST_DOUBTS]


def unused_way(letter: Letter, agreed: frozenset[str]) -> tuple[Doubt, ...]:
    """That a mail came by a way by which the office has confirmed no mail of its address yet.

    Args:
        letter: The mail.
        agreed: What the office has confirmed, as ``address place``.

    Returns:
        One doubt, or none. An address of which some way was confirmed may come by every way of its domain: a provider
        hands over for all of its users from the same machines.
    """
    if letter.sender is None:
        return ()
    address = letter.sender.addr.lower()
    domain = address.rpartition("@")[2]
    token, shown = way(letter)
    place = f"{_WAY}{token}"
    ways = {text for text in agreed if f" {_WAY}" in text}
    known = any(text.startswith(f"{address} ") for text in ways)
    if known and any(text.endswith(f"@{domain} {place}") for text in ways):
        return ()
    before = "以往确认过的来信都不是这样来的" if known else "这个地址的来信还没有确认过"
    return (Doubt(place, f"收件服务器没有验证结果，本信{shown}，{before}"),)
