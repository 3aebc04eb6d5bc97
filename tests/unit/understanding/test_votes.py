"""Learned weights keep their meaning in the file that holds them, and their chances are chances."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.understanding import status, tones, votes

_HUNDREDTHS = st.integers(-999, 999).map(lambda value: value / 100)
_PAIRS = st.tuples(_HUNDREDTHS, _HUNDREDTHS)
_FEATURES = st.text(st.characters(blacklist_characters="\t\n", blacklist_categories=["Cs", "Cc"]), min_size=2)


@given(weights=st.dictionaries(_FEATURES, _PAIRS), bias=_PAIRS)
def test_weights_come_back_from_their_file(weights: dict[str, tuple[float, float]], bias: tuple[float, float]) -> None:
    """What was learned is read from its file as it was written, whatever signs a feature holds."""
    learned = votes.Learned(("yes", "no"), bias, weights)
    assert votes.told(votes.shown(learned, title="Some: written by a test.")) == learned


@pytest.mark.parametrize("subject", ["tones", "status"])
def test_the_kept_weights_are_what_the_command_writes(subject: str) -> None:
    """The files in the repository are the writer's own: written again, they are the same."""
    text = votes.shipped(f"{subject}.tsv")
    assert votes.shown(votes.told(text), title=text.partition("\n")[0].removeprefix("# ")) == text


@given(found=st.sets(st.sampled_from(sorted(votes.kept(tones.WEIGHTS).weights)), max_size=40))
def test_chances_add_up(found: set[str]) -> None:
    """Whatever a text holds, the chances of the classes are between none and all and add up to one."""
    chances = votes.kept(tones.WEIGHTS).chances(found)
    assert all(0.0 <= one <= 1.0 for one in chances)
    assert sum(chances) == pytest.approx(1.0)


def test_the_classes_stand_in_the_order_of_their_weights() -> None:
    """What the file names first is what the program takes for its first class."""
    assert votes.kept(status.WEIGHTS).classes == tuple(one.value for one in status.CLASSES)
    assert votes.kept(tones.WEIGHTS).classes == ("W", "P", "N")
