"""The outputs of buf and oasdiff become findings."""

import pytest

from seamline.guards.openapi import from_oasdiff
from seamline.guards.protobuf import from_buf
from seamline.model.errors import Fix

_BUF = (
    '{"path":"a/v1/visit.proto","start_line":7,"start_column":1,"end_line":9,"end_column":2,'
    '"type":"FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED","message":"Previously present field \\"2\\" was deleted."}\n'
    '{"path":"a/v1/visit.proto","start_line":7,"type":"FIELD_SAME_TYPE","message":"changed"}\n'
)
_OASDIFF = (
    '[{"id":"response-success-status-removed","text":"removed 200","level":3,"operation":"GET","path":"/visits"},'
    '{"id":"request-parameter-removed","text":"deleted page","level":2},{"id":"endpoint-added","level":1}]'
)


def test_each_line_of_buf_is_a_finding() -> None:
    """Rules of the wire hold, those of generated code are notes, each at its line."""
    first, second = from_buf(_BUF, "clinic")
    assert (first.outcome, first.guard) == ("hold", "protobuf/FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED")
    assert str(first.place) == "clinic/a/v1/visit.proto:7"
    assert second.outcome == "note"


def test_errors_of_oasdiff_hold_and_warnings_are_notes() -> None:
    """What oasdiff only informs of is no finding."""
    assert [(f.outcome, f.guard) for f in from_oasdiff(_OASDIFF, "api:visits")] == [
        ("hold", "openapi/response-success-status-removed"),
        ("note", "openapi/request-parameter-removed"),
    ]


@pytest.mark.parametrize("text", ["", "\n", "[]", "null"])
def test_nothing_found_is_no_finding(text: str) -> None:
    """Both print nothing, or an empty list, when nothing breaks."""
    assert from_oasdiff(text) == []
    assert from_buf(text if text.isspace() else "") == []


@pytest.mark.parametrize("text", ["no JSON", "7", '"x"'])
def test_other_output_is_refused(text: str) -> None:
    """What neither prints is told with the command that would."""
    with pytest.raises(Fix):
        from_buf(text)
    with pytest.raises(Fix):
        from_oasdiff(text)
