"""What every store of views promises."""

from datetime import UTC, datetime, timedelta

from seamline.model.ports import Views

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_never_put(views: Views) -> None:
    """Before the first put there is position 0, no time, and every view is empty."""
    assert (views.position(), views.as_of(), views.get("seams")) == (0, None, {})


def test_rows_come_sorted_by_key(views: Views) -> None:
    """Rows are sorted by key, character by character, whatever order they were put in."""
    views.put(7, NOON, {"seams": {"é": b"3", "b": b"2", "B": b"1", "": b"0"}})
    assert list(views.get("seams").items()) == [("", b"0"), ("B", b"1"), ("b", b"2"), ("é", b"3")]
    assert (views.position(), views.as_of()) == (7, NOON)


def test_a_put_replaces_whole_views(views: Views) -> None:
    """Rows that a put does not name are gone from its views; other views stay."""
    views.put(1, NOON, {"seams": {"a": b"1", "b": b"2"}, "entities": {"x": b"9"}})
    views.put(2, NOON + timedelta(seconds=1), {"seams": {"b": b"3", "c": b"4"}})
    assert views.get("seams") == {"b": b"3", "c": b"4"}
    assert views.get("entities") == {"x": b"9"}
    views.put(3, NOON, {"seams": {}})
    assert (views.get("seams"), views.position(), views.as_of()) == ({}, 3, NOON)
