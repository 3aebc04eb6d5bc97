"""Every pattern that sees strangers' words against its own attack strings: ten times the text, at most twenty times the time (T32)."""

from __future__ import annotations

import importlib
import pkgutil
import re
import signal
import time
import warnings
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from itertools import product
from types import FrameType
from typing import Any

import pytest

import pipeline
from pipeline.understanding.papers import pattern
from pipeline.understanding.words import compiled
from tests.support.knowledge import knowledge

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import sre_parse

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer to end a pattern that does not end")

#: Rooms whose patterns see what a mail says.
ROOMS = ("mail", "readers", "understanding", "digest", "text", "periods")
#: Patterns that are given no more than so many characters, or one place to begin at, by those who use them.
SHORT: dict[str, tuple[int, str]] = {
    "pipeline.mail.sender._ADDR": (320, "fullmatch of one address"),
    "pipeline.mail.sender._ANGLE": (2000, "fullmatch of one field"),
    "pipeline.mail.sender._ADDRESS_INSIDE": (400, "a display name or an envelope"),
    "pipeline.mail.sender._METHOD": (400, "match at the beginning of a result"),
    "pipeline.mail.sender._SPF": (400, "match at the beginning of a field"),
    "pipeline.mail.split._FIELD": (900, "a line of a header, its name at most 120 signs"),
    "pipeline.mail.links._NAME": (400, "at most 80 signs and two brackets from each sign"),
    "pipeline.readers.layout._PAGE_NUMBER": (14, "a line of at most 14 signs"),
    "pipeline.readers.numfmt._THOUSANDS": (400, "the digits of one number"),
    "pipeline.readers.numfmt._TOKEN": (1000, "as much of a number format as is looked at"),
    "pipeline.digest.figures._TAIL": (400, "the name of a figure: at most 28 signs"),
    "pipeline.understanding.quantities._TRIM_TAIL": (200, "the signs before a figure"),
    "pipeline.understanding.status._COUNTED": (400, "match behind a word"),
}
#: What anybody would try.
_COMMON = ("1", "a", "A ", "一", "（", "(", " ", "\t", "\n", "\u3000", "，", "。", "、", "-", "_", "@", "a@", "a.", "<", ">", "=?", "年", "1,")  # fmt: skip
_SMALL, _LARGE = 4_000, 40_000
#: Processor seconds a pattern may take for the small text and is believed to be linear; beyond, both are measured.
_QUICK = 0.006
_LATE = 6.0


def _walk(value: object, where: str, depth: int = 0) -> Iterator[tuple[str, re.Pattern[Any]]]:
    if isinstance(value, re.Pattern):
        yield where, value
    elif depth < 4 and isinstance(value, dict):
        for key, inner in list(value.items()):
            yield from _walk(inner, f"{where}[{key!r}]", depth + 1)
    elif depth < 4 and isinstance(value, (tuple, list, frozenset, set)):
        for number, inner in enumerate(value):
            yield from _walk(inner, f"{where}[{number}]", depth + 1)
    elif depth < 4 and is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _walk(getattr(value, one.name), f"{where}.{one.name}", depth + 1)


def _patterns() -> dict[str, re.Pattern[Any]]:
    """Every pattern of those rooms and of the word lists, once, by the place where it is made."""
    found: dict[tuple[Any, int], tuple[str, re.Pattern[Any]]] = {}
    for module in pkgutil.walk_packages(pipeline.__path__, "pipeline."):
        if module.name.split(".")[1] in ROOMS:
            for name, value in vars(importlib.import_module(module.name)).items():
                for where, one in _walk(value, f"{module.name}.{name}"):
                    found.setdefault((one.pattern, one.flags), (where, one))
    lexicon = knowledge().lexicon
    lists = [_walk(pattern(lexicon, key), f"config/reading.yaml {key}") for key in lexicon]
    for where, one in (*(hit for walk in lists for hit in walk), *_walk(compiled(lexicon), "words")):
        found.setdefault((one.pattern, one.flags), (where, one))
    return dict(found.values())


PATTERNS = _patterns()


def _alphabet(one: re.Pattern[Any]) -> list[str]:
    """Signs that the pattern itself names: of these an attack is made."""
    found: dict[str, None] = {}

    def look(tree: Any) -> None:
        for op, given in tree:
            name = str(op)
            if name == "LITERAL":
                found[chr(given)] = None
            elif name == "IN":
                for inner, what in given:
                    if str(inner) in {"LITERAL", "RANGE"}:
                        found[chr(what if str(inner) == "LITERAL" else what[0])] = None
            elif name.endswith("REPEAT"):
                look(given[2])
            elif name == "SUBPATTERN":
                look(given[3])
            elif name == "ATOMIC_GROUP":
                look(given)
            elif name == "BRANCH":
                for branch in given[1]:
                    look(branch)
            elif name in {"ASSERT", "ASSERT_NOT"}:
                look(given[1])

    look(sre_parse.parse(one.pattern, one.flags))
    return list(found)


def _late(_number: int, _frame: FrameType | None) -> None:
    raise TimeoutError


def _cost(one: re.Pattern[Any], unit: str, length: int, *, end: str, tries: int = 1) -> float:
    """Seconds for all hits in a text of one thing over and over, with an end that no hit fits; the best of some tries."""
    text: Any = unit * (length // len(unit)) + end
    if isinstance(one.pattern, bytes):
        text = text.encode()
    best = _LATE
    for _ in range(tries):
        signal.setitimer(signal.ITIMER_REAL, _LATE)
        try:
            begun = time.thread_time()
            for _hit in one.finditer(text):
                pass
            best = min(best, time.thread_time() - begun)
        except TimeoutError:
            return _LATE
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    return best


@pytest.mark.parametrize("where", sorted(PATTERNS))
def test_time_grows_with_the_text_and_no_faster(where: str) -> None:
    """Ten times the text takes at most twenty times as long, whatever of its own signs it is made of."""
    before = signal.signal(signal.SIGALRM, _late)
    try:
        one = PATTERNS[where]
        small, _because = SHORT.get(where, (_SMALL, ""))
        for unit, end in product(dict.fromkeys((*_COMMON, *_alphabet(one)[:24])), ("!", ".G")):
            if _cost(one, unit, small, end=end) < _QUICK:
                continue
            few = _cost(one, unit, small, end=end, tries=3)
            assert where not in SHORT or few < 0.05, f"{unit!r} × {small}"
            if where not in SHORT:
                many = _cost(one, unit, _LARGE, end=end, tries=3)
                assert many < 20 * max(few, _QUICK), f"{unit!r}: {few * 1000:.1f} ms, then {many * 1000:.0f} ms"
    finally:
        signal.signal(signal.SIGALRM, before)


def test_the_list_of_short_ones_is_true() -> None:
    """Whatever is said to be given little still exists."""
    assert sorted(set(SHORT) - set(PATTERNS)) == []
