"""What all tests share: skips that may be turned into failures, and a clean slate of fail points."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from pipeline.adapters import failpoints

REQUIRE = "--require-all"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the build demand that nothing is skipped."""
    parser.addoption(REQUIRE, action="store_true", help="a test that would be skipped fails instead")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skipped test into a failed one where everything is required."""
    report = yield
    if item.config.getoption(REQUIRE) and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although {REQUIRE} was given: {_reason(report.longrepr)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a module that skips itself into a failed one where everything is required."""
    report = yield
    if collector.config.getoption(REQUIRE) and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"skipped although {REQUIRE} was given: {_reason(report.longrepr)}"
    return report


def _reason(longrepr: object) -> object:
    return longrepr[2] if isinstance(longrepr, tuple) else longrepr


@pytest.fixture(autouse=True)
def no_failpoints(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start every test with no fail point armed and none counted."""
    monkeypatch.delenv(failpoints.VARIABLE, raising=False)
    failpoints.forget()
    yield
    failpoints.forget()
