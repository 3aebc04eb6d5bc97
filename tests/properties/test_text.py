"""Text helpers: round trips and what must not matter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline import text
from tests.support.numerals import to_chinese

WORDS = st.text(alphabet="夏县财政局完成投资个万元0123456789abcXYZ，。 ", max_size=40)


@given(st.integers(min_value=0, max_value=9999))
def test_numerals_round_trip(number: int) -> None:
    """A number written in Chinese is read as itself."""
    assert number == text.chinese_number(to_chinese(number))


@given(st.integers(min_value=1, max_value=9999), st.integers(min_value=0, max_value=9999))
def test_ten_thousands_add_up(high: int, low: int) -> None:
    """三百万零五 and the like: thousands of 万 and the rest."""
    written = f"{to_chinese(high)}万"
    if low >= 1000:
        written += to_chinese(low)
    elif low:
        written += "零" + to_chinese(low).replace("十", "一十", 1 if 10 <= low < 20 else 0)
    assert high * 10_000 + low == text.chinese_number(written)


@given(st.integers(min_value=1000, max_value=2999))
def test_years_are_read_sign_by_sign(year: int) -> None:
    """二〇二二 is 2022."""
    assert year == text.chinese_number("".join("〇一二三四五六七八九"[int(sign)] for sign in str(year)))


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(said: str) -> None:
    """Folding and baring are settled after one pass, and leave no white space."""
    once = text.folded(said)
    assert once == text.folded(once)
    assert text.bare(said) == text.bare(text.bare(said))
    assert not any(sign.isspace() for sign in once)


@given(WORDS)
def test_width_and_spaces_do_not_matter(said: str) -> None:
    """The same text in full width, spaced out, is the same."""
    wide = "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else f"{sign} " for sign in said)
    assert text.bare(said) == text.bare(wide)
    assert text.likeness(said, wide) in {1.0, 0.0 if not text.bare(said) else 1.0}


@given(st.lists(st.integers(min_value=0, max_value=10**9), max_size=6))
def test_figures_are_found_in_order(numbers: list[int]) -> None:
    """Thousands separators and full width do not hide a figure."""
    said = "、".join(f"完成{number:,}元" for number in numbers)
    assert tuple(map(str, numbers)) == text.figures(said)
    wide = said.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    assert tuple(map(str, numbers)) == text.figures(wide.replace(",", ""))


@given(WORDS, WORDS, WORDS)
def test_a_name_is_near_where_it_stands(before: str, name: str, after: str) -> None:
    """A text that holds a name word for word has it at full nearness."""
    expected = 1.0 if text.bare(name) else 0.0
    assert expected == text.near(name, before + name + after)
