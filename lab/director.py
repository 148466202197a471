"""Plays a plan on a running clinic and keeps what happened for the truth file."""

import asyncio
import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from lab import postgres
from lab.cast import TRIAGE, runs_triage
from lab.course import Course, Done, Hurt, PipelineRun, Rescale
from lab.plan import (
    DEPLOYMENTS,
    KINDS,
    Act,
    Change,
    Letters,
    Onslaught,
    Pipeline,
    Plan,
    Session,
    Traffic,
    Vendor,
    Wedge,
)
from lab.processes import run
from lab.senders.github import Deployed, GitHub
from lab.stage import Stage, revision

POLL_S = 0.5
RESCALE_WAIT_S = 60.0
# A run may have to wait for a table that somebody locked.
PIPELINE_S = 300.0
READING_S = (4.0, 15.0)
REPORTS = {"referrals": "empty_referrals", "revenue": "empty_revenue"}


class StoryFailed(RuntimeError):
    """The clinic did not do what the story needs, or did what it must not."""


class Director:
    """Does each act at its time; slow acts overlap, changes of one Deployment and pipeline runs do not."""

    def __init__(self, plan: Plan, stage: Stage) -> None:
        self._plan = plan
        self._stage = stage
        self._random = random.Random(f"director {plan.seed}")
        self._github = GitHub(stage.session, stage.inbox_url, plan.seed)
        self._versions = {part.name: part.version for part in plan.cast}
        self._pipeline = asyncio.Lock()
        self._began_s = 0.0
        self.course = Course()

    async def play(self) -> Course:
        """The whole story, in its real time. Raises StoryFailed, or the first error of an act."""
        running = await self._stage.get(f"{self._stage.cluster_url}/deployments")
        urls = {"booking_url": running["appt-web"]["url"]}
        if runs_triage(self._plan.cast):
            urls["triage_url"] = running[TRIAGE.name]["url"]
        await self._stage.post(f"{self._stage.public_url}/traffic", urls)
        self._began_s, self.course.began_at = time.monotonic(), datetime.now(UTC)
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch_programs())
            acts = [group.create_task(self._at(step.at_s, step.act)) for step in self._plan.steps]
            if self._plan.pipeline_after_harm_s is not None:
                acts.append(group.create_task(self._pipeline_after_harm(self._plan.pipeline_after_harm_s)))
            await asyncio.sleep(self._plan.length_s)
            await asyncio.wait(acts, timeout=60)
            watch.cancel()
        await self._collect()
        return self.course

    def say(self, words: str) -> None:
        """Progress, for whoever watches."""
        print(f"[{time.monotonic() - self._began_s:6.1f} s] {words}", file=sys.stderr, flush=True)

    async def _watch_programs(self) -> None:
        while True:
            await asyncio.sleep(2.0)
            if died := self._stage.troupe.died():
                raise StoryFailed(f"{died[0]} died:\n{self._stage.troupe.last_words(died[0])}")

    async def _at(self, at_s: float, act: Act) -> None:
        await asyncio.sleep(max(0.0, self._began_s + at_s - time.monotonic()))
        match act:
            case Change():
                await self._carry_out(act)
            case Traffic():
                await self._traffic(act)
            case Pipeline():
                await self._run_pipeline(act.fail_job)
            case Letters():
                self.say(f"{len(act.kinds)} unrelated letter(s)")
                await asyncio.gather(*(self._write(kind) for kind in act.kinds))
            case Vendor():
                self.say(f"vendor: {act.how or 'mended'}")
                state = "break" if act.how else "mend"
                await self._stage.post(f"{self._stage.vendor_url}/admin/{state}", {"how": act.how})
                self.course.faults.append((datetime.now(UTC), act))
            case Session():
                await self._leave_open(act)
            case Wedge():
                self.say(f"a pod of {act.deployment} gets stuck")
                await self._stage.post(f"{self._stage.cluster_url}/deployments/{act.deployment}/wedge", {})
                self.course.faults.append((datetime.now(UTC), act))
            case Onslaught():
                await self._onslaught(act)

    async def _traffic(self, wish: Traffic) -> None:
        rates = {"patient": wish.patient, "partner": wish.partner}
        given = {who: rate for who, rate in rates.items() if rate is not None}
        self.say(f"traffic {given}")
        await self._stage.post(f"{self._stage.public_url}/traffic", given)

    async def _write(self, kind: str) -> None:
        await self._stage.post(f"{self._stage.helpdesk_url}/letters", {"kind": kind})

    # -- changes -------------------------------------------------------------
    async def _carry_out(self, change: Change) -> None:
        name = DEPLOYMENTS[change.repository]
        version = change.version or self._versions[name]
        built = change.repository if change.task == "deploy:model" else name
        began_at = datetime.now(UTC)
        self.say(f"{change.repository}: {change.description}")
        opened = await self._github.announce(
            Deployed(change.repository, change.task, self._revision(built, version), "main", change.description,
                     self._facts(change, version))
        )  # fmt: skip
        await self._github.report(change.repository, opened, "in_progress")
        uids = await self._apply(change, name, version, opened)
        if built == name:
            self._versions[name] = version
        await self._github.report(change.repository, opened, "success")
        done = Done(change, int(opened["id"]), tuple(uids), datetime.now(UTC), began_at)
        self.course.changes.append(done)

    def _facts(self, change: Change, version: str) -> dict[str, Any]:
        named = "version" if change.task == "deploy:model" else "release"
        facts: dict[str, Any] = {"kind": KINDS[change.task], named: version}
        if change.task == "deploy":
            facts["image"] = f"registry.clinic.example/{change.repository}:{version}"
        if change.statement:
            facts["statement"] = change.statement
        return facts | change.facts

    def _revision(self, name: str, version: str) -> str:
        return revision(self._plan.seed, name, version)

    async def _apply(self, change: Change, name: str, version: str, opened: dict[str, Any]) -> list[str]:
        url = f"{self._stage.cluster_url}/deployments/{name}"
        if change.task == "deploy":
            wish = {
                "version": version,
                "revision": self._revision(name, version),
                "settings": change.settings,
            }
            if change.pause_s is not None:
                return await self._in_steps(change, name, wish, opened)
            return list((await self._stage.post(f"{url}/release", wish))["events"])
        if change.task == "deploy:migrations":
            await postgres.execute(self._stage.socket_folder, change.statement)
        else:
            await self._stage.post(f"{url}/config", change.settings)
        return []

    async def _in_steps(
        self, change: Change, name: str, wish: dict[str, Any], opened: dict[str, Any]
    ) -> list[str]:
        """One pod, half of them, all; GitHub is told after each step but the last how far it is."""
        url, uids = f"{self._stage.cluster_url}/deployments", []
        n_all = (await self._stage.get(url))[name]["n_ready"]
        for n_pods in sorted({1, (n_all + 1) // 2, n_all}):
            answer = await self._stage.post(f"{url}/{name}/release", wish | {"n_pods": n_pods})
            uids += answer["events"]
            self.say(f"{name}: {n_pods} of {n_all} pods run {wish['version']}")
            if n_pods < n_all:
                words = f"{n_pods} of {n_all} pods"
                await self._github.report(change.repository, opened, "in_progress", words)
                await asyncio.sleep(change.pause_s or 0.0)
        return uids

    async def _leave_open(self, act: Session) -> None:
        async with postgres.console(self._stage.socket_folder, act.statement):
            self.say(f"a console is left open after: {act.statement}")
            self.course.faults.append((datetime.now(UTC), act))
            await asyncio.sleep(act.for_s)
        self.say("the console is closed")

    # -- the partners' onslaught ----------------------------------------------
    async def _onslaught(self, act: Onslaught) -> None:
        seen = (await self._autoscaler())["n_syncs"]
        while (await self._autoscaler())["n_syncs"] == seen:
            await asyncio.sleep(POLL_S)
        n_rescales = len(await self._rescales())
        await self._traffic(Traffic(partner=act.partner))
        async with asyncio.timeout(RESCALE_WAIT_S):
            while len(rescales := await self._rescales()) == n_rescales:
                await asyncio.sleep(POLL_S)
        guilty = self.course.guilty_rescale = rescales[n_rescales]
        self.say(f"autoscaler: {guilty.n_before} -> {guilty.n_after}")
        await self._carry_out(act.then)

    async def _autoscaler(self) -> Any:
        return await self._stage.get(f"{self._stage.autoscaler_url}/decisions")

    async def _rescales(self) -> list[Rescale]:
        decisions = (await self._autoscaler())["decisions"]
        return [Rescale(**decision | {"followed": tuple(decision["followed"])}) for decision in decisions]

    # -- the warehouse ----------------------------------------------------------
    async def _pipeline_after_harm(self, delay_s: float) -> None:
        while not (await self._stage.get(f"{self._stage.public_url}/hurts"))["hurts"]:
            if time.monotonic() - self._began_s > self._plan.length_s:
                return
            await asyncio.sleep(POLL_S)
        self.say("first harm")
        await asyncio.sleep(delay_s)
        await self._run_pipeline("")

    async def _run_pipeline(self, fail_job: str) -> None:
        async with self._pipeline:
            began_at = datetime.now(UTC)
            fail = ["--fail-job", fail_job] if fail_job else []
            triage = ["--with-triage"] if runs_triage(self._plan.cast) else []
            code, _, error = await run(
                [*self._warehouse("run"), "--dsn", self._stage.admin_dsn,
                 "--lineage-url", f"{self._stage.inbox_url}/api/v1/lineage", *triage, *fail],
                timeout_s=PIPELINE_S,
            )  # fmt: skip
            self.say(
                f"pipeline: exit {code} after {(datetime.now(UTC) - began_at) / timedelta(seconds=1):.1f} s"
            )
            if (code == 0) == bool(fail_job):
                raise StoryFailed(f"pipeline ended with {code}: {error[-800:]}")
            empty = () if fail_job else await self._empty_reports()
            self.course.pipelines.append(PipelineRun(began_at, code, empty))
        if fail_job:
            await asyncio.sleep(self._random.uniform(4, 8))
            await self._run_pipeline("")
        await asyncio.gather(*(self._complain(report) for report in empty))

    async def _empty_reports(self) -> tuple[str, ...]:
        empty = []
        for report in REPORTS:
            code, out, error = await run([*self._warehouse("read-report"), "--report", report])
            if code:
                raise StoryFailed(f"report {report} can't be read: {error[-400:]}")
            if json.loads(out)["hurt"]:
                empty.append(report)
        return tuple(empty)

    def _warehouse(self, command: str) -> list[str]:
        folder = str(self._stage.folder / "warehouse")
        return ["nice", "-n", "19", sys.executable, "-m", "lab.warehouse", command, "--dir", folder]

    async def _complain(self, report: str) -> None:
        """One or two of those who read the report write, after a look at it."""
        self.say(f"report {report} is empty")
        for _ in range(self._random.choice((1, 2))):
            await asyncio.sleep(self._random.uniform(*READING_S))
            await self._write(REPORTS[report])

    async def _collect(self) -> None:
        hurts = await self._stage.get(f"{self._stage.public_url}/hurts")
        self.course.n_requests = hurts["n_requests"]
        self.course.hurts = [
            Hurt(**hurt | {"at": datetime.fromisoformat(hurt["at"])}) for hurt in hurts["hurts"]
        ]
        self.course.rescales = await self._rescales()
        failed_at = (await self._stage.get(f"{self._stage.vendor_url}/admin/failures"))["first_failed_at"]
        self.course.vendor_failed_at = datetime.fromisoformat(failed_at) if failed_at else None
        self.course.tickets = await self._stage.get(f"{self._stage.helpdesk_url}/counts")
        self.course.n_refused = (await self._stage.get(f"{self._stage.inbox_url}/counts")).get("refused", 0)
        self.course.ended_at = datetime.now(UTC)
