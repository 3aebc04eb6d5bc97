"""Bytes of one mail -> Letter.

Octets are split and decoded here; mail-parser sees the capped header and the skeleton of the parts, and is
asked what it is good at: what is wrong with them. Nothing raises: every oddity is a sentence in ``defects``.
"""

from __future__ import annotations

import binascii
import email.utils
import logging
import re
from datetime import UTC, datetime, timedelta, timezone

import mailparser

from pipeline.mail import html, sender, uu
from pipeline.mail.charsets import decode, guess
from pipeline.mail.fields import one_line, unbase64, unfold, words
from pipeline.mail.names import clean_name, ending
from pipeline.mail.split import Entity, split
from pipeline.model import Letter, Part

# The library writes pieces of mails into its log; contents never go into logs.
logging.getLogger("mailparser").setLevel(logging.CRITICAL + 1)

_ID = re.compile(r"<[^<>\s]{1,900}>")
_MAX_REFERENCES = 100
_META_CHARSET = re.compile(
    r"""(?is)(<meta\b[^>]{0,300}?charset\s*=\s*["']?)[A-Za-z0-9_.:-]{1,40}|(<\?xml[^>]{0,100}encoding\s*=\s*["'])[A-Za-z0-9_.:-]{1,40}"""
)
_LOOSE_DATE = re.compile(
    r"(\d{4})\s*[-/年.]\s*(\d{1,2})\s*[-/月.]\s*(\d{1,2})\s*日?\s*(?:T|\s)?\s*(?:(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2}))?)?"
)
#: A date without zone on a mail of this genre is meant in Chinese time.
_CHINA = timezone(timedelta(hours=8))
#: Fields without free text: encoded words in them are letters like others.
_STRUCTURED = frozenset(
    {
        *("authentication-results", "arc-authentication-results", "arc-seal", "arc-message-signature", "received"),
        *("received-spf", "dkim-signature", "return-path", "message-id", "in-reply-to", "references", "date"),
        *("auto-submitted", "precedence", "content-type", "content-transfer-encoding", "mime-version", "list-id"),
    }
)
#: What the library is shown of one field.
_LIBRARY_FIELD = 2000
_LIBRARY_FIELDS = frozenset(
    {"from", "to", "cc", "sender", "reply-to", "date", "received", "mime-version", "message-id"}
)
_LIBRARY_RECEIVED = 10
#: What mail-parser (and the standard library below it) finds, in words for the office.
_DEFECTS = {
    "AddressHeaderDefect": "收发件人字段写法不规范",
    "ReceivedHeaderDefect": "收信轨迹（Received）写法不规范",
    "DateHeaderDefect": "日期字段无法识别或写法不规范",
    "MimeHeaderDefect": "附件信息写法不规范",
    "NoBoundaryInMultipartDefect": "多部分邮件没有写明分隔线",
    "StartBoundaryNotFoundDefect": "多部分邮件找不到开始分隔线",
    "CloseBoundaryNotFoundDefect": "多部分邮件没有结束分隔线，可能未传完整",
    "MultipartInvariantViolationDefect": "声明为多部分的邮件只有一部分",
    "MissingHeaderBodySeparatorDefect": "信头与正文之间缺少空行",
    "FirstHeaderLineIsContinuationDefect": "信头第一行是续行",
    "InvalidMultipartContentTransferEncodingDefect": "多部分邮件写了不允许的传输编码",
    "MisplacedEnvelopeHeaderDefect": "信头中混有邮箱分隔行",
    "MalformedHeaderDefect": "信头有不成样子的一行",
}
_NO_DEFECT = frozenset({"CharsetDecodeDefect"})


