"""The configuration is checked whole; each problem has its file, its line and a remedy."""

from __future__ import annotations

import re
import shutil
import tempfile
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adapters.settings import LiveSettings, digest_of, load_settings, secret
from pipeline.errors import ConfigError, Problem

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the repository's own configuration."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


def problems(home: Path) -> tuple[Problem, ...]:
    """What is wrong with a home's configuration."""
    with pytest.raises(ConfigError) as caught:
        load_settings(home)
    return caught.value.problems


def change(home: Path, name: str, old: str, new: str) -> int:
    """Replace the first occurrence in a file; the 1-based line on which it stands."""
    path = home / "config" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_shipped_configuration_holds(home: Path) -> None:
    """The repository's own files load, and their digest is that of their bytes."""
    found = load_settings(home)
    assert (len(found.units), len({item.number for item in found.plan.items})) == (31, 64)
    assert digest_of(home / "config") == found.digest


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("office.yaml", "phone: ", "phon: ", "不认识的设置项"),
        ("office.yaml", "mailbox: fwytzzx2022bs@163.example", "mailbox: 不是邮箱", "不是邮箱地址"),
        ("office.yaml", "timezone: Asia/Shanghai", "timezone: Asia/Xiaxian", "不认识时区"),
        ("office.yaml", "  day: 12", "  day: 32", "超出范围"),
        ("office.yaml", "  inclusive: true", "  inclusive: 也许", "true 或 false"),
        ("office.yaml", "  holidays: keep", "  holidays: maybe", "不是可选的值"),
        ("office.yaml", '  cutoff: "23:59:59"', '  cutoff: "25点"', "不是时刻"),
        ("office.yaml", "  review_until: null", "  review_until: 2022-02-30", "不是日历上有的日期"),
        ("office.yaml", 'first_period: "2022-07"', 'first_period: "2022-13"', "不是月份"),
        ("office.yaml", "digest_window: [1, 15]", "digest_window: [15, 1]", "对调"),
        ("office.yaml", '  from: "08:30"', '  from: "19:30"', "早于"),
        ("office.yaml", "  pause_seconds: [20, 60]", "  pause_seconds: [60, 20]", "前一个不大于后一个"),
        ("office.yaml", "source: imap", "source: maildir", "要写 path"),
        ("office.yaml", 'phone: ""', "password: abc", "YUEBAO_PASSWORD"),
        ("office.yaml", "imap: {host:", "imap: {授权码: abc, host:", "YUEBAO_PASSWORD"),
        ("office.yaml", 'phone: ""', "name: 又一次", "写了两次"),
        ("units.yaml", "  - name: 县财政局", "  - name: 县发改局", "写了两次"),
        ("units.yaml", "      - xxczj@163.example", "      - xxfgj@163.example", "一个邮箱只能属于一个单位"),
        (
            "units.yaml",
            "        address: czj_bgs@126.example",
            "        address: xxfgj@163.example",
            "只能属于一个单位",
        ),
        ("units.yaml", "      - xxczj@163.example", "      - fwytzzx2022bs@163.example", "收集邮箱本身"),
        ("units.yaml", "      - role: 联络员", "      - role: 门卫", "不是可选的值"),
        (
            "plan.yaml",
            "      - {unit: 县财政局, role: 负责}",
            "      - {unit: 县外星局, role: 负责}",
            "不在 units.yaml 中",
        ),
        ("plan.yaml", "      - {unit: 县财政局, role: 负责}", "      - {unit: 县财政局, role: 旁观}", "旁观"),
        ("office.yaml", '  from: "08:30"', '  from: "25:00"', "不是时刻"),
        ("office.yaml", '  from: "08:30"', "  from: @x", "加引号"),
        ("office.yaml", '  from: "08:30"', '  from: \t"08:30"', "Tab"),
        ("office.yaml", "digest_window: [1, 15]", "digest_window: [1, 15, 20]", "最多写 2 项"),
        ("units.yaml", "  - name: 县统计局", "  - name: 县火星局", "行动计划里没有“县火星局”"),
        (
            "units.yaml",
            "      - 统计局\n",
            "      - {name: 旧局, since: 2022-02-01, until: 2022-01-01}\n",
            "until 早于 since",
        ),
        ("plan.yaml", "rosters: []", "rosters: [{roster: 某名单, unit: 县财政局}]", "没有一项任务由“某名单”承担"),
        (
            "plan.yaml",
            "rosters: []",
            "rosters: [{roster: 县服务业发展领导小组成员单位, unit: 县财政局, since: 2022-09-01, until: 2022-08-01}]",
            "until 早于 since",
        ),
        ("routing.yaml", "  - paper: digest", "  - paper: digets", "没有“digets”这种材料"),
        ("routing.yaml", "  - paper: question", "  - paper: summary", "写了两次"),
        ("routing.yaml", "    to: [本单位]", "    to: [ducha@163.example]", "督办函是写给单位的"),
        ("routing.yaml", "    copies: [分管领导]", "    copies: [县长]", "不是邮箱地址"),
        ("routing.yaml", "    to: [jrzb@163.example]", "    to: [本单位, jrzb@163.example]", "只能用于 escalation"),
        ("routing.yaml", "task_force:金融业专班\n", "task_force:航天专班\n", "行动计划里没有“航天专班”"),
        ("routing.yaml", "    to: [jrzb@163.example]", "    to: []", "至少要写 1 项"),
        ("calendar.yaml", "days: []", "days: [{day: 明天, working: false}]", "不是日期"),
        ("examples.yaml", "加大困难行业扶持力度: |\n", "某事: [一句, 两句]\n加大困难行业扶持力度: |\n", "一行一句"),
        (
            "calendar.yaml",
            "days: []",
            "days: [{day: 2027-02-05, working: false}, {day: 2027-02-05, working: true}]",
            "写了两次",
        ),
    ],
)
def test_a_wrong_line_is_named(home: Path, name: str, old: str, new: str, words: str) -> None:
    """Every rule that is broken is reported with the file and the line on which it is broken."""
    line = change(home, name, old, new)
    if words == "写了两次" and name == "office.yaml":
        line = (home / "config" / name).read_text(encoding="utf-8").split("name: 又一次")[0].count("\n") + 1
    found = [one for one in problems(home) if words in one.message and one.line == line]
    assert [f"config/{name}"] == [one.file for one in found], problems(home)


