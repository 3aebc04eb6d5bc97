"""The repository's own configuration → the knowledge that reading a mail leans on, for tests."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline.adapters.settings import load_settings
from pipeline.model import Knowledge

ROOT = Path(__file__).resolve().parents[2]


@lru_cache(maxsize=1)
def _whole() -> Knowledge:
    settings = load_settings(ROOT)
    return Knowledge(
        plan=settings.plan,
        units=settings.units,
        own=frozenset({settings.office.mailbox}),
        campaign=settings.office.campaign,
        lexicon=settings.lexicon,
        examples=settings.examples,
        authservers=settings.authservers,
        authentication=settings.authentication,
    )


def knowledge(**changes: Any) -> Knowledge:
    """Plan, units and word lists of ``config/``; keyword arguments replace fields of :class:`Knowledge`."""
    return replace(_whole(), **changes)
