"""Notice -> bytes of a mail that 163, QQ, Outlook and Foxmail show right; the same notice gives the same bytes."""

from __future__ import annotations

import binascii
import email.utils
import hashlib
import re
import urllib.parse
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from functools import lru_cache
from typing import Any

from pipeline.mail.names import clean_name
from pipeline.model import Address, Attachment, Notice, NoticeKind

MAX_SUBJECT = 200


class _Address(HeaderAddress):
    """The library's address, as a key of what was written before."""

    def __hash__(self) -> int:  # type: ignore[override] # the library's has none
        return hash(str(self))


class _Kinds(HeaderRegistry):
    """The library's kinds of fields; it would make a class anew for each field of each letter, at every look at it."""

    @lru_cache(maxsize=256)  # noqa: B019 - there is one registry
    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - as the library has it
        """As the library does."""
        return super().__getitem__(name)


class _Fields(EmailPolicy):
    """The library's policy; a field that comes again (office, receiver, kind of content) is written once.

    Each letter has fifteen fields, and taking them apart and folding them is most of what writing a letter costs.
    """

    @lru_cache(maxsize=4096)  # noqa: B019 - there is one policy
    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:  # noqa: ANN401 - as the library has it
        """As the library does."""
        return super().header_store_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:  # noqa: ANN401 - the same
        """As the library does."""
        return self._folded(name, value, hasattr(value, "fold"))

    @lru_cache(maxsize=4096)  # noqa: B019 - the same
    def _folded(self, name: str, value: Any, _parsed: bool) -> bytes:  # noqa: ANN401, FBT001 - tells equal texts apart
        return super().fold_binary(name, value)


#: Fields made by hand are folded by hand; the library would break a long media type into encoded words.
_POLICY = _Fields(linesep="\r\n", refold_source="none", header_factory=_Kinds())
_ID = re.compile(r"<[!-;=?-~]{1,500}@[!-;=?-~]{1,400}>")
_ADDR = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,80}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_TEXT_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
#: The standard library drops the quotes of a long quoted name when it folds, so nothing may need quoting.
_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')
#: Letters that answer a mail (RFC 3834 wants them told apart from those that nothing asked for).
_ANSWERS = frozenset({NoticeKind.RECEIPT, NoticeKind.REPLY})
_MAX_REFERENCES = 20
#: Octets in one encoded word, so that the word stays under 75 characters.
_WORD_OCTETS = 42
#: Characters in one section of a long parameter: few mailers join sections, so nearly every name stays whole.
_SECTION = 600


def key_hash(key: str) -> str:
    """Short public name of a notice's key; the key itself may name units and months."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def message_id_for(key: str, *, domain: str) -> str:
    """The one Message-ID that a notice with this key will ever have."""
    safe = re.sub(r"[^A-Za-z0-9.-]", "", domain).strip(".-") or "yuebao.invalid"
    return f"<yuebao.{key_hash(key)}@{safe}>"


def compose(notice: Notice, *, sender: Address, message_id: str, date: datetime) -> bytes:
    """Write a notice as a mail.

    Args:
        notice: What to say to whom.
        sender: Our own address with the name of the office.
        message_id: From :func:`message_id_for`.
        date: When it was written; aware.

    Returns:
        The mail with CRLF line ends, ASCII only: complete plain text, HTML beside it, attachments with
        their names in RFC 2231 and in the older spelling. There is never a Bcc field; blind copies are the
        envelope's business. Control characters anywhere become blanks, so that no value makes a header.

    Raises:
        ValueError: No recipient, or an address that is none: such a notice is a bug, not a letter.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["Date"] = email.utils.format_datetime(date)
    mail["From"] = _address(sender.addr, _line(_SPECIALS.sub(" ", sender.display), 60))
    mail["To"] = tuple(_address(each) for each in notice.to)
    if not notice.to:
        raise ValueError("a notice needs a recipient")
    if notice.copies:
        mail["Cc"] = tuple(_address(each) for each in notice.copies)
    mail["Subject"] = _line(notice.subject, MAX_SUBJECT)
    if not _ID.fullmatch(message_id) or "=?" in message_id:
        raise ValueError("a Message-ID looks like <local@domain>")
    mail["Message-ID"] = message_id
    _thread(mail, notice)
    mail["Auto-Submitted"] = "auto-replied" if notice.kind in _ANSWERS else "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail["X-Yuebao-Id"] = key_hash(notice.key)
    mail.set_content(_text(notice.text), subtype="plain", charset="utf-8", cte="base64")
    if notice.html.strip():
        mail.add_alternative(_text(notice.html), subtype="html", charset="utf-8", cte="base64")
        for part in mail.iter_parts():
            del part["MIME-Version"]
    names: set[str] = set()
    for number, attachment in enumerate(notice.attachments, start=1):
        _attach(mail, attachment, name=_unique(attachment.name, number, names))
    _fix_boundaries(mail, key_hash(notice.key))
    return mail.as_bytes(policy=_POLICY)


