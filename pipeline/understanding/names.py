"""Names of the units, as they were called around a day → where a text names them, slips of the pen allowed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from pipeline.model import Knowledge, Unit
from pipeline.text import bare, folded, near
from pipeline.understanding.words import alternation

#: Levels of government that end a place's name.
_LEVELS = "县市区旗"
_ABOVE = re.compile(r"[市省盟州部厅](?:委)?$")
_SHORTEST = 3
_NEAR = 0.86
#: Shorter names are too much alike for slips to be forgiven.
_LONG = 7


@dataclass(frozen=True, slots=True)
class Hit:
    """A name of a unit in a text."""

    unit: str
    start: int
    end: int
    #: The name as it was found.
    name: str


@dataclass(frozen=True, slots=True)
class Names:
    """All names of all units, ready to be looked for."""

    finder: re.Pattern[str]
    unit_of: dict[str, str]
    #: Place whose units they are (``夏县``); empty when the names share none.
    place: str


def names_of(knowledge: Knowledge, day: date) -> Names:
    """Compile the names of the units as they were called around a day, with those that the office taught."""
    taught = tuple(
        (lesson.text, lesson.answer or lesson.unit) for lesson in knowledge.memory.lessons if lesson.kind == "alias"
    )
    return _names(knowledge.units, taught, day)


@lru_cache(maxsize=16)
def _names(units: tuple[Unit, ...], taught: tuple[tuple[str, str], ...], day: date) -> Names:
    place = place_of(units)
    claims: dict[str, set[str]] = defaultdict(set)
    strong: dict[str, str] = {}
    for unit in units:
        given = [unit.name, unit.full_name]
        # A former name goes on being used for a while, a future one is not yet known to anybody.
        given += [alias.name for alias in unit.aliases if alias.since is None or alias.since <= day]
        for name in given:
            text = folded(name)
            strong.setdefault(text, unit.name)
            for form in _forms(text, place):
                if len(form) >= _SHORTEST:
                    claims[form].add(unit.name)
    for name, owner in taught:
        strong.setdefault(folded(name), owner)
    unit_of = {form: next(iter(owners)) for form, owners in claims.items() if len(owners) == 1}
    unit_of.update({name: owner for name, owner in strong.items() if len(name) >= 2})
    return Names(alternation(tuple(unit_of)), unit_of, place)


@lru_cache(maxsize=16)
def place_of(units: tuple[Unit, ...]) -> str:
    """The place most full names begin with (``夏县``); empty where they share none."""
    heads: Counter[str] = Counter()
    for unit in units:
        match = re.match(rf"[\u4e00-\u9fff]{{1,5}}?[{_LEVELS}]", unit.full_name)
        if match:
            heads[match[0]] += 1
    best = heads.most_common(1)
    return best[0][0] if best and best[0][1] * 4 >= len(units) and len(best[0][0]) >= 2 else ""


def _forms(name: str, place: str) -> Iterator[str]:
    """A name with and without its place: 夏县财政局, 县财政局, 财政局."""
    yield name
    if not place:
        return
    level = place[-1]
    core = name
    for head in (place, level):
        if name.startswith(head):
            core = name[len(head) :]
            break
    else:
        if place in name or len(name) < _SHORTEST:
            return
    if len(core) >= _SHORTEST:
        yield core
        yield f"{level}{core}"
    yield f"{place}{core}"


def find(text: str, names: Names) -> tuple[Hit, ...]:
    """Units named in a text; a namesake of a higher level (市财政局, 省税务局) is none of them."""
    plain = folded(text)
    hits = []
    for match in names.finder.finditer(plain):
        before = plain[: match.start()]
        if (
            not match[0].startswith(names.place or "\0")
            and _ABOVE.search(before)
            and not before.endswith(names.place or "\0")
        ):
            continue
        if _is_elsewhere(match[0], before, names.place):
            continue
        hits.append(Hit(names.unit_of[match[0]], match.start(), match.end(), match[0]))
    return tuple(hits)


#: Words that may stand before 县财政局 without being the name of another county.
_JOINING = re.compile(r"[将把报代由请我原本于发致呈同与和及的向在给替为是按经送抄会自到受让对帮替转是跟找叫被从]$")
_RUN = re.compile(r"[\u4e00-\u9fff]{1,4}$")


def _is_elsewhere(name: str, before: str, place: str) -> bool:
    """Whether 县财政局 is the end of another county's 闻喜县财政局: a short name stands directly before it."""
    if not place or not name.startswith(place[-1]) or _JOINING.search(before):
        return False
    run = _RUN.search(before)
    return run is not None and not re.search(r"[\u4e00-\u9fff]{5}$", before)


def nearly(text: str, names: Names) -> tuple[str, float] | None:
    """The unit whose longer name stands in a short text with a slip or two (OCR, typing); its likeness."""
    plain = bare(text)
    if not _LONG <= len(plain) <= 40:
        return None
    if names.place and names.place not in plain and names.place[-1] in plain[1:]:
        # The same office of another county is no slip of the pen.
        return None
    scored = sorted(
        ((near(name, plain), unit) for name, unit in names.unit_of.items() if _LONG <= len(name) <= len(plain) + 1),
        reverse=True,
    )
    if not scored or scored[0][0] < _NEAR:
        return None
    best, unit = scored[0]
    rival = next((score for score, other in scored if other != unit), 0.0)
    return (unit, best) if best - rival >= 0.06 else None


def seen_in(text: str, names: Names) -> str | None:
    """The one unit that a short text (title, signature, file name) names; the first one when it names several."""
    hits = find(text, names)
    if hits:
        return hits[0].unit
    guess = nearly(text, names)
    return guess[0] if guess else None
