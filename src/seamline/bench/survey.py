"""`seamline init` on a made-up company of fifty repositories: how long, how much memory, and how much of the truth.

Fails nothing by itself: every figure stands beside what there was to find.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing import Process
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from seamline import bootstrap
from seamline.app import survey
from seamline.app.survey import Page
from seamline.bench import _company, _company_files, _wide
from seamline.bench._company import ROOT, Company

Figures = dict[str, object]


def run(seed: int = 1, folder: str = "", git: bool = True, models: int = 0) -> Figures:
    """Write the company of a seed and survey it. `folder` keeps the repositories; `git`: they have a commit each.

    `models`: beside them stands a compiled dbt project of so many, 7.6 kB each in its manifest.
    """
    with TemporaryDirectory(prefix="seamline-company-") as temporary:
        at = Path(folder or temporary)
        company = write(at, seed, git=git)
        manifest_mb = write_manifest(at / "wide", models, seed) if models else 0.0
        began = perf_counter()
        page = surveyed(at)
        seconds = perf_counter() - began
    measured = {"seconds": round(seconds, 1), "peak_mb": _peak_mb(), "manifest_mb": manifest_mb}
    return {**measured, **figures(page, company)}


def write(at: Path, seed: int, *, git: bool = True) -> Company:
    """The company's repositories, a folder each."""
    company = _company.plan(seed)
    for name, files in _company_files.repositories(company):
        for path, content in files.items():
            file = at / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        if git:
            _commit(at / name)
    return company


def write_manifest(at: Path, models: int, seed: int) -> float:
    """A repository with nothing but a large manifest; its size in MB. In a process of its own: making it takes memory."""
    file = at / "target" / "manifest.json"
    file.parent.mkdir(parents=True)
    maker = Process(target=_write_manifest, args=(file, models, seed))
    maker.start()
    maker.join()
    return round(file.stat().st_size / 1e6, 1)


def _write_manifest(file: Path, models: int, seed: int) -> None:
    project = _wide.manifest(models, seed)
    _wide.documented(project, 4000)
    with file.open("w", encoding="utf-8") as out:
        json.dump(project, out)


def _commit(root: Path) -> None:
    who = ("-c", "user.name=bench", "-c", "user.email=bench@bench.invalid", "-c", "commit.gpgsign=false")
    for step in (("init", "-q"), ("add", "-A", "-f"), ("commit", "-q", "-m", "first")):
        subprocess.run(["git", *who, "-C", str(root), *step], check=True, stdin=subprocess.DEVNULL)


def surveyed(at: Path) -> Page:
    """The page of all repositories in a folder, as `seamline init FOLDER --owner ...` has it."""
    read = survey.read(bootstrap.checkouts_at([at]), bootstrap.readers())
    with bootstrap.home_in_memory() as home:
        return survey.survey(home, read, owner=ROOT, name="The company")


def figures(page: Page, company: Company) -> Figures:
    """What was found, against what there was to find."""
    people = {p.id for p in page.organisation.people}
    return {
        "n_repositories": len(page.repositories),
        "n_files": page.n_files,
        "n_entities": len(page.entities),
        "n_seams": len(page.seams),
        "n_seams_without_one_person": sum(seam.accountable not in people for _, seam in page.seams),
        "owners": _owners(page, company),
        "joins": _joins(page, company),
        "troubles": _troubles(page, company),
        "n_unread": len(page.unread),
    }


def _owners(page: Page, company: Company) -> Mapping[str, object]:
    """Services and tables whose owner is the right one."""
    root = next(p.id for p in page.organisation.people if not p.reports_to)
    names = {p.name: p.id for p in page.organisation.people}
    owned = {spelling: e.owner for e in page.entities for spelling in (e.ref, *e.spellings)}
    truth = {ref: names.get(person.replace("-", " ").title(), root) for ref, person in company.owners()}
    wrong = sorted(ref for ref, person in truth.items() if owned.get(ref) != person)
    return {"of": len(truth), "right": len(truth) - len(wrong), "wrong": wrong[:10]}


def _joins(page: Page, company: Company) -> Mapping[str, object]:
    truth = set(company.joins())
    found = {(m.table, m.landed.rpartition("/")[2]) for m in page.joined.matches}
    return {"of": len(truth), "right": len(truth & found), "wrong": sorted(found - truth)[:10]}


def _troubles(page: Page, company: Company) -> Mapping[str, object]:
    truth = company.troubles()
    missed = {
        (kind, owner)
        for kind, owner in truth
        if not any(t.kind == kind and owner in t.owner for t in page.troubles)
    }
    return {"of": len(truth), "right": len(truth) - len(missed), "missed": sorted(missed)}


def _peak_mb() -> float:
    """The most memory that this process held, in MB; Linux counts kB, macOS bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)
