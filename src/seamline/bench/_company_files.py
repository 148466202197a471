"""The files of the made-up company's repositories."""

import json
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from seamline.bench._company import (
    BOT,
    BOTH,
    CATALOGUE,
    CLEARED,
    EMPTY,
    LEFT,
    TEAM,
    TWO,
    VENDORS,
    Company,
    Service,
    Warehouse,
)

Files = dict[str, str | bytes]


def repositories(company: Company) -> Iterator[tuple[str, Files]]:
    """(name, files) of all fifty."""
    for number, service in enumerate(company.services):
        yield service.name, _service(service, number)
    for warehouse in company.warehouses:
        yield f"dbt-{warehouse.name}", _warehouse(warehouse)
    for half in (0, 1):
        yield f"platform-{half}", _platform(company, half)
    yield "people", {"org.yaml": _people(company)}
    yield "cloud", {"plan.json": json.dumps(_terraform(company))}
    for number, warehouse in enumerate(company.warehouses):
        yield (
            f"reports-{number}",
            {"views.sql": _views(warehouse), "CODEOWNERS": f"* @{company.services[number].member}\n"},
        )


# -- a service ------------------------------------------------------------------------------------
def _service(service: Service, number: int) -> Files:
    files: Files = {
        "Dockerfile": "FROM scratch\n",
        "README.md": service.name,
        "compose.yaml": _compose(service),
    }
    files |= {"django": _django, "rails": _rails, "alembic": _alembic, "sql": _flyway}[service.kind](service)
    files |= _ownership(service)
    if number % 3 == 0:
        files["openapi.yaml"] = _openapi(service)
    if number % 3 == 1:
        files["api.binpb"] = _protobuf(service)
    return files


def _ownership(service: Service) -> Files:
    team, member = f"@acme/{service.name}-team", f"@{service.member}"
    rules = {TEAM: f"* {team}\n", CLEARED: f"* {team}\n*\n", CATALOGUE: "", BOTH: f"* {member}\n"}
    lines = rules.get(service.said, f"# by person\n* {member}\n")
    lines = {
        LEFT: f"* @{service.name}-gone\n", BOT: f"* @{service.name}-bot\n", EMPTY: f"* {team}\n",
        TWO: f"* {member} @{service.lead}\n",
    }.get(service.trouble, lines)  # fmt: skip
    files: Files = {".github/CODEOWNERS": lines} if lines else {}
    if service.said in (CATALOGUE, BOTH):
        files["catalog-info.yaml"] = _entity(
            "Component", service.name, {"type": "service", "lifecycle": "production", "owner": f"{service.name}-team"},
            {"github.com/project-slug": f"acme/{service.name}"},
        )  # fmt: skip
    return files


def _compose(service: Service) -> str:
    return f"""\
services:
  {service.name}:
    build: .
    environment: {{DATABASE_URL: "postgres://app:secret@db:5432/{service.name}"}}
  db:
    image: postgres:16
"""


def _django(service: Service) -> Files:
    models = "".join(
        f"""        migrations.CreateModel(name="{table.removeprefix("core_")}", fields=[
            ("id", models.BigAutoField(primary_key=True)), ("code", models.CharField(max_length=20)),
        ]),
"""
        for table in service.tables
    )
    text = f"""\
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
{models}    ]
"""
    return {"core/migrations/0001_initial.py": text, "core/migrations/__init__.py": "", "manage.py": ""}


def _rails(service: Service) -> Files:
    tables = "".join(
        f'  create_table "{table}", force: :cascade do |t|\n    t.string "code", limit: 20\n    t.timestamps\n  end\n\n'
        for table in service.tables
    )
    return {"db/schema.rb": f"ActiveRecord::Schema[7.1].define(version: 2024_01_01_000000) do\n{tables}end\n"}


def _alembic(service: Service) -> Files:
    tables = "".join(
        f'    op.create_table("{table}", sa.Column("id", sa.BigInteger(), primary_key=True), sa.Column("code", sa.Text()))\n'
        for table in service.tables
    )
    head = 'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "a1"\ndown_revision = None\n\n\n'
    return {
        "alembic/versions/a1_first.py": f"{head}def upgrade():\n{tables}\n\ndef downgrade():\n    pass\n",
        "alembic.ini": "[alembic]\nscript_location = alembic\n",
    }


def _flyway(service: Service) -> Files:
    text = "".join(
        f"CREATE TABLE {table} (id bigint PRIMARY KEY, code varchar(20));\n" for table in service.tables
    )
    return {"db/migration/V1__first.sql": text}


def _openapi(service: Service) -> str:
    return f"""\
openapi: 3.0.3
info: {{title: {service.name}, version: "1"}}
paths:
  /{service.name}:
    get:
      responses:
        "200": {{description: all of them}}
"""


def _protobuf(service: Service) -> bytes:
    described = FileDescriptorSet()
    file = described.file.add(name=f"{service.name}.proto", package=service.name, syntax="proto3")
    message = file.message_type.add(name="Item")
    message.field.add(name="id", number=1, type=3, label=1, json_name="id")
    file.service.add(name=service.name.capitalize()).method.add(
        name="Get", input_type=f".{service.name}.Item", output_type=f".{service.name}.Item"
    )
    return described.SerializeToString()


