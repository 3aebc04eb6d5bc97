"""A seed and a number → that many hostile mails, in the shares of the threat table."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tests.hostile.generators import envelope, mutations, office, packed, payloads, pictures
from tests.hostile.generators.material import Generator, Hostile

#: (share of ten thousand, generators); the rest are mutations.
SHARES: tuple[tuple[int, tuple[tuple[str, Generator], ...]], ...] = (
    (1_000, envelope.GENERATORS),
    (600, packed.GENERATORS),
    (700, office.GENERATORS),
    (300, pictures.GENERATORS),
    (400, payloads.GENERATORS),
    (7_000, mutations.GENERATORS),
)


def draw(count: int, *, seed: int) -> Iterator[Hostile]:
    """Hostile mails; the same count and seed give the same mails, and each can be made again by its name."""
    for place in range(count):
        name, generator = choose(place)
        label = f"{name}/{seed}-{place}"
        yield Hostile(label, generator(Random(label)))


def choose(place: int) -> tuple[str, Generator]:
    """The generator of one place: shares are spread evenly, so that any beginning of the row is a fair sample."""
    # A step prime to 10,000 visits every slot once and mixes the shares.
    slot = place * 7_919 % 10_000
    for share, generators in SHARES:
        if slot < share:
            return generators[(slot + place // 10_000) % len(generators)]
        slot -= share
    raise AssertionError("shares sum to ten thousand")


def again(label: str) -> Hostile:
    """The mail of a name, e.g. of one that broke something."""
    place = int(label.rpartition("-")[2])
    _name, generator = choose(place)
    return Hostile(label, generator(Random(label)))