def parse(data: bytes, *, digest: str) -> Letter:
    """Decode one mail.

    Args:
        data: The mail as the server held it; any bytes at all.
        digest: SHA-256 of the bytes, lower-case hex.

    Returns:
        The letter. Its bodies are the parts ``body`` and ``body-html``, in UTF-8 whatever they were;
        attachments are numbered from ``1`` in the order of the mail and keep their bytes exactly.
        Never raises.
    """
    root, oddities = split(data)
    defects = list(oddities)
    fields = root.fields
    froms = tuple(raw for name, raw in fields if name == "from")
    address, trouble = sender.read_from(froms)
    if any(oddity.startswith("信头过长") for oddity in oddities):
        # A second From line may stand behind the cut.
        address, trouble = None, "信头过长，未能读完，发件人不可信，请人工确认来源"
    if trouble:
        defects.append(trouble)
    collected = _Parts(data)
    for leaf in root.leaves():
        collected.add(leaf)
    parts = collected.parts(defects)
    date = moment(_plain(fields, "date"))
    defects += [each for each in _library_defects(root) if each not in defects]
    return Letter(
        digest=digest,
        message_id=_first_id(_plain(fields, "message-id")),
        subject=_text(fields, "subject"),
        sender=address,
        sender_trouble=trouble,
        recipients=sender.recipients(tuple(raw for name, raw in fields if name in {"to", "cc"})),
        in_reply_to=_first_id(_plain(fields, "in-reply-to")),
        references=tuple(_ID.findall(_plain(fields, "references"))[:_MAX_REFERENCES]),
        date=date,
        received=_received(fields),
        headers=tuple((name, _shown(name, raw)) for name, raw in fields),
        body=collected.text(),
        parts=parts,
        defects=tuple(dict.fromkeys(defects)),
    )


def moment(text: str) -> datetime | None:
    """An aware datetime from a date field (RFC 5322, ISO or Chinese), or ``None``.

    A date without zone is taken as Chinese time; years before 1970 and after 2199 are no dates.
    """
    found: datetime | None = None
    try:
        found = email.utils.parsedate_to_datetime(text[:200])
    except (ValueError, TypeError, IndexError, OverflowError):
        match = _LOOSE_DATE.search(text[:200])
        if match:
            try:
                found = datetime(*(int(each or 0) for each in match.groups()), tzinfo=_CHINA)  # type: ignore[misc, arg-type]
            except (ValueError, OverflowError):
                return None
    if found is None or not 1970 <= found.year <= 2199:
        return None
    if found.tzinfo is None:
        # RFC 5322: -0000 is UTC of unknown place; no zone at all is a local habit.
        found = found.replace(tzinfo=UTC if "-0000" in text else _CHINA)
    return found


def _received(fields: tuple[tuple[str, bytes], ...]) -> datetime | None:
    """Time in the topmost Received line."""
    for name, raw in fields:
        if name == "received":
            return moment(re.sub(r"\([^()]*\)", " ", unfold(raw).decode("latin-1").rpartition(";")[2]).strip())
    return None


def _text(fields: tuple[tuple[str, bytes], ...], name: str) -> str:
    """First field of a name, decoded."""
    return next((words(raw) for key, raw in fields if key == name), "")


def _plain(fields: tuple[tuple[str, bytes], ...], name: str) -> str:
    """First field of a name, as it stands."""
    return next((one_line(guess(unfold(raw))[0]) for key, raw in fields if key == name), "")


def _shown(name: str, raw: bytes) -> str:
    """A field as text: words decoded where words may stand, structure left as the servers wrote it.

    A decoded word in a structured field could add a result to Authentication-Results: its sender part is
    reflected there, and ``=?utf-8?Q?=3B_dmarc=3Dpass?=`` is a valid local part.
    """
    return one_line(guess(unfold(raw))[0]) if name in _STRUCTURED else words(raw)


def _first_id(text: str) -> str:
    """The first ``<id>``, or the whole value where a mailer forgot the brackets."""
    match = _ID.search(text)
    return match[0] if match else text[:900].strip()


