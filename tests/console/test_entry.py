"""Who comes in, as whom, and whose form is taken."""

import re
from collections.abc import Callable

from .conftest import PEOPLE, Served


def proof(page: str) -> str:
    found = re.search(r'name="proof" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


def test_a_stranger_is_asked_to_log_in(guarded: Served) -> None:
    """Pages lead to the form and back to where they were going; what programs read is refused."""
    came = guarded.get("/incidents/I-1?done=1")
    assert (came.status, came.headers["location"]) == (303, "/login?next=/incidents/I-1%3Fdone%3D1")
    assert guarded.get("/api/lanes").status == 401
    assert guarded.get("/events").status == 401
    assert guarded.get("/login").status == 200


def test_a_link_from_elsewhere_is_followed_with_the_cookie(guarded: Served) -> None:
    """A browser holds a strict cookie back on a link from another site: it is sent on to the same page once."""
    came = guarded.get("/seams", sec_fetch_site="cross-site")
    assert came.status == 200
    assert 'content="0; url=/seams"' in came.text
    assert "meets" not in came.text


def test_a_token_opens_a_session_and_logging_out_ends_it(guarded: Served) -> None:
    """The cookie is out of reach of scripts and of other sites; after logging out it is nobody's."""
    came = guarded.ask("POST", "/login", {"token": "dario-token", "next": "/seams"})
    assert (came.status, came.headers["location"]) == (303, "/seams")
    said = came.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    assert "dario" not in said
    cookie = came.headers["set-cookie"].partition(";")[0]
    page = guarded.get("/", cookie=cookie)
    assert "Dario Conti" in page.text
    assert guarded.ask("POST", "/logout", {"proof": "0" * 64}, cookie=cookie).status == 400
    assert guarded.ask("POST", "/logout", {"proof": proof(page.text)}, cookie=cookie).status == 303
    assert guarded.get("/", cookie=cookie).status == 303


def test_the_cookie_is_for_https_only_behind_https(guarded: Served) -> None:
    """What the trusted proxy says of the browser's connection counts; what anybody else says does not."""
    form = {"token": "dario-token"}
    assert "Secure" in guarded.ask("POST", "/login", form, x_forwarded_proto="https").headers["set-cookie"]
    other = guarded.ask("POST", "/login", form, x_forwarded_proto="https", peer="127.0.0.2")
    assert "Secure" not in other.headers["set-cookie"]


def test_a_proxys_word_counts_from_its_address_only(guarded: Served) -> None:
    """The header names the person from 127.0.0.1, is nothing from elsewhere, and a stranger stays one."""
    assert "Dario Conti" in guarded.get("/", x_forwarded_user="dario@clinic.example").text
    assert guarded.get("/", x_forwarded_user="dario@clinic.example", peer="127.0.0.2").status == 303
    assert guarded.get("/", x_forwarded_user="mallory@clinic.example").status == 303
    assert guarded.get("/", x_forwarded_user="dario").status == 303


def test_a_form_of_anybody_elses_is_refused(guarded: Served) -> None:
    """Without our page's proof, with another session's, or sent from another site, nothing goes on record."""
    mine, other = guarded.log_in("dario"), guarded.log_in("mara")
    path = "/incidents/I-1/acknowledge"
    own = proof(guarded.get("/incidents/I-1", cookie=mine).text)
    others = proof(guarded.get("/incidents/I-1", cookie=other).text)
    assert guarded.ask("POST", path, {}, cookie=mine).status == 400
    assert guarded.ask("POST", path, {"proof": others}, cookie=mine).status == 400
    assert guarded.ask("POST", path, {"proof": own}, cookie=mine, sec_fetch_site="cross-site").status == 400
    assert guarded.ask("POST", path, {"proof": own}, cookie=mine, origin="http://evil.example").status == 400
    assert guarded.ask("POST", path, {"proof": own}).status == 303  # to the form to log in on
    assert guarded.ask("POST", "/login", {"token": "mara-token"}, sec_fetch_site="cross-site").status == 400
    assert "acknowledged" not in guarded.get("/incidents/I-1", cookie=mine).text


def test_a_session_is_no_credential_for_the_json_writes(guarded: Served) -> None:
    """They take a bearer token only: a browser can't be made to act on them."""
    assert guarded.ask("POST", "/api/incidents/I-1/acknowledge", cookie=guarded.log_in()).status == 401


def test_a_word_is_put_on_record_in_the_persons_name(guarded: Served) -> None:
    """The page shows it at once, and the record's `by` is the session's person."""
    cookie = guarded.log_in("dario")
    own = proof(guarded.get("/incidents/I-1", cookie=cookie).text)
    form = {"proof": own, "word": "confirmed", "note": "as we saw it"}
    came = guarded.ask("POST", "/incidents/I-1/correct", form, cookie=cookie)
    assert (came.status, came.headers["location"]) == (303, "/incidents/I-1?done=1")
    assert "Your word is on record" in guarded.get("/incidents/I-1?done=1", cookie=cookie).text
    latest = max(map(int, re.findall(r"#(\d+)", guarded.get("/deliveries", cookie=cookie).text)))
    pages = [guarded.get(f"/deliveries/{seq}", cookie=cookie).text for seq in range(latest - 3, latest + 1)]
    assert any("by Dario Conti" in page and "as we saw it" in page for page in pages)
    assert (
        guarded.ask("POST", "/incidents/I-1/correct", {**form, "word": "nonsense"}, cookie=cookie).status
        == 400
    )


def test_tokens_are_not_guessed_at_speed(own: Callable[..., Served]) -> None:
    """After ten tries in a minute an address has to wait."""
    server = own("serve", PEOPLE)
    tries = [server.ask("POST", "/login", {"token": f"guess {n}"}).status for n in range(12)]
    assert tries[:10] == [401] * 10
    assert tries[10:] == [429, 429]