# -- a warehouse ----------------------------------------------------------------------------------
def _warehouse(warehouse: Warehouse) -> Files:
    sources = _sources(warehouse)
    nodes: dict[str, Any] = {}
    parents = list(sources)
    for number in range(warehouse.n_models):
        above = (
            [parents[(number * 7 + k) % len(parents)] for k in (0, 3)]
            if number >= len(sources)
            else [parents[number]]
        )
        unique_id = f"model.{warehouse.name}.m{number:04d}"
        nodes[unique_id] = _model(warehouse, unique_id, number, above, sources | nodes)
        parents.append(unique_id)
    version = "https://schemas.getdbt.com/dbt/manifest/v12.json"
    manifest = {
        "metadata": {"dbt_schema_version": version, "adapter_type": "snowflake", "project_name": warehouse.name},
        "nodes": nodes, "sources": sources, "exposures": _exposure(warehouse, parents[-1]), "groups": {}, "macros": {},
    }  # fmt: skip
    return {
        "target/manifest.json": json.dumps(manifest), "dbt_project.yml": f"name: {warehouse.name}\n",
        "CODEOWNERS": f"* @{warehouse.services[0].lead}\n",
    }  # fmt: skip


def _sources(warehouse: Warehouse) -> dict[str, Any]:
    named = [(s.name, *warehouse.landed(s.name, table)) for s in warehouse.services for table in s.tables]
    named += [(vendor, f"raw_{vendor}", table) for vendor in warehouse.vendors for table in VENDORS[vendor]]
    return {
        f"source.{warehouse.name}.{schema}.{table}": {
            "resource_type": "source", "name": table, "identifier": table, "source_name": schema, "schema": schema,
            "database": warehouse.name, "package_name": warehouse.name, "original_file_path": "models/sources.yml",
            "relation_name": f"{warehouse.name}.{schema}.{table}", "columns": {},
        }
        for _, schema, table in named
    }  # fmt: skip


def _model(
    warehouse: Warehouse, unique_id: str, number: int, parents: list[str], known: dict[str, Any]
) -> dict[str, Any]:
    one, other = (known[parents[i]]["relation_name"] for i in (0, -1))
    join = f" left join {other} as b on a.id = b.id" if len(parents) > 1 else ""
    name = unique_id.rpartition(".")[2]
    return {
        "resource_type": "model", "name": name, "alias": name, "schema": "core", "database": warehouse.name,
        "package_name": warehouse.name, "original_file_path": f"models/{number % 10}/{name}.sql", "language": "sql",
        "relation_name": f"{warehouse.name}.core.{name}", "depends_on": {"nodes": sorted(set(parents))},
        "compiled_code": f"select a.id, a.code from {one} as a{join}", "config": {"materialized": "view"}, "columns": {},
    }  # fmt: skip


def _exposure(warehouse: Warehouse, last: str) -> dict[str, Any]:
    owner = {"name": "Somebody", "email": f"{warehouse.services[0].member}@acme.example"}
    return {
        f"exposure.{warehouse.name}.board": {
            "resource_type": "exposure", "name": f"{warehouse.name}_board", "type": "dashboard",
            "depends_on": {"nodes": [last]}, "owner": owner, "package_name": warehouse.name,
        }
    }  # fmt: skip


def _views(warehouse: Warehouse) -> str:
    return "".join(
        f"CREATE VIEW reporting.v{n} AS SELECT id, code FROM {warehouse.name}.core.m{n:04d};\n"
        for n in range(20)
    )


# -- what they run on -----------------------------------------------------------------------------
def _platform(company: Company, half: int) -> Files:
    files: Files = {"CODEOWNERS": f"* @{company.services[half].lead}\n"}
    for i, service in enumerate(company.services):
        if i % 2 == half:
            files[f"apps/{service.name}.yaml"] = _manifests(service, company.services[(i + 7) % 40].name)
    return files


def _manifests(service: Service, calls: str) -> str:
    name = service.name
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: prod, labels: {{app: {name}}}}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: {name}
          image: registry.acme.example/acme/{name}:1.4.2
          env:
            - {{name: DATABASE_URL, value: "postgres://app@{name}-db:5432/{name}"}}
            - {{name: OTHER_URL, value: "http://{calls}:8080"}}
            - {{name: DB_POOL_SIZE, value: "10"}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: prod}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 8080}}]}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: {name}, namespace: prod}}
spec: {{scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}, minReplicas: 2, maxReplicas: 9}}
"""


def _terraform(company: Company) -> dict[str, Any]:
    databases = [
        {
            "address": f"aws_db_instance.{s.name}", "mode": "managed", "type": "aws_db_instance", "name": s.name,
            "values": {"identifier": f"{s.name}-db", "engine": "postgres", "instance_class": "db.t3.medium"},
        }
        for s in company.services
    ]  # fmt: skip
    return {
        "format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": [],
        "planned_values": {"root_module": {"resources": databases}},
    }  # fmt: skip


def _people(company: Company) -> str:
    docs = [_entity("Group", "engineering", {"type": "department", "children": []}, {})]
    for s in company.services:
        team = f"{s.name}-team"
        members = [] if s.trouble == EMPTY else [s.lead, s.member]
        about = {"github.com/team-slug": f"acme/{team}"} | ({"acme.example/lead": s.lead} if members else {})
        docs.append(
            _entity(
                "Group",
                team,
                {"type": "team", "parent": "engineering", "children": [], "members": members},
                about,
            )
        )
        for user in (s.lead, s.member):
            docs.append(_user(user, [team] if members else [], {}))
        if s.trouble == LEFT:
            docs.append(_user(f"{s.name}-gone", [], {"backstage.io/orphan": "true"}))
    return "---\n".join(docs)


def _user(name: str, groups: list[str], more: dict[str, str]) -> str:
    profile = {"displayName": name.replace("-", " ").title(), "email": f"{name}@acme.example"}
    return _entity(
        "User", name, {"profile": profile, "memberOf": groups}, {"github.com/user-login": name} | more
    )


def _entity(kind: str, name: str, spec: dict[str, Any], annotations: dict[str, str]) -> str:
    """A document of the catalogue; JSON is YAML too."""
    metadata = {"name": name, "annotations": annotations}
    return (
        json.dumps({"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec})
        + "\n"
    )
