"""The labelled sets of tests/corpus → their names in order, and which of them teach nothing."""

from __future__ import annotations

from pathlib import Path

CORPUS = Path(__file__).resolve().parents[1] / "corpus"

#: Labelled sets by different hands, in the order in which they were written.
SETS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"),
    *("eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth"),
    *("nineteenth", "twentieth", "twentyfirst", "twentysecond", "twentythird", "twentyfourth"),
    *("twentyfifth", "twentysixth", "twentyseventh", "twentyeighth", "twentyninth", "thirtieth"),
    *("thirtyfirst", "thirtysecond", "thirtythird", "thirtyfourth", "thirtyfifth", "thirtysixth"),
    *("thirtyseventh", "thirtyeighth", "thirtyninth", "fortieth", "fortyfirst", "fortysecond"),
    *("fortythird", "fortyfourth", "fortyfifth", "fortysixth", "fortyseventh"),
    *("fortyeighth", "fortyninth", "fiftieth"),
)
#: The last three, of which nothing has learned yet.
LAST = frozenset(SETS[-3:])
#: Sets that teach nothing, so that they can still check: the first two and the last three.
CHECKED = LAST | {"first", "second"}
#: Its writer puts some work under another item than all others do: it gives no examples of items.
DISPUTED = frozenset({"nineteenth"})
