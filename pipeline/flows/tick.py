"""All that is due at this instant, in order: ingest, remind and publish, deliver. Safe to repeat at any time."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass, replace

from pipeline.adapters.archive import TroubleKind
from pipeline.adapters.failpoints import failpoint
from pipeline.adapters.ledger.ledger import is_damage
from pipeline.digest.wording import NOTICE
from pipeline.errors import ArchiveError, LedgerDamaged
from pipeline.flows import anew, audit, watch
from pipeline.flows.deliver import Delivered, deliver, recover
from pipeline.flows.desk import Desk
from pipeline.flows.ingest import Ingested, ingest
from pipeline.flows.remind import Queued, queue_due, recheck
from pipeline.model import NoticeKind
from pipeline.plan.agenda import Step

log = logging.getLogger(__name__)

#: How a line begins that tells of a letter kept back on doubt.
WITHHELD = "暂不发"


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one tick did."""

    ingested: Ingested
    queued: Queued
    delivered: Delivered
    #: What the machine refused (disk full, ledger locked, I/O error), in Chinese; the next tick tries again.
    trouble: str = ""

    @property
    def failed(self) -> bool:
        """Whether something that was due could not be done: no mail read, or the round broken off."""
        return bool(self.trouble or self.ingested.trouble or self.ingested.rests_until)

    def lines(self) -> tuple[str, ...]:
        """The same for people, one line a thing that happened; empty when nothing did."""
        found = []
        if self.trouble:
            found.append(self.trouble)
        if self.ingested.trouble:
            found.append(f"收取失败：{self.ingested.trouble}")
        if self.ingested.new:
            found.append(f"新收邮件 {len(self.ingested.new)} 封，已归档登记")
        if self.ingested.left:
            found.append(anew.said(self.ingested.left))
        if self.ingested.poll and self.ingested.poll.not_fetched:
            found.append(f"有 {len(self.ingested.poll.not_fetched)} 封邮件未能取回，下次再试")
        found.extend(_grouped(self.queued.queued))
        found.extend(
            f"{WITHHELD}：{NOTICE[entry.step.kind]} {entry.step.unit}（{entry.because}）"
            for entry in self.queued.withheld
        )
        if self.delivered.sent:
            found.append(f"发出 {self.delivered.sent} 封")
        if self.delivered.dropped:
            found.append(f"已不需要、撤下 {self.delivered.dropped} 封")
        if self.delivered.refused:
            found.append(f"被拒 {self.delivered.refused} 封，见 yuebao outbox list")
        if self.delivered.unsure:
            found.append(f"结果不明 {self.delivered.unsure} 封，见 yuebao outbox list")
        if self.delivered.stopped:
            found.append(self.delivered.stopped)
        return tuple(found)


def _name(kind: NoticeKind) -> str:
    return f"{NOTICE[kind]}（待放行）" if kind == NoticeKind.ESCALATION else NOTICE[kind]


def _grouped(steps: tuple[Step, ...]) -> list[str]:
    """Queued steps, one line for each kind and round of it."""
    groups: dict[tuple[NoticeKind, int], list[Step]] = {}
    for step in steps:
        groups.setdefault((step.kind, step.number), []).append(step)
    lines = []
    for (kind, number), members in groups.items():
        name = _name(kind) + (f"（第{number}次）" if number and members[0].unit else "")
        if len(members) == 1:
            lines.append(f"入发件箱：{name} {members[0].unit}（{members[0].because}）".replace(" （", "（"))
        else:
            lines.append(f"入发件箱：{name} {len(members)} 封：{'、'.join(step.unit for step in members)}")
    return lines


def tick(desk: Desk, *, most: int = 1000) -> Ticked:
    """Do all that is due now, and leave a ``status.json`` that says how it went.

    Raises:
        LedgerDamaged: the ledger's bytes do not hold; a restart sets it aside and rebuilds it.
        ConfigError: config/ does not hold and never did.
    """
    done = _round(desk, most=most)
    try:
        watch.report(desk, trouble=done.trouble or done.ingested.refused)
    except (OSError, sqlite3.Error, ArchiveError):
        # The second channel must not break the first; what is wrong stands in ``trouble`` already.
        log.exception("status.json could not be written")
    return done


def _round(desk: Desk, *, most: int) -> Ticked:
    """Do all that is due now.

    What the machine refuses for a while (a full disk, a locked ledger) ends this round and is tried again at the
    next; nothing counts as done that is not on the disk.

    Raises:
        LedgerDamaged: the ledger's bytes do not hold; a restart sets it aside and rebuilds it.
        ConfigError: config/ does not hold and never did.
    """
    done = Ticked(Ingested(), Queued(), Delivered())
    try:
        heal(desk)
        failpoint("tick.healed")
        verify_daily(desk)
        failpoint("tick.verified")
        done = replace(done, ingested=ingest(desk))
        failpoint("tick.ingested")
        done = replace(done, queued=queue_due(desk))
        failpoint("tick.queued")
        done = replace(done, delivered=deliver(desk, recheck=recheck, most=most))
        failpoint("tick.delivered")
    except sqlite3.Error as error:
        if is_damage(error):
            raise LedgerDamaged(
                f"台账文件已损坏（{error}）。请重新启动服务：程序会把它改名保留，并由存档和日志重建。"
            ) from error
        if not isinstance(error, sqlite3.OperationalError):
            raise
        log.exception("the ledger refused")
        return replace(
            done, trouble=f"台账此刻写不进去（{error}），下一轮再试。请检查磁盘空间，以及是否有别的程序占用。"
        )
    except (OSError, ArchiveError) as error:
        log.exception("the machine refused")
        words = error.message if isinstance(error, ArchiveError) else f"{error.strerror or error}"
        return replace(done, trouble=f"本轮中断（{words}），下一轮再试。请检查磁盘空间和权限。")
    return done


def verify_daily(desk: Desk) -> None:
    """Once a day hash every archived mail again and follow the journal's chain, from where it was left.

    What is damaged is set aside and fetched anew where it can be; what cannot, is asked for once and not every night.
    """
    today = desk.now().date().isoformat()
    if desk.ledger.fact("verified_on") == today:
        return
    troubles = desk.archive.verify()
    lost = [trouble for trouble in troubles if trouble.kind in (TroubleKind.DAMAGED, TroubleKind.MISSING)]
    for trouble in lost:
        desk.archive.set_aside(trouble)
    failpoint("tick.damage_set_aside")
    looked = audit.nightly(desk)
    digests = " ".join(sorted({trouble.digest for trouble in lost}))
    with desk.ledger.atomic():
        if set(digests.split()) - set(desk.ledger.fact("archive_lost").split()):
            # From the beginning: the cursor says that these were fetched.
            desk.ledger.set_cursor(desk.source.name, "")
        if troubles:
            messages = [trouble.message for trouble in troubles]
            desk.ledger.note("archive.damaged", at=desk.now(), data={"troubles": messages[:50]})
        # A stray file harms no mail: audit verify tells of it, no alarm does.
        harm = [trouble.message for trouble in troubles if trouble.kind is not TroubleKind.STRAY]
        desk.ledger.set_fact("archive_trouble", "；".join(harm[:3]))
        desk.ledger.set_fact("archive_lost", digests)
        audit.remember(desk, looked)
        desk.ledger.set_fact("verified_on", today)


def heal(desk: Desk) -> None:
    """Finish what a crash left half done: claimed letters, events without their line, temporary files."""
    audit.mend(desk)
    recover(desk)
    desk.write_journal()
    temporary = desk.archive.root / "tmp"
    if temporary.is_dir() and any(temporary.iterdir()):
        desk.archive.heal()
