"""What a reader without JavaScript has."""

from collections.abc import Callable

from .conftest import Served, Tab


def test_the_story_is_told(friday: Served, tab: Callable[..., Tab]) -> None:
    """Cause, person, seam, way, evidence for and against, and links to the raw deliveries."""
    found = tab(scripts=False)
    found.open(friday.url + "/incidents/I-1")
    page = found.page
    said = page.inner_text("main")
    for text in (
        "Release 2.4.0",
        "Dario Conti",
        "shares capacity with",
        "serves the connections of",
        "For",
        "Against",
    ):
        assert text in said
    assert page.locator(".lanes .drawn .thread").count() == 1
    page.locator(".notes a.seq").first.click()
    assert "Delivery #" in page.inner_text("h1")


def test_the_lanes_are_drawn_and_listed(friday: Served, tab: Callable[..., Tab]) -> None:
    """The drawing has every lane and the incident's line, the list every sign's words."""
    found = tab(scripts=False)
    found.open(friday.url + "/")
    page = found.page
    assert page.locator(".lanes .name").all_inner_texts() == [] or page.locator(".lanes .name").count() == 4
    assert page.locator(".lanes .thread").count() == 1
    page.locator("summary", has_text="As a list").click()
    assert "booking: Release 2.4.0" in page.inner_text("#listed")


def test_a_span_is_chosen_by_a_link(friday: Served, tab: Callable[..., Tab]) -> None:
    """Panning and zooming have a plain counterpart."""
    found = tab(scripts=False)
    found.open(friday.url + "/")
    before = found.page.locator("#lanes").get_attribute("data-since")
    found.page.get_by_role("link", name="6h", exact=True).click()
    assert found.page.locator("#lanes").get_attribute("data-since") != before
