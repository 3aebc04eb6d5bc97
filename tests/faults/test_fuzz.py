"""F22: our own parsers over arbitrary and over malicious text: no exception that they do not name, no input over 1 s.

The parsers are the targets of ``tests/faults/targets.py``. Hypothesis draws the inputs (its failures are kept and tried
first the next time); before a release a hundred times as many, and ``python -m tests.measure.fuzz`` lets coverage guide
them. Long inputs that only repeat are tried apart: they are what patterns that look back choke on.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
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
from pipeline.understanding.papers import pattern
from pipeline.understanding.reading import understand
from tests.faults.scale import RELEASE
from tests.faults.targets import FUZZED, TARGETS, Target, broken
from tests.support.knowledge import knowledge
from tests.support.mails import CHINA, arrived

#: The examples grow a hundredfold before a release. What the machine does beside is no input's fault: each may take a
#: second of work, which is measured by itself.
FUZZ = settings(
    max_examples=8_000 if RELEASE else 80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SLOW = settings(FUZZ, max_examples=1_500 if RELEASE else 25)


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Bytes that look somewhat like what a target reads."""
    piece = st.sampled_from([one.encode("utf-8", "surrogatepass") for one in target.pieces])
    return st.lists(piece | st.text(max_size=5).map(_encoded) | st.binary(max_size=2), max_size=40).map(b"".join)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_fuzz(target: Target) -> None:
    """F22: whatever bytes a parser is given, its claims hold, within a second."""

    @settings(SLOW if target.slow else FUZZ)
    @given(inputs(target))
    def tried(data: bytes) -> None:
        began = time.process_time()
        target.check(data)
        assert time.process_time() - began < 1

    # What is compiled once is no input's time.
    target.check(target.seeds[0].encode())
    tried()


@pytest.mark.parametrize(
    ("target", "case"), [(target, case) for target in TARGETS for case in broken(target.name)],
    ids=lambda one: one.stem[:12] if isinstance(one, Path) else one.name,
)  # fmt: skip
def test_what_broke_a_parser_once(target: Target, case: Path) -> None:
    """F22: an input that broke a parser once is read since, within a second."""
    target.check(target.seeds[0].encode())
    began = time.process_time()
    target.check(case.read_bytes())
    assert time.process_time() - began < 1


def test_the_broken_inputs_belong_to_targets() -> None:
    """A folder of broken inputs whose target was renamed would be tried no more."""
    assert {folder.name for folder in FUZZED.iterdir()} <= {target.name for target in TARGETS}


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
