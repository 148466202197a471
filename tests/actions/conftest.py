"""The real client against the labelled fake, over HTTP on loopback."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

if str(ROOT) not in sys.path:  # the tests are not part of the package
    sys.path.insert(0, str(ROOT))

from seamline.actions.zendesk.fake import FakeTicket, FakeZendesk  # noqa: E402
from seamline.model.intent import Intent  # noqa: E402

TOKEN = "s3cret-token"
NUMBER = 41
INTENT = Intent("zendesk", "I-3", "t1", str(NUMBER), "open", "seamline-i-3", "We know about this.")


@pytest.fixture
def fake() -> Iterator[FakeZendesk]:
    """A fake with one ticket in it."""
    server = FakeZendesk(f"Bearer {TOKEN}")
    server.tickets[NUMBER] = FakeTicket(NUMBER, tags=["vip"])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.ended.set()
    server.shutdown()
    server.server_close()
