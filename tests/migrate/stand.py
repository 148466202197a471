"""A database of a test's own, owned by a role that is nobody special, and migrations in it."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from seamline.app import migrate as verb
from seamline.app.migrate import Planned, Status
from seamline.migrate.certificate import Certificate
from seamline.migrate.crash import Crash
from seamline.migrate.journal import Migration
from seamline.migrate.program import Program
from seamline.migrate.site import Progress

OWNER = "ana@example.org"
NOWHERE = Crash()


def quiet(_: Progress) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Stand:
    """`dsn` is the migrating role's; `admin` a superuser's, for what a test does to the server."""

    dsn: str
    admin: str

    def sql(self, text: str, *, admin: bool = False) -> list[tuple[Any, ...]]:
        """Run statements, each on its own; the last one's rows."""
        with psycopg.connect(self.admin if admin else self.dsn, autocommit=True) as connection:
            cursor = connection.execute(text)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def plan(self, change: str, name: str = "m", more: str = "") -> Planned:
        """A dry run of one plan; `change` is the list of operations as YAML."""
        text = f"migration: {name}\nowner: {OWNER}\nchange:\n{change}\n{more or 'code: {soak: 0s}'}\n"
        return verb.plan(self.dsn, text, calibrate_s=0)

    def refused(self, change: str, more: str = "") -> str:
        """Why a plan is refused, all reasons and mends in one text."""
        found = self.plan(change, more=more).surveyed.refusals
        return "\n".join(f"{r.reason} ({r.mend})" for r in found)

    def approved(self, change: str, name: str = "m", more: str = "") -> Program:
        """A plan that was made and approved."""
        planned = self.plan(change, name, more)
        assert [*planned.surveyed.refusals] == []
        verb.approve(self.dsn, name)
        return planned.surveyed.program

    def start(self, name: str = "m", **more: Any) -> Migration:
        """Conduct it here, to the end of the road or `until`."""
        return verb.start(self.dsn, name, say=quiet, crash=NOWHERE, **more)

    def contract(self, name: str = "m", **more: Any) -> Certificate:
        """The old shape goes."""
        made, refusals = verb.contract(self.dsn, name, say=quiet, crash=NOWHERE, **{"wait_s": 20.0, **more})
        assert refusals == []
        assert made is not None
        return made

    def revert(self, name: str = "m") -> Migration:
        """Back."""
        return verb.revert(self.dsn, name, say=quiet, crash=NOWHERE)

    def status(self, name: str = "m") -> Status:
        """How far it is."""
        return verb.status(self.dsn, name)


def dies(work: Callable[[], object]) -> bool:
    """Do it in a child; whether that was killed. Any other end but success fails the test."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  nothing may run on in the child
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False
