"""Units named in a passage → the items that the reporting unit shares with them, with points.

配合文旅局把康养中心接入名录 speaks of a task that 文旅局 leads and the reporting unit supports, however much its words
resemble a task of its own.
"""

from __future__ import annotations

import re
from datetime import date

from pipeline.model import Knowledge, Role
from pipeline.understanding import matching
from pipeline.understanding.names import find, names_of

#: What stands before the name of one whom we help: the task is the other's.
_HELPING = re.compile(r"(?:配合|协助|协同|帮助|帮|给|向|随)$")


class Partners:
    """Who shares which items with one unit."""

    def __init__(self, index: matching.Index, *, unit: str | None, knowledge: Knowledge, day: date) -> None:
        self._names = names_of(knowledge, day)
        self._unit = unit
        self._shared = tuple(dict(item.units) if unit in dict(item.units) else {} for item in index.items)

    def points(self, text: str) -> dict[int, tuple[float, str]]:
        """Points by position of an item, with the unit named; most where we help the one that leads."""
        result: dict[int, tuple[float, str]] = {}
        if self._unit is None:
            return result
        for hit in find(text, self._names):
            if hit.unit == self._unit:
                continue
            helped = _HELPING.search(text[: hit.start]) is not None
            for place, roles in enumerate(self._shared):
                if hit.unit not in roles:
                    continue
                theirs = roles[self._unit] is Role.SUPPORT and roles[hit.unit] is not Role.SUPPORT
                points = matching.WEIGHTS["partner"] * (3 if helped and theirs else 1)
                if points > result.get(place, (0.0, ""))[0]:
                    result[place] = (points, hit.unit)
        return result
