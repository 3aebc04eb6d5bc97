"""Letter -> everything it carries, flattened: archives, enclosed mails and winmail.dat opened, types told by content.

Limits hold across all nesting of one mail; every refusal is an :class:`~pipeline.model.Unreadable` with its
remedy. Nothing is downloaded: files that are only linked to are told as such.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from pipeline.mail import html, links, quote, tnef
from pipeline.mail.archives import KINDS, MAX_DEPTH, Budget, Opened, Unrar, is_junk, member_name, open_archive
from pipeline.mail.names import clean_name, ending
from pipeline.mail.parse import parse
from pipeline.model import Letter, Part, Trouble, Unpacked, Unreadable

__all__ = ["clean_name", "member_name", "unpack"]

#: Forwards of forwards are common; deeper than this nobody reads.
MAX_LETTERS_DEEP = 8
#: Own words shorter than this say no more than "see below".
_POINTER = 60
_BODIES = frozenset({"body", "body-html"})
#: Names of office files that are zips, and of what lies in such a zip.
_OFFICE = re.compile(r"\.(?:docx|docm|dotx|xlsx|xlsm|xltx|pptx|wps|et)$", re.IGNORECASE)
_PACKAGE = re.compile(r"(?:word|xl|ppt|_rels)/")


@dataclass(slots=True)
class _Flattened:
    """What has been found so far."""

    unrar: Unrar | None
    budget: Budget = field(default_factory=Budget)
    parts: list[Part] = field(default_factory=list)
    enclosed: list[tuple[str, Letter]] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)

    def refuse(self, part: Part, trouble: Trouble, message: str) -> None:
        self.unreadable.append(Unreadable(part.path, part.name, trouble, message))


def unpack(letter: Letter, *, unrar: Unrar | None = None) -> Unpacked:
    """Flatten a letter.

    Args:
        letter: The parsed mail.
        unrar: Opens rar archives: gives (name, bytes) of each regular file, raises ValueError or OSError when
            it cannot; ``None`` when no such program is installed.

    Returns:
        Leaf parts in order (a member of the archive in part 2 has the path ``2/1``; the body of a mail
        enclosed as part 2 ``2/body``), the enclosed mails, and what could not be opened.
    """
    found = _Flattened(unrar)
    _letter(letter, found, prefix="", archives=0, letters=0)
    return Unpacked(tuple(found.parts), tuple(found.enclosed), tuple(found.unreadable))


def _letter(letter: Letter, found: _Flattened, *, prefix: str, archives: int, letters: int) -> None:
    """Flatten one letter, its own parts under ``prefix``."""
    _linked(letter, found, prefix=prefix)
    for part in letter.parts:
        placed = Part(prefix + part.path, part.name, part.declared, part.data, inline=part.inline)
        if part.path in _BODIES:
            found.parts.append(placed)
        else:
            _part(placed, found, archives=archives, letters=letters)


def _part(part: Part, found: _Flattened, *, archives: int, letters: int) -> None:
    """Keep one part, or open it and go on with what is inside."""
    if is_junk(part.name):
        return
    if not part.data:
        found.refuse(part, Trouble.EMPTY, f"附件“{part.name}”是空文件（0字节）；请检查原文件后重新发送")
        return
    kind = ending(part.data)
    if kind in KINDS:
        _archive(part, kind, found, archives=archives, letters=letters)
    elif kind == "tnef":
        _winmail(part, found, archives=archives, letters=letters)
    elif part.declared == "message/rfc822" or (kind == "eml" and _is_letter(part)):
        _enclosed(part, found, archives=archives, letters=letters)
    else:
        found.parts.append(part)


def _archive(part: Part, kind: str, found: _Flattened, *, archives: int, letters: int) -> None:
    """Open an archive."""
    if archives >= MAX_DEPTH:
        found.refuse(
            part, Trouble.TOO_LARGE, f"压缩包“{part.name}”套了超过 {MAX_DEPTH} 层，未予解开；请直接以附件发送原文件"
        )
        return
    opened = open_archive(part.data, kind=kind, name=part.name, budget=found.budget, unrar=found.unrar)
    if _OFFICE.search(part.name) and _broken_package(opened):
        # To its sender it is a document; the readers say of it what is to be said of one.
        found.parts.append(part)
        return
    for refusal in opened.refusals:
        name = clean_name(refusal.member) or part.name
        found.unreadable.append(Unreadable(part.path, name, refusal.trouble, refusal.message))
    for number, member in enumerate(opened.members, start=1):
        name = clean_name(member.name) or f"文件{number}.{ending(member.data)}"
        inner = Part(f"{part.path}/{number}", name, "application/octet-stream", member.data)
        _part(inner, found, archives=archives + 1, letters=letters)


def _broken_package(opened: Opened) -> bool:
    """Whether what is named as an office file is the rest of one, and not files of the sender under a wrong name."""
    damaged = not opened.members and any(refusal.trouble is Trouble.DAMAGED for refusal in opened.refusals)
    return damaged or any(_PACKAGE.match(member.name) for member in opened.members)


def _winmail(part: Part, found: _Flattened, *, archives: int, letters: int) -> None:
    """Open what Outlook wrapped; it is a wrapper of the mail, not an archive of the sender."""
    files, whole = tnef.attachments(part.data)
    if not whole:
        found.refuse(
            part, Trouble.DAMAGED, f"附件“{part.name}”（Outlook 格式）不完整；请改用纯文本或 HTML 格式重新发送"
        )
    total = sum(len(data) for _, data in files)
    if archives >= MAX_DEPTH or len(files) > found.budget.members or total > found.budget.total:
        found.refuse(part, Trouble.TOO_LARGE, f"附件“{part.name}”内容过多，未予解开；请直接以附件发送原文件")
        return
    found.budget.total -= total
    for number, (raw, data) in enumerate(files, start=1):
        found.budget.members -= 1
        name = clean_name(raw) or f"附件{number}.{ending(data)}"
        inner = Part(f"{part.path}/{number}", name, "application/octet-stream", data)
        _part(inner, found, archives=archives + 1, letters=letters)


def _enclosed(part: Part, found: _Flattened, *, archives: int, letters: int) -> None:
    """Parse a mail inside the mail."""
    # Each level of a nest holds the bytes of all below it, so they are paid for like unpacked ones.
    if letters >= MAX_LETTERS_DEEP or found.budget.members <= 0 or len(part.data) > found.budget.total:
        found.refuse(
            part, Trouble.TOO_LARGE, f"转发的邮件“{part.name}”套了太多层或过大，未予打开；请直接把报告作为附件发送"
        )
        return
    found.budget.members -= 1
    found.budget.total -= len(part.data)
    inner = parse(part.data, digest=hashlib.sha256(part.data).hexdigest())
    found.enclosed.append((part.path, inner))
    _letter(inner, found, prefix=f"{part.path}/", archives=archives, letters=letters + 1)


def _is_letter(part: Part) -> bool:
    """A file of mail, not a web archive (MHT), which begins with mail fields as well."""
    if part.name.lower().endswith(".eml"):
        return True
    head = part.data[:16384].replace(b"\r\n", b"\n").split(b"\n\n", 1)[0].lower()
    fields = {line.split(b":", 1)[0] for line in head.split(b"\n") if b":" in line}
    return (
        b"from" in fields
        and bool(fields & {b"to", b"received", b"message-id"})
        and b"snapshot-content-location" not in fields
    )


def _linked(letter: Letter, found: _Flattened, *, prefix: str) -> None:
    """Files that the body only links to.

    Quoted history is not searched, its links were told before; unless the sender's own words are too few
    to be anything but a pointer to it and nothing is attached.
    """
    bodies = {part.path: part.data.decode("utf-8", "replace") for part in letter.parts if part.path in _BODIES}
    halves: list[tuple[str, str, str]] = []
    if "body" in bodies:
        halves.append(("body", *quote.own_words(bodies["body"])))
    if "body-html" in bodies:
        own, quoted = quote.split_html(bodies["body-html"])
        halves.append(("body-html", html.with_targets(own), html.with_targets(quoted)))
    pointing = all(len(own.strip()) < _POINTER for _, own, _ in halves) and len(bodies) == len(letter.parts)
    places = [(place, own) for place, own, _ in halves]
    places += [(place, quoted) for place, _, quoted in halves] if pointing else []
    for place, text in places:
        hits = links.find(text)
        for link in hits:
            name = clean_name(link.name) or "超大附件"
            found.unreadable.append(Unreadable(prefix + place, name, Trouble.LINK, link.message()))
        if hits:
            return
