"""GitHub `deployment` and `deployment_status` webhooks, signed, as an organisation's repository sends them."""

import hashlib
import hmac
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import ClientSession

from lab.program import compact, deliver

SECRET: Final = b"clinic-lab-github"
API = "https://api.github.com"
ORGANISATION: Final[dict[str, Any]] = {"login": "clinic", "id": 48310027}
BOT: Final[dict[str, Any]] = {
    "login": "clinic-deploy[bot]",
    "id": 92441803,
    "node_id": "BOT_kgDOBYKSCw",
    "avatar_url": "https://avatars.githubusercontent.com/in/381004?v=4",
    "gravatar_id": "",
    "url": f"{API}/users/clinic-deploy%5Bbot%5D",
    "html_url": "https://github.com/apps/clinic-deploy",
    "type": "Bot",
    "site_admin": False,
}
REPOSITORY_IDS: Final = {
    "appointments-api": 512660118,
    "invoicing": 512660342,
    "messaging": 512661007,
    "triage": 598104412,
    "triage-model": 598104977,
}
LINKS: Final = (
    "deployments",
    "statuses/{sha}",
    "commits{/sha}",
    "hooks",
    "events",
    "issues{/number}",
    "pulls{/number}",
)


def signature(body: bytes, secret: bytes = SECRET) -> str:
    """The value of `X-Hub-Signature-256` over the raw body."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a team tells GitHub when it moves something in production; `facts` becomes `deployment.payload`."""

    repository: str
    task: str
    sha: str
    ref: str
    description: str
    facts: dict[str, Any]


def repository(name: str) -> dict[str, Any]:
    """The repository block of a webhook."""
    url, html = f"{API}/repos/clinic/{name}", f"https://github.com/clinic/{name}"
    owner = ORGANISATION | {
        "node_id": "O_kgDOAuEoCw",
        "avatar_url": f"https://avatars.githubusercontent.com/u/{ORGANISATION['id']}?v=4",
        "url": f"{API}/users/clinic",
        "html_url": "https://github.com/clinic",
        "type": "Organization",
        "site_admin": False,
    }
    links = {link.partition("/")[0].partition("{")[0] + "_url": f"{url}/{link}" for link in LINKS}
    return links | {
        "id": REPOSITORY_IDS[name],
        "node_id": f"R_kgDO{REPOSITORY_IDS[name]:x}",
        "name": name,
        "full_name": f"clinic/{name}",
        "private": True,
        "owner": owner,
        "html_url": html,
        "description": None,
        "fork": False,
        "url": url,
        "created_at": "2022-07-11T08:02:15Z",
        "updated_at": "2026-11-20T16:40:09Z",
        "pushed_at": "2026-11-23T07:15:44Z",
        "clone_url": f"{html}.git",
        "homepage": None,
        "language": "Python",
        "license": None,
        "archived": False,
        "disabled": False,
        "default_branch": "main",
        "topics": [],
        "visibility": "private",
        "custom_properties": {},
    }


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def deployment(deployed: Deployed, number: int, at: datetime) -> dict[str, Any]:
    """The deployment object."""
    url = f"{API}/repos/clinic/{deployed.repository}"
    return {
        "url": f"{url}/deployments/{number}",
        "id": number,
        "node_id": f"DE_kwDOHo6j1s{number:x}",
        "sha": deployed.sha,
        "ref": deployed.ref,
        "task": deployed.task,
        "payload": deployed.facts,
        "original_environment": "production",
        "environment": "production",
        "description": deployed.description,
        "creator": BOT,
        "created_at": _stamp(at),
        "updated_at": _stamp(at),
        "statuses_url": f"{url}/deployments/{number}/statuses",
        "repository_url": url,
        "transient_environment": False,
        "production_environment": True,
        "performed_via_github_app": None,
    }


def status(
    opened: dict[str, Any], state: str, number: int, at: datetime, description: str = ""
) -> dict[str, Any]:
    """The deployment_status object for a deployment in `state`."""
    return {
        "url": f"{opened['statuses_url']}/{number}",
        "id": number,
        "node_id": f"DES_kwDOHo6j1s{number:x}",
        "state": state,
        "creator": BOT,
        "description": description,
        "environment": "production",
        "target_url": "",
        "created_at": _stamp(at),
        "updated_at": _stamp(at),
        "deployment_url": opened["url"],
        "repository_url": opened["repository_url"],
        "environment_url": "",
        "log_url": "",
        "performed_via_github_app": None,
    }


class GitHub:
    """Sends the webhooks of one organisation, each once: GitHub does not repeat by itself."""

    def __init__(self, session: ClientSession, inbox_url: str, seed: int) -> None:
        self._session = session
        self._url = f"{inbox_url}/in/github"
        self._number = random.Random(f"github {seed}").randrange(2_100_000_000, 2_200_000_000)

    async def announce(self, deployed: Deployed) -> dict[str, Any]:
        """`deployment` with action `created`; gives the deployment object. Raises RuntimeError when refused."""
        opened = deployment(deployed, self._next(), datetime.now(UTC))
        await self._send("deployment", deployed.repository, {"action": "created", "deployment": opened,
                                                             "workflow": None, "workflow_run": None})  # fmt: skip
        return opened

    async def report(
        self, repository_name: str, opened: dict[str, Any], state: str, description: str = ""
    ) -> None:
        """`deployment_status` of an announced deployment. Raises RuntimeError when refused."""
        at = datetime.now(UTC)
        body = {
            "action": "created",
            "deployment_status": status(opened, state, self._next(), at, description),
            "deployment": opened | {"updated_at": _stamp(at)},
            "check_run": None,
            "workflow": None,
            "workflow_run": None,
        }
        await self._send("deployment_status", repository_name, body)

    def _next(self) -> int:
        self._number += random.randrange(3, 90)
        return self._number

    async def _send(self, event: str, repository_name: str, body: dict[str, Any]) -> None:
        organisation = ORGANISATION | {"url": f"{API}/orgs/clinic", "description": None}
        raw = compact(
            body | {"repository": repository(repository_name), "organization": organisation, "sender": BOT}
        )
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/0bd2f1e",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-GitHub-Hook-ID": "417736310",
            "X-GitHub-Hook-Installation-Target-Type": "organization",
            "X-GitHub-Hook-Installation-Target-ID": str(ORGANISATION["id"]),
            "X-Hub-Signature-256": signature(raw),
        }
        await deliver(self._session, self._url, raw, headers, n_tries=1)
