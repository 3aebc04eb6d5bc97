"""Secrecy marks and personal numbers are found, and nothing of them is quoted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import QuestionKind
from pipeline.understanding import secrecy
from pipeline.understanding.reading import understand
from tests.support.knowledge import knowledge
from tests.support.mails import arrived, file

#: Born on a 31 February.
IDENTITY = "1101051949023100"
CHECKED = "11010519491231002X"


def luhn(body: str) -> str:
    """A card number with its check digit."""
    return next(f"{body}{digit}" for digit in range(10) if secrecy.is_card_number(f"{body}{digit}"))


@pytest.mark.parametrize("line", ["秘密★1年", "机密★", "绝密★长期", "密级：秘密", "机密", "秘 密"])
def test_marks_are_found(line: str) -> None:
    """The mark of GB/T 9704 with or without its term, and alone on top."""
    assert secrecy.marks((line, "夏县财政局文件")) == ("密级标志",)


@pytest.mark.parametrize(
    "line", ["做好保密工作", "涉及商业秘密的企业12家", "严守国家秘密，开展保密培训3次", "机密计算平台上线"]
)
def test_words_about_secrecy_are_no_marks(line: str) -> None:
    """Work on secrecy is no secret."""
    assert secrecy.marks((line,)) == ()


def test_identity_numbers_need_their_check_sign() -> None:
    """GB 11643: the last sign follows from the others, the day must exist."""
    assert secrecy.is_identity_number(CHECKED)
    assert not secrecy.is_identity_number(CHECKED[:-1] + "1")
    assert not secrecy.is_identity_number(IDENTITY + "2X")
    assert secrecy.marks((f"张某 {CHECKED} 领取补贴",)) == ("身份证号码",)


@given(st.from_regex(r"62[0-9]{16}", fullmatch=True))
def test_card_numbers_follow_luhn(body: str) -> None:
    """Exactly one check digit fits."""
    fitting = [digit for digit in range(10) if secrecy.is_card_number(f"{body}{digit}")]
    assert len(fitting) == (1 if len(set(body)) > 1 else len(fitting))


def test_a_card_number_is_found_grouped() -> None:
    """6222 0202 … in groups of four."""
    card = luhn("622202020011223456")
    grouped = " ".join(card[n : n + 4] for n in range(0, len(card), 4))
    assert secrecy.marks((f"账号：{grouped}",)) == ("银行卡号",)


@pytest.mark.parametrize(
    "line", ["发放补贴1234567890123456元", "电话13903591234、0359-8532100", "统一社会信用代码911408287812345678"]
)
def test_other_long_numbers_are_no_cards(line: str) -> None:
    """Telephone numbers and codes of companies pass."""
    assert secrecy.marks((line,)) == ()


def test_the_question_holds_and_quotes_nothing() -> None:
    """The mail is held, and the number stands nowhere in what is asked."""
    report = f"夏县财政局8月份服务业工作报告\n拨付惠企资金120万元，发放到户，其中张某身份证{CHECKED}。\n夏县财政局"
    mail = arrived("8月总结", "见附件", file("总结.docx", report))
    filing = understand(mail.opened, received_at=mail.received_at, screening=mail.screening, knowledge=knowledge())
    asked = [question for question in filing.questions if question.kind is QuestionKind.SECRET]
    assert [question.holds for question in asked] == [True]
    assert CHECKED not in asked[0].text
