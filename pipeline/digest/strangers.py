"""Mails that wait for a person → the strangers among them: by address, the likeliest report first, in few lines.

Three hundred mails of a night must not bury the one question that matters.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pipeline.digest.foreign import one_line
from pipeline.digest.views import MailView, QuestionView, is_sealed
from pipeline.digest.wording import moment, numbers
from pipeline.model import MailKind, Office, StoredFiling

#: So many mails of strangers are shown and told one by one.
SINGLY = 5
#: Strangers that are shown each; of the others the number and what they claim.
_SHOWN = 10
_MOST_CLAIMS = 5
_NAMELESS = "没有写明单位"
_CODE = "strangers-"


@dataclass(frozen=True, slots=True)
class Stranger:
    """An address that is on no list, with its mails that wait, in order of receipt."""

    #: Empty where the mail has no sender to be believed; such mails stand alone.
    address: str
    mails: tuple[StoredFiling, ...]

    @property
    def handle(self) -> str:
        """By what the office decides about all of them."""
        return self.address or self.mails[0].filing.digest[:8]

    @property
    def tokens(self) -> tuple[str, ...]:
        """The same for the ledger: the address, or the whole digest."""
        return (self.address,) if self.address else tuple(stored.filing.digest for stored in self.mails)


def strangers(filings: Iterable[StoredFiling], listed: frozenset[str]) -> tuple[Stranger, ...]:
    """Who of those whose mails wait is a stranger.

    Args:
        filings: All mails.
        listed: Addresses of the directory, lower case.

    Returns:
        Those who report for a unit first, of these those whose words fewer others send, and who speak of more items.
    """
    waiting: dict[str, list[StoredFiling]] = {}
    for stored in filings:
        sender = stored.sender.lower()
        if stored.open_questions and not stored.filing.sender_known and sender not in listed:
            waiting.setdefault(sender or stored.filing.digest, []).append(stored)
    found = [
        Stranger(key if mails[0].sender else "", tuple(sorted(mails, key=lambda one: one.received_at)))
        for key, mails in waiting.items()
    ]
    alike = Counter(_words(stranger) for stranger in found)
    return tuple(
        sorted(
            found,
            key=lambda one: (*_rank(one, alike), len(one.mails), one.mails[0].received_at, one.handle),
        )
    )


def _words(stranger: Stranger) -> tuple[str, ...]:
    """What is the same in mails of which each is a copy of the other."""
    filing = stranger.mails[0].filing
    return (filing.unit or "", *(record.progress for record in filing.records))


def _rank(stranger: Stranger, alike: Counter[tuple[str, ...]]) -> tuple[bool, int, int]:
    """How far the best of the mails is from a report of a unit: a crowd copies, a department speaks of more items."""
    reports = [one.filing for one in stranger.mails if one.filing.unit and one.filing.kind is not MailKind.OTHER]
    return not reports, alike[_words(stranger)], -max((len(filing.records) for filing in reports), default=0)


def mails_of(found: Iterable[Stranger]) -> tuple[StoredFiling, ...]:
    """All their mails."""
    return tuple(stored for stranger in found for stored in stranger.mails)


def code_of(found: Iterable[Stranger]) -> str:
    """A name for exactly these mails: with one more or one less it is another, so nobody decides unseen."""
    digests = "".join(sorted(stored.filing.digest for stored in mails_of(found)))
    return f"{_CODE}{hashlib.sha256(digests.encode()).hexdigest()[:8]}"


def is_code(handle: str) -> bool:
    """Whether a handle names all strangers' mails."""
    return handle.startswith(_CODE)


def claims(mails: Iterable[StoredFiling]) -> str:
    """Who they say that they are: ``县文旅局120封、县财政局1封、没有写明单位7封``; of sealed mails nothing."""
    named = Counter(
        one_line(stored.filing.unit or "", 30) or _NAMELESS if not is_sealed(stored) else "已隔离" for stored in mails
    )
    said = [f"{name}{count}封" for name, count in named.most_common(_MOST_CLAIMS)]
    more = len(named) - len(said)
    return "、".join(said) + (f"等{len(named)}个单位" if more > 0 else "")


def stranger_views(found: tuple[Stranger, ...], office: Office, *, first: int = 1) -> tuple[QuestionView, ...]:
    """A line for each of the likeliest, one for the rest, and how all of them are settled at once."""
    shown = found[:_SHOWN]
    views = [_view(stranger, office, number) for number, stranger in enumerate(shown, first)]
    rest = found[_SHOWN:]
    mails = len(mails_of(found))
    text = f"其余{len(rest)}个陌生地址来件{len(mails_of(rest))}封，自称{claims(mails_of(rest))}。" if rest else ""
    text += (
        f"共{mails}封。真是某单位报的，用 yuebao review decide 地址 --unit 单位；某个地址都不是本办的件，用 --refuse。"
        f"先答真的，剩下的用 yuebao review decide {code_of(found)} --refuse 一次了结"
        "（有新来件或答过之后编号会变，见 review list）。"
    )
    return (*views, _question(first + len(shown), text))


def _view(stranger: Stranger, office: Office, number: int) -> QuestionView:
    last = stranger.mails[-1]
    items = {
        record.match.item for stored in stranger.mails if not is_sealed(stored) for record in stored.filing.records
    }
    read = f"，读到任务{numbers(tuple(items))}" if items else ""
    who = one_line(stranger.address, 60) or f"发件人无法确认的来件（编号 {stranger.handle}）"
    text = f"{who} 来件{len(stranger.mails)}封，自称{claims(stranger.mails)}{read}。"
    subject = "" if is_sealed(last) else f"《{one_line(last.subject, 40) or '无主题'}》"
    return _question(number, text, mail=f"{moment(last.received_at, office)}{subject}")


def _question(number: int, text: str, mail: str = "") -> QuestionView:
    return QuestionView(number=number, kind="陌生来件", text=text, suggestion="", options="", mail=mail, where="")


def summary_row(found: tuple[Stranger, ...], fresh: Iterable[StoredFiling], office: Office) -> tuple[MailView, ...]:
    """One row for all new mails of strangers in a list of mails."""
    digests = {stored.filing.digest for stored in mails_of(found)}
    new = [stored for stored in fresh if stored.filing.digest in digests]
    if not new:
        return ()
    latest: datetime = max(stored.received_at for stored in new)
    who = len({stored.sender or stored.filing.digest for stored in new})
    told = f"共{len(new)}封，见待答问题"
    return (MailView(moment(latest, office), f"陌生地址{who}个", told, "待确认", ""),)
