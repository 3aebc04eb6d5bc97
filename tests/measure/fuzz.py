"""Our own parsers under a fuzzer that is guided by coverage: what was tried, and what broke a claim or took a second.

``python -m tests.measure.fuzz [TARGET …] [--minutes 10] [--keep DIR]`` runs the targets of
``tests/faults/targets.py`` one after the other, each for so many minutes of processor time. It needs atheris
(Apache-2.0, Linux), which is no part of the product nor of its tests: ``python -m pip install --target PLACE atheris``,
and run it with ``PYTHONPATH=PLACE``. What broke a target is printed and lies in DIR/TARGET/broken; copied to
``tests/faults/fuzzed/TARGET/NAME.bin`` it is tried at every change. Inputs that reached new code lie in
DIR/TARGET/inputs, where the next run begins.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: Processor seconds that one input may take; under the tracer everything takes several times as long.
MOST = 1.0
#: Signs of an input; what is longer costs time and finds little.
LENGTH = 4_000


def _signature(error: BaseException) -> str:
    """Where it broke: one input for each place is enough."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if f"{os.sep}pipeline{os.sep}" in frame.filename] or frames[-1:]
    return f"{type(error).__name__}-{Path(own[-1].filename).stem}-{own[-1].lineno}-{frames[-1].lineno}"


def inside(name: str, minutes: float, place: Path) -> None:
    """Fuzz one target in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["pipeline"]):
        from tests.faults.targets import TARGETS, broken

    target = next(one for one in TARGETS if one.name == name)
    inputs, bad = place / "inputs", place / "broken"
    for folder in (inputs, bad):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in (*(one.encode() for one in target.seeds), *(case.read_bytes() for case in broken(name))):
        (inputs / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = place / "words.dict"
    pieces = {piece.encode("utf-8", "surrogatepass") for piece in target.pieces}
    words.write_text(
        "".join('"' + "".join(f"\\x{sign:02x}" for sign in piece) + '"\n' for piece in sorted(pieces)), encoding="ascii"
    )
    # The tables that the first input makes are no input's time.
    target.check(target.seeds[0].encode())
    began, tried, seen, longest = time.process_time(), 0, set[str](), 0.0

    def one(data: bytes) -> None:
        nonlocal tried, longest
        start = time.process_time()
        why = ""
        try:
            target.check(data)
        except Exception as error:  # noqa: BLE001 - what breaks is kept, and the next one tried
            why = _signature(error)
        end = time.process_time()
        tried += 1
        if end - start > max(MOST, longest):
            # Said of the slowest only, if it is much slower than the one before.
            why, longest = why or f"slow-{end - start:.1f}", 1.5 * (end - start)
        if why and why not in seen:
            seen.add(why)
            (bad / f"{why}.bin").write_bytes(data)
        if end - began > 60 * minutes:
            (place / "told.json").write_text(json.dumps({"tried": tried, "seconds": end - began}), encoding="ascii")
            os._exit(0)

    atheris.Setup(
        [name, str(inputs), f"-dict={words}", f"-max_len={LENGTH}", "-timeout=120", "-rss_limit_mb=3000",
         f"-artifact_prefix={bad}/", "-verbosity=0", "-print_final_stats=0"],
        one,
    )  # fmt: skip
    atheris.Fuzz()


def again(name: str, case: Path) -> str:
    """What an input does to a target without the tracer: why it breaks a claim, or empty."""
    from tests.faults.targets import TARGETS

    target = next(one for one in TARGETS if one.name == name)
    target.check(target.seeds[0].encode())
    began = time.process_time()
    try:
        target.check(case.read_bytes())
    except Exception as error:  # noqa: BLE001 - told to a person
        return f"{type(error).__name__}: {error}"[:300]
    took = time.process_time() - began
    return f"{took:.1f} s" if took > MOST else ""


def main() -> int:
    """Fuzz the targets; exit code 1 when anything broke."""
    from tests.faults.targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=" ".join(target.name for target in TARGETS))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        sys.stderr.write(
            "atheris is not installed. It is no part of the product: put it beside it with\n"
            f"  {sys.executable} -m pip install --target DIR atheris\nand set PYTHONPATH=DIR.\n"
        )
        return 2
    known = [target.name for target in TARGETS]
    if unknown := [name for name in options.targets if name not in known]:
        parser.error(f"no such target: {' '.join(unknown)}")
    place = options.keep or Path(tempfile.mkdtemp(prefix="yuebao-fuzz-"))
    wrong = 0
    for name in options.targets or known:
        wrong += _fuzz(name, options.minutes, place / name)
    sys.stdout.write(f"inputs and what broke: {place}\n")
    return int(wrong > 0)


def _fuzz(name: str, minutes: float, place: Path) -> int:
    """Run one target in a process of its own and print its line; how many inputs broke it."""
    (place / "told.json").unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "tests.measure.fuzz", "--inside", name, str(minutes), str(place)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    cases = [(case, again(name, case)) for case in sorted((place / "broken").glob("*"))]
    bad = [(case, why) for case, why in cases if why]
    ended = (place / "told.json").exists()
    told = json.loads((place / "told.json").read_text(encoding="ascii")) if ended else {"tried": 0, "seconds": 0.0}
    sys.stdout.write(f"{name}: tried {told['tried']} in {told['seconds']:.0f} s of work, broken {len(bad)}\n")
    for case, why in bad:
        sys.stdout.write(f"  {case.name}: {why}\n")
    if not ended:
        # The fuzzer itself stopped it: a crash of the interpreter, memory, or one input for two minutes.
        sys.stdout.write(f"  ended by itself ({done.returncode}):\n{done.stderr[-2000:]}\n")
    sys.stdout.flush()
    return len(bad) + (not ended)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], float(sys.argv[3]), Path(sys.argv[4]))
    sys.exit(main())
