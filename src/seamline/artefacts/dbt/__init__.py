"""dbt's artefacts in a checkout: manifest.json, catalog.json, run_results.json. Contract: docs/artefacts/dbt.md."""

from seamline.artefacts.dbt.opened import project
from seamline.artefacts.dbt.reader import name, read, takes

__all__ = ["name", "project", "read", "takes"]
