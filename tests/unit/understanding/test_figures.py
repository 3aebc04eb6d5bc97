"""Figures are read as well as was measured, and none is filed under a meaning or size that is not certain."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "measure"))

from figure_reports import Variant, documents
from figures import measured
from lexicon import knowledge

from pipeline.model import Document, QuestionKind, Scope
from pipeline.understanding.records import extract

_SCOPE = {Scope.MONTH: " m", Scope.CUMULATIVE: " c"}


@pytest.mark.parametrize(("half", "right", "extra"), [("tune", 300, 0), ("check", 312, 0), ("later", 108, 2)])
def test_the_measured_level_is_held(half: str, right: int, extra: int) -> None:
    """Of the labelled sentences at least as many figures are right, and no more are invented, as when measured."""
    told = measured(half)
    assert told.right >= right, told.mistakes
    assert told.extra <= extra, told.mistakes


@pytest.mark.parametrize(("variant", "document"), tuple(documents()), ids=lambda one: getattr(one, "name", ""))
def test_a_figure_of_uncertain_meaning_is_asked_about_and_not_filed(variant: Variant, document: Document) -> None:
    """Every ledger files the wanted figures and no other; where one is in doubt, a person is asked in Chinese."""
    found = extract((document,), unit="县文旅局", period="2022-10", digest="0" * 64, knowledge=knowledge())
    told = [
        (f"{one.value:.12g} {one.unit}", _SCOPE.get(one.scope, ""))
        for record in found.records
        for one in record.quantities
    ]
    assert sorted(named if named in variant.wanted else named + scope for named, scope in told) == sorted(
        variant.wanted
    )
    asked = [question for question in found.questions if question.kind == QuestionKind.FIGURE]
    assert bool(asked) is variant.asked
    assert all(question.text.endswith("。") and "没有计入" in question.text for question in asked)
