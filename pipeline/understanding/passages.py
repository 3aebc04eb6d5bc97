"""A paragraph or cell → a passage: its text with headings, section and numbers around it (values alone, no reading)."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.model import Locus
from pipeline.understanding.cells import CellDoubt, CellFigure
from pipeline.understanding.words import Section


@dataclass(frozen=True, slots=True)
class CellFigures:
    """Figures from number columns that belong to a passage, and the status column beside it."""

    figures: tuple[CellFigure, ...] = ()
    status: str = ""
    #: Cells that were not filed, with the reason.
    doubts: tuple[CellDoubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph or cell without its number and title, with all that stands around it."""

    text: str
    locus: Locus
    section: Section
    #: Headed unit it belongs to: passages of one block stand under one heading.
    block: int
    #: Headings that name a subject, outermost first.
    titles: tuple[str, ...] = ()
    #: Plan numbers that the report names as such.
    numbers: tuple[int, ...] = ()
    #: The report's own list number.
    own_number: int | None = None
    #: The passage carries its own list mark.
    marked: bool = False
    document: int = 0
    #: Stands before the first heading, where reports put their opening words.
    opening: bool = False
    #: Comes from a body beside attachments.
    cover: bool = False
    cells: CellFigures = field(default_factory=CellFigures)
    #: Block of the subject under which a section stands (存在问题 below one item), when there is one.
    owner: int | None = None
    #: For cells that reach over several tasks: the blocks it belongs to besides its own.
    also: tuple[int, ...] = ()
    #: From a table, and the sections for which it has columns.
    ledger: bool = False
    columns: frozenset[Section] = frozenset()
    #: From a column for work, troubles and intentions alike.
    mingled: bool = False
    #: The paragraph that this is a titled part of, and which part.
    whole: str = ""
    part: int = 0

    @property
    def title(self) -> str:
        """The innermost heading; empty where none stands over it."""
        return self.titles[-1] if self.titles else ""

    def cell(self, place: str) -> Locus:
        """A cell of the ledger that this is a row of."""
        return Locus(part=self.locus.part, place=place)