def _line(text: str, limit: int) -> str:
    """One line without anything that could end it, now or once decoded.

    The library decodes encoded words in what it is given, and a word may hold a line break; so none may be left.
    """
    return re.sub(r" {2,}", " ", _BREAKS.sub(" ", text).replace("=?", "= ?")).strip()[:limit]


def _text(text: str) -> str:
    """A body without control characters; lone surrogates would not even encode."""
    return _TEXT_CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n"))


def _address(addr: str, display: str = "") -> _Address:
    """An address for a header; anything that is not one plain address is refused."""
    if not _ADDR.fullmatch(addr):
        raise ValueError("not a plain mail address")
    local, _, domain = addr.rpartition("@")
    return _Address(display, local, domain)


def _thread(mail: EmailMessage, notice: Notice) -> None:
    """In-Reply-To and References, only from well-formed identifiers."""
    answered = _ID.search(notice.in_reply_to.replace("=?", " "))
    if answered:
        mail["In-Reply-To"] = answered[0]
    chain = [hit[0] for each in notice.references if (hit := _ID.search(each.replace("=?", " ")))]
    if answered and answered[0] not in chain:
        chain.append(answered[0])
    if chain:
        # The first names the thread, the last what is answered; the middle may go.
        mail["References"] = " ".join(chain[:1] + chain[1:][-_MAX_REFERENCES:])


def _unique(name: str, number: int, names: set[str]) -> str:
    """A safe file name that no other attachment of this mail has."""
    cleaned = clean_name(_BREAKS.sub(" ", name)) or f"附件{number}.bin"
    stem, dot, tail = cleaned.rpartition(".")
    candidate, turn = cleaned, 1
    while candidate.lower() in names:
        turn += 1
        candidate = f"{stem}({turn}){dot}{tail}" if dot else f"{tail}({turn})"
    names.add(candidate.lower())
    return candidate


def _attach(mail: EmailMessage, attachment: Attachment, *, name: str) -> None:
    """Add a file under both spellings of its name.

    ``filename*`` is the standard (RFC 2231); who does not know it (old Foxmail, Outlook and QQ) falls back on
    ``name``, where encoded words are the custom. Both are ASCII made here, so nothing can break out of them.
    """
    declared = attachment.media_type.lower()
    if not _MEDIA_TYPE.fullmatch(declared) or declared.startswith(("multipart/", "message/")):
        declared = "application/octet-stream"
    main, _, sub = declared.partition("/")
    mail.add_attachment(attachment.data, maintype=main, subtype=sub, filename="x", cte="base64")
    part = list(mail.iter_parts())[-1]
    for field in ("Content-Type", "Content-Disposition", "MIME-Version"):
        del part[field]
    old = _encoded_words(name)
    part.set_raw("Content-Type", f'{declared};\n name="{old}"')
    plain = f'filename="{old}"' if _is_plain(name) else _extended(name)
    part.set_raw("Content-Disposition", f"attachment;\n {plain}")


def _is_plain(name: str) -> bool:
    """Whether a name needs no encoding; one that looks encoded does."""
    return name.isascii() and "=?" not in name


def _encoded_words(name: str) -> str:
    """RFC 2047 words, each decodable by itself; plain ASCII names stay as they are."""
    if _is_plain(name):
        return re.sub(r'["\\]', "_", name)
    pieces, piece = [], ""
    for char in name:
        if len((piece + char).encode()) > _WORD_OCTETS:
            pieces.append(piece)
            piece = ""
        piece += char
    pieces.append(piece)
    return "\n ".join(f"=?UTF-8?B?{binascii.b2a_base64(each.encode(), newline=False).decode()}?=" for each in pieces)


def _extended(name: str) -> str:
    """``filename*=`` of RFC 2231, in numbered sections where one line would be too long."""
    encoded = [urllib.parse.quote(char, safe="") for char in name]
    sections, section = [], "UTF-8''"
    for char in encoded:
        if len(section) + len(char) > _SECTION:
            sections.append(section)
            section = ""
        section += char
    sections.append(section)
    if len(sections) == 1:
        return f"filename*={section}"
    return ";\n ".join(f"filename*{number}*={each}" for number, each in enumerate(sections))


def _fix_boundaries(mail: EmailMessage, key: str) -> None:
    """Boundaries from the key instead of chance; bodies are base64, so no line can collide."""
    for number, part in enumerate(each for each in mail.walk() if each.is_multipart()):
        part.set_boundary(f"=_yuebao_{key[:16]}_{number}")
