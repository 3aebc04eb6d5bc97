"""Units named in a passage speak for the items that the reporting unit shares with them."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

from knowledge import knowledge
from lexicon import words

from pipeline.model import Role
from pipeline.understanding.matching import index_for
from pipeline.understanding.partners import Partners

KNOWN = knowledge()
INDEX = index_for(KNOWN, words())


def points(text: str, unit: str = "县民政局") -> dict[int, float]:
    """Points by the number of an item."""
    found = Partners(INDEX, unit=unit, knowledge=KNOWN, day=date(2022, 9, 28)).points(text)
    return {INDEX.items[place].number: value for place, (value, _) in found.items()}


def test_only_shared_items_gain() -> None:
    """A named unit speaks for every item that it shares with the reporting one, and for no other."""
    shared = {item.number for item in INDEX.items if {"县民政局", "县文旅局"} <= {name for name, _ in item.units}}
    assert points("和文旅局开了一次会").keys() == shared
    assert shared


def test_whom_we_help_leads() -> None:
    """配合文旅局… is a task that the other leads and we support: it gains more than by the mere name."""
    ours = {
        item.number
        for item in INDEX.items
        if dict(item.units).get("县民政局") is Role.SUPPORT
        and dict(item.units).get("县文旅局") in {Role.LEAD, Role.RESPONSIBLE}
    }
    named, helped = points("文旅局来看过"), points("配合文旅局接入2家")
    assert ours
    assert {number for number in helped if helped[number] > named[number]} == ours


def test_ones_own_name_says_nothing() -> None:
    """The reporting unit names itself for any reason."""
    assert points("民政局完成改造53户") == {}