def test_what_two_values_say_together_is_told_beside_other_mistakes(home: Path) -> None:
    """A window, a pause or hours the wrong way round are named in the same round as a misspelt key of that file."""
    change(home, "office.yaml", "stale_hours: 24", "stale_hour: 24")
    change(home, "office.yaml", "digest_window: [1, 15]", "digest_window: [15, 1]")
    change(home, "office.yaml", "pause_seconds: [20, 60]", "pause_seconds: [60, 20]")
    change(home, "office.yaml", '  from: "08:30"', '  from: "19:30"')
    said = [one.message for one in problems(home)]
    assert len(said) == 4, said
    for words in ("stale_hour", "对调", "前一个不大于后一个", "早于 until"):
        assert any(words in one for one in said), words


def test_examples_of_another_plan_wait(home: Path) -> None:
    """Sentences under a title that the plan does not have are kept and do no harm."""
    (home / "config" / "examples.yaml").write_text(
        "修一座桥: |\n  桥墩浇了三个\n\n  引道铺了两公里\n", encoding="utf-8"
    )
    assert load_settings(home).examples == {"修一座桥": ("桥墩浇了三个", "引道铺了两公里")}


def test_a_missing_task_force_is_told(home: Path) -> None:
    """A task force of the plan without a receiver is named, with the line to add."""
    change(home, "routing.yaml", "  - paper: task_force:金融业专班\n    to: [jrzb@163.example]\n", "")
    assert any("paper: task_force:金融业专班" in one.message for one in problems(home))


@pytest.mark.parametrize("name", ["office.yaml", "units.yaml", "plan.yaml", "routing.yaml"])
def test_missing_and_empty_files_are_told(home: Path, name: str) -> None:
    """A file that is missing, or holds nothing, is a problem with a remedy."""
    (home / "config" / name).write_text("# 空的\n", encoding="utf-8")
    assert (f"config/{name}", 1) in [(one.file, one.line) for one in problems(home)]
    (home / "config" / name).unlink()
    assert (f"config/{name}", 0) in [(one.file, one.line) for one in problems(home)]


def test_another_encoding_is_told_with_its_line(home: Path) -> None:
    """A file saved as GBK names the first line that is no UTF-8."""
    (home / "config" / "office.yaml").write_bytes("a: 1\nname: 夏县\n".encode("gbk"))
    assert ("config/office.yaml", 2) in [(one.file, one.line) for one in problems(home)]


def test_all_problems_come_at_once(home: Path) -> None:
    """Mistakes in several files are reported together."""
    change(home, "office.yaml", "timezone: Asia/Shanghai", "timezone: x")
    change(home, "units.yaml", "      - xxczj@163.example", "      - xxfgj@163.example")
    change(home, "routing.yaml", "  - paper: digest", "  - paper: digets")
    assert {"config/office.yaml", "config/units.yaml", "config/routing.yaml"} == {one.file for one in problems(home)}


def test_a_wrong_line_hides_no_wrong_name(home: Path) -> None:
    """Files that are wrong by themselves are held against each other all the same, in one round."""
    lines = {
        ("office.yaml", change(home, "office.yaml", "  day: 12", "  day: 42")): "超出范围",
        ("units.yaml", change(home, "units.yaml", "role: 联络员", "role: 秘书")): "不是可选的值",
        ("units.yaml", change(home, "units.yaml", "name: 县税务局", "name: 县税局")): "行动计划里没有“县税局”",
        ("units.yaml", change(home, "units.yaml", "- xxczj@163.example", "- xxfgj@163.example")): "已属于“县发改局”",
        ("plan.yaml", change(home, "plan.yaml", "role: 负责", "role: 主责")): "分工“主责”不认识",
        ("plan.yaml", change(home, "plan.yaml", "unit: 县税务局", "unit: 国税局")): "“国税局”不在 units.yaml 中",
        ("routing.yaml", change(home, "routing.yaml", "[fgb_office@163.example]", "[fgb]")): "不是邮箱地址",
        ("routing.yaml", change(home, "routing.yaml", "task_force:金融业专班", "task_force:金融")): "没有“金融”",
        (
            "calendar.yaml",
            change(home, "calendar.yaml", "days: []", "days: [{day: 2027-01-01, workin: false}]"),
        ): "workin",
    }
    told = problems(home)
    for (name, line), words in lines.items():
        assert any(one.file == f"config/{name}" and one.line == line and words in one.message for one in told), words


