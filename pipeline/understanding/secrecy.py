"""Papers that must not go round (secrecy marks, identity and bank-card numbers) → a question without quotation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from pipeline.model import Question, QuestionKind
from pipeline.text import ascii_digits, folded
from pipeline.understanding.carriers import Mail

#: 密级 as it stands on official paper: the mark with its star and term, or alone at the top (GB/T 9704).
_STAR = re.compile(r"(?:绝密|机密|秘密)[★☆*＊](?:\d{1,2}(?:年|个月|天)|[一二三五十]{1,2}年|长期)?")
_ALONE = re.compile(r"^(?:密级[::]?)?(?:绝密|机密|秘密)(?:级|件)?(?:[\s(（]*(?:\d{1,2}年|长期)[)）]?)?$")
_IDENTITY = re.compile(
    r"(?<![\dA-Za-z])([1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx])(?![\dA-Za-z])"
)
_CARD = re.compile(r"(?<![\d.])((?:62|4\d|5[1-5]|3[57])\d{2}(?:[ -]?\d){11,15})(?![\d.])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MARKED_LINES = 6


def is_identity_number(text: str) -> bool:
    """Whether eighteen signs are a resident identity number: a real day and the check sign of GB 11643-1999."""
    if not re.fullmatch(r"\d{17}[\dXx]", text):
        return False
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text, strict=False))
    return "10X98765432"[total % 11] == text[17].upper()


def is_card_number(text: str) -> bool:
    """Whether 15 to 19 digits are a bank-card number by Luhn's rule."""
    digits = [int(sign) for sign in text if sign.isdecimal()]
    if not 15 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def marks(lines: Iterable[str]) -> tuple[str, ...]:
    """What a text holds that must not go round: ``密级标志``, ``身份证号码``, ``银行卡号``; never the thing itself."""
    found: list[str] = []
    for number, line in enumerate(lines):
        plain = folded(line)
        if _STAR.search(plain) or (number < _MARKED_LINES and _ALONE.match(plain)):
            found.append("密级标志")
        digits = ascii_digits(line)
        identities = [hit for hit in _IDENTITY.findall(digits) if is_identity_number(hit)]
        if identities:
            found.append("身份证号码")
        cards = [re.sub(r"[ -]", "", hit) for hit in _CARD.findall(digits)]
        if any(is_card_number(card) and card not in identities and not is_identity_number(card) for card in cards):
            found.append("银行卡号")
    return tuple(dict.fromkeys(found))


def questions(mail: Mail, *, digest: str) -> tuple[Question, ...]:
    """One question a paper that holds something of the kind; the mail is held, nothing of it is quoted."""
    asked = []
    subject = marks((mail.opened.letter.subject,))
    if subject:
        asked.append(_ask(digest, place="subject", where="邮件主题", what=subject))
    for paper in mail.papers:
        lines = [*paper.header, *paper.lines]
        what = list(marks(lines))
        if _STAR.search(folded(paper.document.name)):
            what.insert(0, "密级标志")
        if what:
            where = "邮件正文" if paper.body else "附件"
            asked.append(_ask(digest, place=paper.document.part, where=where, what=tuple(dict.fromkeys(what))))
    return tuple(asked)


def _ask(digest: str, *, place: str, where: str, what: tuple[str, ...]) -> Question:
    named = "、".join(what)
    remedy = "请按保密规定处理，不要转发" if "密级标志" in what else "请核实是否确需报送，必要时请发件单位删去后重报"
    text = f"{where}中发现{named}，这封邮件已单独存放，内容不进入任何汇总和回信；{remedy}。确认可以使用后再计入。"
    return Question(
        QuestionKind.SECRET, digest, place, text, suggestion="refuse" if "密级标志" in what else None, holds=True
    )
