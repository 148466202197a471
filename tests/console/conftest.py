"""Real servers over real homes, and a real browser in front of them."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

CHROMIUM = Path(os.environ.get("SEAMLINE_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
TOKENS = {"mara": "mara-token", "dario": "dario-token"}
PEOPLE = "[people]\n" + "".join(f'{person} = "{token}"\n' for person, token in TOKENS.items())
PROXY = '[proxy]\nheader = "X-Forwarded-User"\nfrom = ["127.0.0.1"]\npeople = { "dario@clinic.example" = "dario" }\n'
UNSIGNED = 'allow_unsigned = ["github", "zendesk"]\n'


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


class Served:
    """`seamline serve` or `seamline demo` in a process of its own."""

    def __init__(self, command: str, home: Path, secrets: str = "") -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if secrets:
            (home / "secrets.toml").write_text(secrets)
            (home / "secrets.toml").chmod(0o600)
        self.home = home
        self._logins = count(1)
        arguments = [sys.executable, "-m", "seamline.cli", command, "--home", str(home), "--port", "0"]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if found := re.search(r"listens on http://\S+:(\d+)", line):
                self.port = int(found[1])
                break
        else:
            raise AssertionError(f"did not start: {said}{self.process.communicate(timeout=20)[1]}")
        self.url = f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        peer: str = "127.0.0.1",
        **headers: str,
    ) -> Reply:
        """One request from an address of this machine; `form` is sent as a browser sends it."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = urlencode(form).encode() if form is not None else b""
        if form is not None:
            named["content-type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30, source_address=(peer, 0))
        try:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return Reply(
                response.status, {n.lower(): v for n, v in response.getheaders()}, response.read().decode()
            )
        finally:
            connection.close()

    def get(self, path: str, **more: Any) -> Reply:
        return self.ask("GET", path, **more)

    def deliver(self, source: str, body: object, **headers: str) -> int:
        """What a tool posts, unsigned; its log position."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("POST", f"/in/{source}", json.dumps(body).encode(), named)
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status == 202, said
            return int(json.loads(said)["seq"])
        finally:
            connection.close()

    def log_in(self, person: str = "dario") -> str:
        """A session's cookie, as a browser sends it back. Each from an address of its own: tries are counted."""
        came = self.ask(
            "POST", "/login", {"token": TOKENS[person], "next": "/"}, peer=f"127.0.1.{next(self._logins)}"
        )
        assert came.status == 303, came.text
        return came.headers["set-cookie"].partition(";")[0]

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)
        return self.process.returncode


@contextmanager
def served(command: str, home: Path, secrets: str = "") -> Iterator[Served]:
    """A server that ends with the block."""
    server = Served(command, home, secrets)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def friday(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The recorded Friday, open to whoever is on this machine."""
    with served("demo", tmp_path_factory.mktemp("friday") / "home", UNSIGNED) as server:
        yield server


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The recorded Friday, for people with a token and for those that a proxy on this machine names."""
    with served("demo", tmp_path_factory.mktemp("guarded") / "home", PEOPLE + PROXY) as server:
        yield server


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A home into which nothing came yet."""
    with served("serve", tmp_path_factory.mktemp("empty") / "home", UNSIGNED) as server:
        yield server


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Servers of the test's own."""
    running: list[Served] = []

    def start(command: str = "serve", secrets: str = UNSIGNED) -> Served:
        running.append(Served(command, tmp_path / f"home-{len(running)}", secrets))
        return running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, driven by playwright, whose event loop runs in this thread until it ends: no test elsewhere may meet it."""
    if find_spec("playwright") is None:
        pytest.skip("playwright is missing: install the group `browser` (uv pip install playwright)")
    if not CHROMIUM.exists():
        pytest.skip("chromium is missing: apt-get install chromium, or name it in SEAMLINE_CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core."""
    spec = find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-core is missing: install axe-playwright-python")
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@dataclass
class Tab:
    """A page in the browser, and everything it complained of."""

    page: Any
    trouble: list[str] = field(default_factory=list)

    def open(self, url: str) -> None:
        """Load it, and wait until its scripts drew, where it has any."""
        self.page.goto(url)
        if self.page.locator("#lanes").count() and self.page.evaluate("!!window.seamlineScripts"):
            self.page.wait_for_selector("#lanes.quick")


@pytest.fixture
def tab(browser: Any) -> Iterator[Callable[..., Tab]]:
    """Opens tabs; what the page's policy, scripts or requests complain of is kept."""
    contexts = []

    def opened(width: int = 1440, scheme: str = "light", *, scripts: bool = True) -> Tab:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
        )
        contexts.append(context)
        if scripts:
            context.add_init_script(
                "window.seamlineScripts = true; window.violations = [];"
                "document.addEventListener('securitypolicyviolation', e => window.violations.push(e.violatedDirective))"
            )
        found = Tab(context.new_page())
        found.page.set_default_timeout(15_000)
        found.page.on("pageerror", lambda error: found.trouble.append(f"error: {error}"))
        found.page.on(
            "console",
            lambda m: found.trouble.append(f"console: {m.text}") if m.type in ("error", "warning") else None,
        )
        found.page.on("dialog", lambda d: (found.trouble.append(f"dialog: {d.message}"), d.dismiss()))
        return found

    yield opened
    for context in contexts:
        context.close()
