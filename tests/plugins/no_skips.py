"""Turns skipped tests into failures: CI has all that the tests need, so a skip there hides something.

Loaded by `make check CI=true` with `-p no_skips`. An expected failure (`xfail`) is not a skip.
"""

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped, and nothing may be in CI: {call.excinfo.value}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid}: skipped as a whole, and nothing may be in CI"
    return report