class _Parts:
    """Collects leaves of one mail: bodies first, attachments in order."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._plain: list[str] = []
        self._html: list[str] = []
        self._files: list[tuple[str, str, bytes, bool]] = []
        self._defects: list[str] = []

    def add(self, leaf: Entity) -> None:
        """Take one leaf: as a body when it is nameless text that is not an attachment, else as a file."""
        kind = leaf.type.main if "/" in leaf.type.main else "text/plain"
        if kind.startswith("multipart/"):
            # Its boundary was not found; what is there is read as text.
            kind = "text/plain"
        name = leaf.disposition.get("filename") or leaf.type.get("name")
        attached = leaf.disposition.main == "attachment" or bool(name)
        payload = self._payload(leaf)
        if kind in {"text/plain", "text/html"} and not attached:
            self._body(payload, kind, leaf.type.get("charset"))
            return
        inline = leaf.disposition.main == "inline" or any(key == "content-id" for key, _ in leaf.fields)
        self._files.append((name, kind, payload, inline))

    def _body(self, payload: bytes, kind: str, charset: str) -> None:
        """Decode a body and take uuencoded files out of a plain one."""
        if kind == "text/plain":
            payload, files = uu.extract(payload)
            self._files += [(name, "application/octet-stream", data, False) for name, data in files]
        elif not charset:
            found = _META_CHARSET.search(payload[:2000].decode("latin-1"))
            charset = re.split(r"[=\"']", found[0])[-1].strip() if found else ""
        text, clean = decode(payload, charset)
        if not clean:
            self._defects.append("正文有个别字符无法识别，已用□或�代替")
        (self._plain if kind == "text/plain" else self._html).append(text.replace("\r\n", "\n").replace("\x00", ""))

    def _payload(self, leaf: Entity) -> bytes:
        """Octets of a leaf without transfer encoding."""
        encoding = leaf.first("content-transfer-encoding").split(b";")[0].strip().strip(b'"').lower()
        if encoding == b"base64":
            return unbase64(memoryview(self._data)[leaf.start : leaf.end])
        raw = self._data[leaf.start : leaf.end]
        if encoding == b"quoted-printable":
            return binascii.a2b_qp(raw)
        if encoding in {b"x-uuencode", b"uuencode", b"x-uue", b"uue"}:
            return uu.decode(raw)
        if encoding not in {b"", b"7bit", b"8bit", b"binary"}:
            self._defects.append("有一部分的传输编码无法识别，按原样读取")
        return raw

    def text(self) -> str:
        """The body as text: the plain one, or the HTML one where that says nothing."""
        plain = "\n".join(self._plain)
        if plain.strip() or not self._html:
            return plain
        return "\n".join(html.to_text(each) for each in self._html)

    def parts(self, defects: list[str]) -> tuple[Part, ...]:
        """All parts with their paths; names are made from the position where the mail gives none."""
        out = []
        if self._plain:
            out.append(Part("body", "正文.txt", "text/plain", "\n".join(self._plain).encode("utf-8", "replace")))
        if self._html:
            told = "\n".join(_META_CHARSET.sub(r"\1\2utf-8", each) for each in self._html)
            out.append(Part("body-html", "正文.html", "text/html", told.encode("utf-8", "replace")))
        for number, (name, kind, data, inline) in enumerate(self._files, start=1):
            cleaned = clean_name(name)
            if name and cleaned != name:
                self._defects.append(f"附件{number}的名字含有不安全的字符，显示为“{cleaned}”")
            label = cleaned or f"附件{number}.{_ending(kind, data)}"
            out.append(Part(str(number), label, kind, data, inline=inline))
        defects += self._defects
        return tuple(out)


def _ending(kind: str, data: bytes) -> str:
    """Ending of a nameless part: by its kind where that has a meaning of its own, else by its bytes."""
    named = {"message/rfc822": "eml", "message/delivery-status": "txt", "message/disposition-notification": "txt"}
    return named.get(kind) or {"text/calendar": "ics", "text/html": "html"}.get(kind) or ending(data)


def _library_defects(root: Entity) -> list[str]:
    """What mail-parser says of header and structure, in Chinese.

    It is shown the fields that it judges, each cut to a size that costs nothing, and the parts without
    their contents: whole mails have been measured to cost gigabytes (20,000 encoded words in a Subject).
    """
    lines: list[bytes] = []
    received = 0
    for name, raw in root.fields:
        received += name == "received"
        if name in _LIBRARY_FIELDS and (name != "received" or received <= _LIBRARY_RECEIVED):
            lines.append(name.encode("ascii") + b": " + raw[:_LIBRARY_FIELD])
    skeleton = b"\r\n".join(lines) + b"\r\n" + _skeleton(root)
    try:
        found = mailparser.parse_from_bytes(skeleton).defects_categories
    except Exception:  # noqa: BLE001 - whatever surprises a library is an oddity of the mail, not the end of it
        return ["邮件结构异常，解析库无法判断"]
    return sorted({_DEFECTS.get(each, f"邮件写法不规范（{each}）") for each in found if each not in _NO_DEFECT})


def _skeleton(entity: Entity) -> bytes:
    """Content fields of an entity and, for a multipart, its parts without contents."""
    own = [
        name.encode("ascii") + b": " + raw[:_LIBRARY_FIELD]
        for name, raw in entity.fields
        if name.startswith("content-")
    ]
    head = b"\r\n".join(own) + b"\r\n\r\n"
    if not entity.children:
        return head
    mark = b"--" + entity.type.get("boundary").encode("utf-8", "surrogateescape")
    parts = b"".join(mark + b"\r\n" + _skeleton(child) + b"\r\n" for child in entity.children)
    return head + parts + mark + b"--\r\n"