def test_an_edit_takes_effect_and_a_bad_one_does_not(home: Path) -> None:
    """A good edit is in force at once; a bad one keeps the last good, is told as one object, and heals."""
    live = LiveSettings(home)
    change(home, "office.yaml", "  day: 12", "  day: 10")
    assert live.current().office.due.day == 10
    change(home, "office.yaml", "  day: 10", "  day: 99")
    assert live.current().office.due.day == 10
    trouble = live.trouble
    assert trouble is not None
    live.current()
    assert trouble is live.trouble
    change(home, "office.yaml", "  day: 99", "  day: 15")
    assert live.current().office.due.day == 15
    assert live.trouble is None


def test_the_secret_comes_from_outside(tmp_path: Path) -> None:
    """The environment first, then a file that nobody else may read."""
    path = tmp_path / "secret"
    path.write_text("abc\n", encoding="utf-8")
    path.chmod(0o600)
    assert secret({"YUEBAO_PASSWORD": "xyz"}) == "xyz"
    assert secret({"YUEBAO_PASSWORD_FILE": str(path)}) == "abc"
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        secret({"YUEBAO_PASSWORD_FILE": str(path)})
    with pytest.raises(ConfigError, match="YUEBAO_PASSWORD"):
        secret({})


def test_a_unit_without_duty_says_so(home: Path) -> None:
    """A unit that the plan does not know is refused unless it is not chased, or a roster names it from some day on."""
    change(home, "units.yaml", "units:\n", "units:\n  - {name: 县气象局, full_name: 夏县气象局, chased: false}\n")
    assert load_settings(home).units[0].name == "县气象局"
    change(home, "units.yaml", ", chased: false", "")
    assert any("县气象局" in one.message for one in problems(home))
    row = "{roster: 县服务业发展领导小组成员单位, unit: 县气象局, since: 2022-10-01}"
    change(home, "plan.yaml", "rosters: []", f"rosters: [{row}]")
    assert load_settings(home).plan.rosters[0].unit == "县气象局"


def test_a_folder_of_mails_is_looked_for_from_the_home(home: Path) -> None:
    """A relative path means the same from wherever the service is started; an absolute one stays."""
    change(home, "office.yaml", "source: imap", "source: emlfolder")
    change(home, "office.yaml", 'path: ""', "path: 来信")
    assert load_settings(home).servers["path"] == str(home / "来信")
    change(home, "office.yaml", "path: 来信", "path: /srv/mails")
    assert load_settings(home).servers["path"] == str(Path("/srv/mails"))


def test_midnight_may_be_written_as_24(home: Path) -> None:
    """The end of a day as people write it."""
    change(home, "office.yaml", '  cutoff: "23:59:59"', '  cutoff: "24:00"')
    assert load_settings(home).office.due.cutoff == time(23, 59, 59)


SCRAPS = st.sampled_from(
    [
        *("", "null", "[]", "{}", "[1, 2, 3]", "{a: 1}", "9" * 30, "-1", "1.5", "'24:00'", '"25:99"', "2022-02-30"),
        *(".inf", "!!binary abc", "*x", "!foo bar", "\t x", "- - -", "2022-09-12T10:00:00", "0o17", "a\x00b", "|"),
        *("%", "@x"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_edit_crashes_and_every_sentence_is_chinese(data: st.DataObject) -> None:
    """Any scrap anywhere in a file either holds or gives problems with file, line and no programmer's English."""
    name = data.draw(st.sampled_from(["office.yaml", "routing.yaml", "calendar.yaml"]))
    lines = (ROOT / "config" / name).read_text(encoding="utf-8").splitlines()
    at = data.draw(st.sampled_from([n for n, one in enumerate(lines) if ":" in one and not one.startswith("#")]))
    head = lines[at].partition(":")[0]
    lines[at] = f"{head}: {data.draw(SCRAPS)}"
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "config", Path(folder) / "config")
        (Path(folder) / "config" / name).write_text("\n".join(lines), encoding="utf-8")
        found = told(Path(folder))
    for one in found:
        assert one.line > 0, one
        assert not re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", one.message), one


def told(home: Path) -> tuple[Problem, ...]:
    """What is wrong with a home's configuration; nothing where it holds."""
    try:
        load_settings(home)
    except ConfigError as error:
        return error.problems or (Problem("", 0, "no problem named"),)
    return ()
