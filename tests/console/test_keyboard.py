"""Everything by keys alone."""

from collections.abc import Callable
from typing import Any

from .conftest import Served, Tab


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))


def test_the_first_key_skips_to_the_content(friday: Served, tab: Callable[..., Tab]) -> None:
    """The skip link is the first stop, is seen when it has the focus, and leads past the head."""
    found = tab()
    found.open(friday.url + "/")
    page = found.page
    page.keyboard.press("Tab")
    assert "skip" in focused(page)
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_every_stop_is_seen(friday: Served, tab: Callable[..., Tab]) -> None:
    """Each element that takes the focus shows an outline."""
    found = tab()
    found.open(friday.url + "/incidents/I-1")
    page = found.page
    for _ in range(25):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", focused(page)


def test_the_lanes_are_walked(friday: Served, tab: Callable[..., Tab]) -> None:
    """Arrows step from sign to sign and say it, plus zooms, Enter opens what is chosen."""
    found = tab()
    found.open(friday.url + "/")
    page = found.page
    page.locator("#lanes").focus()
    for _ in range(60):
        page.keyboard.press("ArrowDown")
        page.evaluate("new Promise(requestAnimationFrame)")
        if "Release 2.4.0" in (page.locator("#lanes [aria-live]").text_content() or ""):
            break
    else:
        raise AssertionError("the release was never chosen")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("+")
    page.keyboard.press("0")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.keyboard.press("Enter")
    page.wait_for_url("**/incidents/I-1")
