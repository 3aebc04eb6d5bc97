"""Labelled sets read through the real pipeline → one table: what is read right, how much is asked, how sure it is.

usage: python tests/measure/reading.py [--worst N] [--plan NOTICE] [--set first ...] [--own] [--held] [--curve]

Every mail is opened and understood as ``yuebao read`` does it, in the order of arrival. Opened mails are kept in a
folder outside the repository (``YUEBAO_MEASURE_CACHE``), so that a second run takes seconds; change a reader and
give ``--fresh``. ``--plan`` takes an official notice in place of config/plan.yaml; ``--held`` reads each set without
the example sentences that were taken from it, by weights of the items that never saw it.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "measure"), str(ROOT / "tests" / "support")]

import kinds  # noqa: E402 - the folders above are needed first
import score  # noqa: E402 - the folders above are needed first
from gather_examples import gathered  # noqa: E402 - the same
from labelled import CHECKED, DISPUTED, SETS  # noqa: E402 - the same
from train_subjects import trained  # noqa: E402 - the same
from train_weights import KINDS, learned  # noqa: E402 - the same
from written import written  # noqa: E402 - the same

from pipeline.adapters.child import open_mail  # noqa: E402 - the same
from pipeline.adapters.settings import load_settings, zone_of  # noqa: E402 - the same
from pipeline.flows.look import as_data, read_mails  # noqa: E402 - the same
from pipeline.model import Knowledge, Opened, Plan  # noqa: E402 - the same
from pipeline.plan.diff import taught  # noqa: E402 - the same
from pipeline.plan.notice import read_notice  # noqa: E402 - the same
from pipeline.understanding import glance, subjects, votes  # noqa: E402 - the same
from pipeline.understanding.records import extract  # noqa: E402 - the same

_KEPT = subjects.kept
_VOTES = votes.kept


@cache
def kinds_without(name: str) -> votes.Learned:
    """Weights of the kinds of mails that never saw a set."""
    left = [row for other, rows in kinds.rows().items() if other not in {name, *KINDS.kept_back} for row in rows]
    return learned(left, KINDS)


MEASURES = (
    ("kind_accuracy", "kind"),
    ("unit_accuracy", "unit"),
    ("period_accuracy", "period"),
    ("stamped_accuracy", "stamped"),
    ("item_f1", "item F1"),
    ("progress_text_f1", "progress text F1"),
    ("quantity_f1", "quantity F1"),
    ("problem_f1", "problem F1"),
    ("next_step_f1", "next step F1"),
    ("status_accuracy", "status"),
    ("reports_filed_right", "reports filed right"),
)


def cache_folder() -> Path:
    """Where opened mails are kept."""
    return Path(os.environ.get("YUEBAO_MEASURE_CACHE", Path(tempfile.gettempdir()) / "yuebao-measure"))


def cached(folder: Path, *, fresh: bool) -> Callable[[bytes, str], Opened]:
    """Open a mail in its child, once."""
    folder.mkdir(parents=True, exist_ok=True)

    def opener(data: bytes, digest: str) -> Opened:
        place = folder / f"{digest}.pickle"
        if place.exists() and not fresh:
            opened = pickle.loads(place.read_bytes())  # noqa: S301 - our own file
            if isinstance(opened, Opened):
                return opened
        opened = open_mail(data, digest)
        place.write_bytes(pickle.dumps(opened))
        return opened

    return opener


def knowledge_of(plan: Plan | None, *, without: str = "") -> tuple[Callable[[datetime], Knowledge], Any]:
    """What the office knows from config/, with another plan where one is given, without what one set taught."""
    settings = load_settings(ROOT)
    found = trained((without,)) if without and without not in CHECKED | DISPUTED else _KEPT()
    subjects.kept = lambda: found  # type: ignore[assignment] # stands in for the file that comes with the program
    unseen = kinds_without(without) if without and without not in CHECKED | {"own"} else _VOTES(glance.WEIGHTS)
    votes.kept = lambda name: unseen if name == glance.WEIGHTS else _VOTES(name)  # type: ignore[assignment] # the same
    known = Knowledge(
        plan=plan or settings.plan,
        units=settings.units,
        own=frozenset({settings.office.mailbox.lower()}),
        campaign=settings.office.campaign,
        lexicon=settings.lexicon,
        examples=gathered((without,)) if without else settings.examples,
        authservers=settings.authservers,
        authentication=settings.authentication,
    )
    return (lambda _at: known), zone_of(settings)


def measured(truth: list[dict[str, Any]], told: list[dict[str, Any]], *, worst: int) -> tuple[dict[str, Any], str]:
    """Figures of the scorer and its report on the worst mails."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, data in (("truth", truth), ("told", told)):
            place = Path(folder) / f"{name}.json"
            place.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
            names.append(str(place))
        before, sys.argv = sys.argv, ["score.py", *names, "--worst", str(worst)]
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out):
                score.main()
        finally:
            sys.argv = before
    lines = out.getvalue().strip().split("\n")
    return json.loads(lines[-1]), "\n".join(line for line in lines if line.startswith("- "))


def silence(truth: list[dict[str, Any]], told: list[dict[str, Any]]) -> dict[str, Any]:
    """How much is asked, and how often what was filed without asking is right."""
    wanted = {one["mail"]: {item["item"] for item in one["items"]} for one in truth}
    right = wrong = asked = asked_right = match_questions = 0
    pairs: list[tuple[float, bool]] = []
    for one in told:
        for record in one["items"]:
            hit = record["item"] in wanted.get(one["mail"], set())
            pairs.append((record.get("confidence", 1.0), hit))
            if record.get("doubtful"):
                asked += 1
                asked_right += hit
            else:
                right += hit
                wrong += not hit
        match_questions += sum(question["kind"] == "match" for question in one.get("questions", []))
    total = right + wrong + asked
    return {
        "records": total,
        "question_rate": round(match_questions / total, 4) if total else 0.0,
        "silent_precision": round(right / (right + wrong), 4) if right + wrong else 1.0,
        "silent_wrong": wrong,
        "suggestion_right": f"{asked_right}/{asked}",
        "pairs": pairs,
    }


