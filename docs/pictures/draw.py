"""A demo's folder → the pictures of these pages, from the letters and papers that really left.

usage: python docs/pictures/draw.py DEMO_FOLDER

Run ``python3 run.py demo --out DEMO_FOLDER`` first. Needs Chromium, LibreOffice, poppler-utils and Pillow.
"""  # noqa: INP001 - a script beside its pictures, no package

from __future__ import annotations

import subprocess
import sys
import tempfile
from email import message_from_bytes, policy
from pathlib import Path

from PIL import Image, ImageChops, ImageOps

HERE = Path(__file__).resolve().parent
#: Picture → words of the subject of the letter that it shows, and the greatest height in pixels.
LETTERS = {
    "opening": (("县文旅局", "报送提示"), 980),
    "receipt": (("县交通局", "月报已收到"), 980),
    "remind": (("县工信科局", "尚缺", "第2次提醒"), 1000),
    "overdue": (("县工信科局", "仍缺", "第1次催报"), 1000),
    "digest": (("每日情况", "9月10日"), 1200),
    "question": (("待确认", "县能源局"), 760),
    "summary": (("任务完成情况汇总", "应报"), 1100),
}
WIDTH = 760
MOST_BYTES = 120_000
LONGEST_WAIT = 180


def run(*command: object) -> None:
    """Start a program and wait for it."""
    subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=LONGEST_WAIT)  # noqa: S603 - programs of this list


def letter_with(words: tuple[str, ...], folder: Path) -> bytes:
    """HTML of the first letter whose subject holds all words."""
    for path in sorted(folder.glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        if all(word in mail["Subject"] for word in words):
            body = mail.get_body(("html",))
            if body is not None:
                return body.get_content().encode()
    sys.exit(f"no letter with {words} in {folder}")


def trimmed(picture: Image.Image, *, sides: bool) -> Image.Image:
    """Without the empty margin below, and with ``sides`` without any margin."""
    plain = picture.convert("RGB")
    background = Image.new("RGB", plain.size, plain.getpixel((plain.width - 1, plain.height - 1)))
    left, top, right, bottom = ImageChops.difference(plain, background).getbbox() or (0, 0, *plain.size)
    bottom = min(bottom + 12, plain.height)
    if sides:
        return plain.crop((max(0, left - 12), max(0, top - 12), min(right + 12, plain.width), bottom))
    return plain.crop((0, 0, plain.width, bottom))


def save(picture: Image.Image, name: str, most_height: int) -> None:
    """Cut to the height, frame, and store with as many colours as fit into the size."""
    plain = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, most_height)))
    plain = ImageOps.expand(plain, border=1, fill="#b0b0b0")
    target = HERE / f"{name}.png"
    for colours in (64, 32, 16, 8):
        plain.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(target, optimize=True)
        if target.stat().st_size < MOST_BYTES:
            break
    print(f"{target.name}  {plain.width}x{plain.height}  {target.stat().st_size // 1024} KB")  # noqa: T201 - a script


def draw_letters(demo: Path, scratch: Path) -> None:
    """The letters as a mail program shows them."""
    for name, (words, height) in LETTERS.items():
        page, shot = scratch / f"{name}.html", scratch / f"{name}.png"
        page.write_bytes(letter_with(words, demo / "letters"))
        run(
            "/usr/bin/chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--window-size={WIDTH},{height + 400}", f"--screenshot={shot}", page.as_uri(),
        )  # fmt: skip
        save(trimmed(Image.open(shot), sides=False), name, height)


def draw_paper(
    paper: Path, scratch: Path, pages: dict[int, str], *, dots: int, trim: bool = False, height: int = 900
) -> None:
    """Pages of a paper as LibreOffice prints it."""
    profile = scratch / "profile"
    run(
        "/usr/bin/soffice",
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        scratch,
        paper,
    )
    pdf = scratch / f"{paper.stem}.pdf"
    for page, name in pages.items():
        shot = scratch / name
        run("/usr/bin/pdftoppm", "-r", dots, "-f", page, "-l", page, "-singlefile", "-png", pdf, shot)
        picture = Image.open(shot.with_suffix(".png"))
        save(trimmed(picture, sides=True) if trim else picture, name, height)


def main(demo: Path) -> None:
    """Draw everything."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        draw_letters(demo, scratch)
        draw_paper(next(demo.glob("*月报.docx")), scratch, {1: "monthly-1"}, dots=60)
        draw_paper(next(demo.glob("*台账.xlsx")), scratch, {1: "ledger"}, dots=110, trim=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
