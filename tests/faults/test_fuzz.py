"""F22: our own parsers over arbitrary and over malicious text: no exception that they do not name, no input over 1 s.

Hypothesis draws the inputs (its failures are kept and tried first the next time); before a release a hundred times as
many. Long inputs that only repeat are tried apart: they are what patterns that look back choke on.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pipeline.digest
import pipeline.mail
import pipeline.plan
import pipeline.readers
import pipeline.understanding
from pipeline import periods, text
from pipeline.mail.names import clean_name
from pipeline.mail.sender import authentication, looks_like, read_from, recipients
from pipeline.understanding.carriers import pattern
from pipeline.understanding.reading import understand
from tests.faults.scale import RELEASE
from tests.support.knowledge import knowledge
from tests.support.mails import CHINA, arrived, file

#: One input may take a second; the examples grow a hundredfold before a release.
FUZZ = settings(
    max_examples=8_000 if RELEASE else 80,
    deadline=1000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SLOW = settings(FUZZ, max_examples=1_500 if RELEASE else 25)

ADDRESS = st.lists(
    st.sampled_from(
        ["a", "gov.cn", "@", "<", ">", "(", ")", '"', "\\", ",", ";", ":", ".", " ", "\t", "\r\n ", "\0",
         "=?utf-8?b?5Y6/?=", "＠", "а", "\u202e", "undisclosed", "wlj@unit.example", "\xff"]
    )
    | st.text(max_size=5),
    max_size=25,
).map("".join)  # fmt: skip
RESULTS = st.lists(
    st.sampled_from(
        ["mx.163.com", ";", "=", "pass", "fail", "dmarc", "spf", "dkim", " header.from=", "header.d=", "smtp.mailfrom=",
         "gov.cn", "(", ")", '"', "/1", "\r\n\t", "none", "\\", "@"]
    )
    | st.text(max_size=4),
    max_size=30,
).map("".join)  # fmt: skip
WORDS = st.lists(
    st.sampled_from(
        ["2022年", "8月", "1-8月", "上月", "本月", "第", "三季度", "13月", "0月", "二〇二二年", "报告", "县文旅局",
         "累计", "完成", "3家", "1,234.5万元", "％", "增长", "。", "：", "；", "\n", "1.", "（一）",
         "（", "）", "十", "万", "亿", "发展乡村旅游", "同比", "更正", "无", "\u3000", "\x0b", "\U0001f600",
         "退文", "密级：秘密", "Ⅳ"]
    )
    | st.text(max_size=6),
    max_size=40,
).map("".join)  # fmt: skip


@FUZZ
@given(st.lists(ADDRESS, max_size=3))
def test_sender_addresses(fields: list[str]) -> None:
    """One plain address or none with a reason; never an exception."""
    raw = tuple(one.encode("utf-8", "surrogatepass") for one in fields)
    found, because = read_from(raw)
    assert (found is None) == bool(because)
    if found is not None:
        assert found.addr.isascii()
        assert found.addr.count("@") == 1
        looks_like(found.addr, ("wlj@unit.example", "office@demo.example"))
    recipients(raw)


@FUZZ
@given(st.lists(RESULTS, max_size=3))
def test_authentication_results(fields: list[str]) -> None:
    """Whatever a field says: a verdict with its reason, and a pass only from a server that is believed."""
    letter = arrived("x", "y").opened.letter
    headers = (*((("Authentication-Results"), one) for one in fields),)
    found = authentication(replace(letter, headers=headers), frozenset({"mx.163.com"}))
    assert found.because
    assert authentication(replace(letter, headers=headers), frozenset()).verdict != "pass"


@FUZZ
@given(WORDS)
def test_periods(words: str) -> None:
    """Months told in any way: well-formed or none."""
    one = periods.parse_period(words)
    assert one is None or re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", one)
    for mention in periods.months_in(words):
        assert 1 <= mention.month <= 12
        periods.nearest(mention.month, mention.year, date(2022, 9, 8))


@FUZZ
@given(WORDS | ADDRESS)
def test_names_of_files(name: str) -> None:
    """Cleaned: no control, no path, not too long, and clean stays clean."""
    clean = clean_name(name)
    assert not re.search(r"[\x00-\x1f/\\\u202a-\u202e\u2066-\u2069]", clean)
    assert len(clean) <= 120
    assert clean_name(clean) == clean


@SLOW
@given(WORDS, WORDS, st.lists(st.lists(WORDS, min_size=1, max_size=5), max_size=6))
def test_a_whole_mail_is_understood(subject: str, body: str, rows: list[list[str]]) -> None:
    """Kind, unit, month, items, tables and figures of arbitrary words: a filing, in less than a second."""
    # A header field is one line; what else a subject may hold is tried with the mails of tests/hostile.
    subject = " ".join(subject.splitlines())
    width = max((len(row) for row in rows), default=0)
    table = tuple((*row, *("",) * (width - len(row))) for row in rows)
    mail = arrived(subject, body, file("表.xlsx", rows=table)) if table else arrived(subject, body)
    filing = understand(
        mail.opened, received_at=datetime(2022, 9, 8, 9, tzinfo=CHINA), screening=mail.screening, knowledge=knowledge()
    )
    assert filing.digest == mail.opened.letter.digest


# ----------------------------------------------------------------- patterns that look back

#: Pieces that a pattern may begin to match again at every place.
PIECES = (
    *("0", "一", " ", "1.", "1,", "、", "a", "a.", "a@", "<", "(", "（", "月", "1月", "第", "年", "-", "=", "\n"),
    *("\t \n", ":", "：", "\u3000", "1 ", "十", "万", "A", "&#", "[", "“", "《", "%", "1-", "re:", " a", "十0"),
    *("的", "A1", "秘密"),
)
LENGTH = 500


def _modules() -> Iterator[ModuleType]:
    yield from (periods, text)
    for package in (pipeline.understanding, pipeline.mail, pipeline.readers, pipeline.plan, pipeline.digest):
        for found in pkgutil.iter_modules(package.__path__):
            yield importlib.import_module(f"{package.__name__}.{found.name}")


def _patterns(name: str, value: object, depth: int = 0) -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    if isinstance(value, re.Pattern):
        yield name, value
    elif isinstance(value, tuple | list) and depth < 3:
        for number, one in enumerate(value):
            yield from _patterns(f"{name}[{number}]", one, depth + 1)
    elif isinstance(value, dict) and depth < 2:
        for key, one in value.items():
            yield from _patterns(f"{name}[{key}]", one, depth + 1)


def _all_patterns() -> dict[str, re.Pattern[str] | re.Pattern[bytes]]:
    found = {}
    for module in _modules():
        for name, value in vars(module).items():
            found.update(dict(_patterns(f"{module.__name__}.{name}", value)))
    lexicon = knowledge().lexicon
    found.update({f"reading.yaml: {key}": pattern(lexicon, key) for key in lexicon})
    return found


#: The patterns over words of mails. Those of mail/ and readers/ run in the limited child, those of plan/ over the
#: office's own notice.
READ = ("pipeline.understanding.", "pipeline.periods.", "pipeline.text.", "reading.yaml")
PATTERNS = {name: one for name, one in _all_patterns().items() if name.startswith(READ)}


def _seconds(one: re.Pattern[str] | re.Pattern[bytes], piece: str, length: int) -> float:
    words = piece * (length // len(piece))
    began = time.process_time()
    if isinstance(one.pattern, bytes):
        sum(1 for _ in one.finditer(words.encode()))  # type: ignore[arg-type]  # a pattern of bytes
    else:
        sum(1 for _ in one.finditer(words))  # type: ignore[arg-type]  # a pattern of text
    return time.process_time() - began


@pytest.mark.parametrize("piece", PIECES)
def test_no_pattern_looks_back_for_ever(piece: str) -> None:
    """T32: every pattern over the words of mails takes time that grows with the length, not with its square."""
    slow = {}
    for name, one in PATTERNS.items():
        took = _seconds(one, piece, LENGTH)
        # Four times the length in clearly more than four times the time, and long enough to be no accident.
        if took > 0.002 and (longer := _seconds(one, piece, 4 * LENGTH)) > 9 * took and longer > 0.1:
            slow[name] = (took, longer)
    assert slow == {}


@pytest.mark.parametrize("piece", PIECES)
def test_a_mail_of_one_repeated_sign(piece: str) -> None:
    """T32: a body of a twenty thousand signs that only repeat is understood in seconds."""
    mail = arrived("8月报告", piece * (20_000 // len(piece)))
    began = time.process_time()
    understand(
        mail.opened, received_at=datetime(2022, 9, 8, 9, tzinfo=CHINA), screening=mail.screening, knowledge=knowledge()
    )
    assert time.process_time() - began < 5