def curve(pairs: list[tuple[float, bool]]) -> list[str]:
    """Share of right matches by confidence."""
    lines = []
    for low, high in ((0.0, 0.55), (0.55, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.01)):
        here = [hit for sure, hit in pairs if low <= sure < high]
        if here:
            lines.append(f"  {low:.2f}-{min(high, 1):.2f}  n={len(here):4d}  right={sum(here) / len(here):.3f}")
    return lines


def read_set(
    name: str, *, plan: Plan | None, fresh: bool, jobs: int, held: bool = False
) -> tuple[list[Any], list[Any]]:
    """Truth and reading of one labelled set."""
    folder = ROOT / "tests" / "corpus" / name
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    opener = cached(cache_folder(), fresh=fresh)
    mails = [path.read_bytes() for path in sorted((folder / "mails").glob("*.eml"))]
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda data: opener(data, hashlib.sha256(data).hexdigest()), mails))
    opener = cached(cache_folder(), fresh=False)
    knowledge, zone = knowledge_of(plan, without=name if held else "")
    found = read_mails([folder / "mails"], opener=opener, knowledge=knowledge, zone=zone)
    told = []
    for mail, at, opened, filing in found:
        data = as_data(mail, at, opened, filing)
        for item, record in zip(data["items"], filing.records, strict=True):
            item["confidence"], item["doubtful"] = record.match.confidence, record.doubtful
        told.append(data)
    return truth, told


def read_own(plan: Plan | None, *, held: bool = False) -> tuple[list[Any], list[Any]]:
    """Truth and reading of the reports written for the tests."""
    knowledge, _ = knowledge_of(plan, without="own" if held else "")
    known = knowledge(datetime.now().astimezone())
    truth, told = [], []
    for one in written(ROOT / "tests" / "corpus" / "own"):
        found = extract(one.documents, unit=one.unit, period=one.period, digest="0" * 64, knowledge=known)
        truth.append(one.truth)
        told.append(
            {
                **{key: one.truth[key] for key in ("mail", "kind", "unit", "period", "stamped")},
                "items": [
                    {
                        "item": record.match.item,
                        "progress": record.progress,
                        "status": record.status.value,
                        "quantities": [{"value": q.value, "unit": q.unit, "of": q.of} for q in record.quantities],
                        "confidence": record.match.confidence,
                        "doubtful": record.doubtful,
                    }
                    for record in found.records
                ],
                "problems": [{"text": remark.text, "items": list(remark.items)} for remark in found.problems],
                "next_steps": [{"text": remark.text, "items": list(remark.items)} for remark in found.next_steps],
                "off_plan": [remark.text for remark in found.off_plan],
                "questions": [{"kind": question.kind.value, "text": question.text} for question in found.questions],
            }
        )
    return truth, told


def read(
    name: str, *, plan: Plan | None, fresh: bool = False, jobs: int = 1, held: bool = False
) -> tuple[list[Any], list[Any]]:
    """Truth and reading of a labelled set, or of the ``own`` reports."""
    if name == "own":
        return read_own(plan, held=held)
    return read_set(name, plan=plan, fresh=fresh, jobs=jobs, held=held)


def plan_of(notice: Path | None) -> Plan | None:
    """As ``yuebao plan import`` leaves it in a home: the notice's text with the office's terms and rosters."""
    if notice is None:
        return None
    return taught(read_notice(tuple(notice.read_text(encoding="utf-8").split("\n"))).plan, load_settings(ROOT).plan)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", action="append", dest="sets", choices=SETS)
    parser.add_argument("--own", action="store_true")
    parser.add_argument("--worst", type=int, default=0)
    parser.add_argument("--plan", type=Path)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--held", action="store_true")
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--save", type=Path, help="folder for truth and reading as JSON")
    asked = parser.parse_args()
    plan = plan_of(asked.plan)
    columns: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {}
    sets = asked.sets or list(SETS)
    for name in [*sets, *(["own"] if asked.own else [])]:
        truth, told = read(name, plan=plan, fresh=asked.fresh, jobs=asked.jobs, held=asked.held)
        figures, worst = measured(truth, told, worst=asked.worst)
        columns[name] = (figures, silence(truth, told), worst)
        if asked.save:
            asked.save.mkdir(parents=True, exist_ok=True)
            for kind, data in (("truth", truth), ("told", told)):
                (asked.save / f"{name}-{kind}.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    sys.stdout.write("| " + " | ".join(["measure", *columns]) + " |\n|" + "---|" * (len(columns) + 1) + "\n")
    for key, label in MEASURES:
        row = [f"{columns[name][0][key]:.4f}" for name in columns]
        sys.stdout.write("| " + " | ".join([label, *row]) + " |\n")
    for key in ("records", "question_rate", "silent_precision", "silent_wrong", "suggestion_right"):
        sys.stdout.write("| " + " | ".join([key, *(str(columns[name][1][key]) for name in columns)]) + " |\n")
    for name, (_, quiet, worst) in columns.items():
        if asked.curve:
            sys.stdout.write("\n".join([f"confidence, {name}:", *curve(quiet["pairs"])]) + "\n")
        if worst:
            sys.stdout.write(f"{name}:\n{worst}\n")


if __name__ == "__main__":
    main()
