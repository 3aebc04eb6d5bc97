"""The word lists, examples and the plan of config/ for tests of the reading."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from pipeline.adapters.settings import load_plan
from pipeline.model import Knowledge, Memory, Plan
from pipeline.understanding.words import Words, compiled

CONFIG = Path(__file__).resolve().parents[2] / "config"


@lru_cache(maxsize=1)
def lexicon() -> dict[str, tuple[str, ...]]:
    """Lists of config/reading.yaml."""
    data = YAML(typ="safe").load((CONFIG / "reading.yaml").read_text(encoding="utf-8"))
    return {key: tuple(str(word) for word in words) for key, words in data.items() if isinstance(words, list)}


@lru_cache(maxsize=1)
def examples() -> dict[str, tuple[str, ...]]:
    """Sentences of config/examples.yaml by the title of their item."""
    data = YAML(typ="safe").load((CONFIG / "examples.yaml").read_text(encoding="utf-8"))
    return {title: tuple(said.splitlines()) for title, said in data.items()}


@lru_cache(maxsize=1)
def words() -> Words:
    """The lists, compiled."""
    return compiled(lexicon())


@lru_cache(maxsize=1)
def plan() -> Plan:
    """The plan of config/plan.yaml."""
    return load_plan(CONFIG)


def knowledge(*, memory: Memory | None = None) -> Knowledge:
    """What reading a report leans on."""
    return Knowledge(
        plan=plan(),
        units=(),
        own=frozenset(),
        campaign=(),
        memory=memory or Memory(),
        lexicon=lexicon(),
        examples=examples(),
    )
