"""From plans and states to findings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from posixpath import dirname
from typing import Any

from seamline.analysis.manifests.addresses import addresses
from seamline.analysis.manifests.environment import links, pool_size
from seamline.analysis.manifests.plain import is_scalar, number, rows, text, texts
from seamline.artefacts.documents import Doc, documents
from seamline.artefacts.terraform.catalogue import FIGURES, KEPT, KINDS
from seamline.artefacts.terraform.plan import Resource, is_terraform, resources
from seamline.model.artefact import Artefact, Document, Fact, Figure, Found, Ownership, Place, Unread

name = "terraform"
_JSON = (".json", ".tfstate")
_SOURCES = (".tf", ".tofu")
_SNIFF = re.compile(rb'"(?:format_version|terraform_version)"')
_OWNER_TAGS = frozenset(
    {
        "owner",
        "team",
        "squad",
        "owned-by",
        "ownedby",
        "contact",
        "maintainer",
        "service-owner",
        "serviceowner",
    }
)
_OTHER_JSON = ("package.json", "package-lock.json", "tsconfig.json")
_BOM_16 = (b"\xff\xfe", b"\xfe\xff")


def takes(path: str) -> bool:
    """Whether a file may be a plan or state in JSON; sources in HCL are taken to be told, not read."""
    return path.lower().endswith((*_JSON, *_SOURCES)) and not path.endswith(_OTHER_JSON)


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """Documents, facts, figures and owners of each plan; folders of sources, once each. Never raises."""
    read_in: set[str] = set()
    for file in files:
        if file.path.endswith(_SOURCES) or not (file.data.startswith(_BOM_16) or _SNIFF.search(file.data)):
            continue
        docs, unread = documents(Artefact(file.repository, _as_json(file.path), file.data))
        yield from (Unread(Place(file.repository, file.path, u.place.line), u.why, u.mend) for u in unread)
        for doc in docs:
            if is_terraform(doc.content):
                read_in.add(dirname(file.path))
                yield from _of_plan(doc, file.path)
    yield from _sources(files, read_in)


def _as_json(path: str) -> str:
    return path if path.lower().endswith(".json") else f"{path}.json"


def _of_plan(doc: Doc, path: str) -> Iterator[Found]:
    found = [r for r in resources(doc.content) if r.type in KINDS or r.type in _OF_OTHERS]
    groups = _limits(found)
    said: dict[Fact | Figure | Ownership, None] = {}
    for resource in found:
        place = Place(doc.place.repository, path, doc.at(*resource.path).line)
        if resource.type in KINDS:
            entity = entity_of(resource)
            yield Document(entity, "terraform", _content(resource), place)
            for view in (_facts, _figures, _owners):
                said |= dict.fromkeys(view(resource, entity, place))
            if resource.actions != ("delete",) and (limit := _limit_of(resource, groups)) is not None:
                said[Figure(entity, "max_connections", limit, place)] = None
        else:
            said |= dict.fromkeys(_of_autoscaling(resource, place))
    yield from said


def entity_of(resource: Resource) -> str:
    """The ref of a resource: by the name it will have, else by its address in the plan."""
    kind = KINDS[resource.type]
    said = (text(resource.values, field) for field in kind.names)
    return f"{kind.entity}:{next((s for s in said if s), resource.address)}"


def _content(resource: Resource) -> dict[str, Any]:
    values = {field: resource.values[field] for field in KEPT if is_scalar(resource.values.get(field))}
    return {
        "address": resource.address, "type": resource.type, "values": values, "actions": list(resource.actions),
        "why": resource.why, "replaces": list(resource.replaces),
    }  # fmt: skip


# -- facts ----------------------------------------------------------------------------------------
def _facts(resource: Resource, entity: str, place: Place) -> Iterator[Fact]:
    if resource.actions == ("delete",):
        return
    yield Fact(entity, "exists", place)
    kind = entity.partition(":")[0]
    for field in KINDS[resource.type].endpoints:
        for address in addresses(text(resource.values, field)):
            if address.host != entity.partition(":")[2]:
                yield Fact(f"{kind}:{address.host}", "same_as", place, entity)
    if (cluster := text(resource.values, "cluster_identifier")) and resource.type.endswith(
        "_cluster_instance"
    ):
        yield Fact(entity, "part_of", place, f"database:{cluster}")
    if (topic := text(resource.values, "topic")) and resource.type == "google_pubsub_subscription":
        yield Fact(entity, "depends_on", place, f"queue:{topic.rpartition('/')[2]}")
    for link in links(_environment(resource)):
        other = f"{link.role if link.role != 'service' else 'peer'}:{link.address.host}"
        if link.sure and other != entity:
            yield Fact(entity, link.predicate, place, other)
            if link.address.scheme and link.address.database and link.role == "database":
                yield Fact(other, "named", place, str(link.address))


def _environment(resource: Resource) -> dict[str, str]:
    """Variables of a function or of a container's first revision."""
    found: dict[str, str] = {}
    for block in rows(resource.values, "environment"):
        found |= texts(block, "variables")
    for template in rows(resource.values, "template"):
        for container in rows(template, "containers") + rows(template, "container"):
            found |= {
                text(row, "name"): text(row, "value") for row in rows(container, "env") if text(row, "name")
            }
    return found


# -- figures --------------------------------------------------------------------------------------
def _figures(resource: Resource, entity: str, place: Place) -> Iterator[Figure]:
    if resource.actions == ("delete",):
        return
    said = [(figure, number(resource.values, field)) for field, figure in FIGURES]
    if not entity.startswith(("database:", "queue:")):
        said.append(("db_pool_size", pool_size(_environment(resource))))
    for template in rows(resource.values, "template"):
        said.append(("min_replicas", number(template, "min_replicas")))
        said.append(("max_replicas", number(template, "max_replicas")))
        for scaling in rows(template, "scaling"):
            said.append(("min_replicas", number(scaling, "min_instance_count")))
            said.append(("max_replicas", number(scaling, "max_instance_count")))
    for figure, value in said:
        if value is not None and value >= 0:
            yield Figure(entity, figure, value, place)


_PARAMETER_GROUPS = frozenset({"aws_db_parameter_group", "aws_rds_cluster_parameter_group"})
_AZURE_PARAMETERS = frozenset(
    {"azurerm_postgresql_flexible_server_configuration", "azurerm_postgresql_configuration",
     "azurerm_mysql_flexible_server_configuration"}
)  # fmt: skip
_SCALING = frozenset({"aws_appautoscaling_target"})
_OF_OTHERS = _PARAMETER_GROUPS | _AZURE_PARAMETERS | _SCALING
_GROUP_FIELDS = ("parameter_group_name", "db_parameter_group_name", "db_cluster_parameter_group_name")


def _limits(found: Sequence[Resource]) -> dict[str, float]:
    """Parameter group, or server -> max_connections that it sets. Formulas of the instance's memory are none."""
    out: dict[str, float] = {}
    for resource in found:
        if resource.type in _PARAMETER_GROUPS:
            for row in rows(resource.values, "parameter"):
                if text(row, "name") == "max_connections" and (value := number(row, "value")) is not None:
                    out[text(resource.values, "name")] = value
        elif resource.type in _AZURE_PARAMETERS and text(resource.values, "name") == "max_connections":
            server = (text(resource.values, "server_id") or text(resource.values, "server_name")).rpartition(
                "/"
            )[2]
            if (value := number(resource.values, "value")) is not None:
                out[server] = value
    return out


def _limit_of(resource: Resource, groups: Mapping[str, float]) -> float | None:
    for settings in rows(resource.values, "settings"):  # Cloud SQL
        for flag in rows(settings, "database_flags"):
            if text(flag, "name") == "max_connections":
                return number(flag, "value")
    keys = (*(text(resource.values, field) for field in _GROUP_FIELDS), text(resource.values, "name"))
    return next((groups[key] for key in keys if key in groups), None)


def _of_autoscaling(resource: Resource, place: Place) -> Iterator[Fact | Figure]:
    """`service/{cluster}/{service}` of ECS, `table/{name}` of DynamoDB, scaled between two bounds."""
    if resource.type != "aws_appautoscaling_target" or resource.actions == ("delete",):
        return
    target = text(resource.values, "resource_id")
    if not target:
        return
    dimension = text(resource.values, "scalable_dimension")
    entity = f"autoscaler:{target}" + (
        f"#{dimension.rpartition(':')[2]}" if target.startswith("table/") else ""
    )
    kind = "service" if target.startswith("service/") else "database"
    yield Fact(entity, "exists", place)
    yield Fact(entity, "scales", place, f"{kind}:{target.rpartition('/')[2]}")
    for field, figure in (("min_capacity", "min_replicas"), ("max_capacity", "max_replicas")):
        if (value := number(resource.values, field)) is not None:
            yield Figure(entity, figure, value, place)


# -- owners, sources -------------------------------------------------------------------------------
def _owners(resource: Resource, entity: str, place: Place) -> Iterator[Ownership]:
    for field in ("tags_all", "tags", "labels", "user_labels", "effective_labels"):
        for key, value in sorted(texts(resource.values, field).items()):
            if (
                key.rpartition("/")[2].rpartition(":")[2].lower().replace("_", "-") in _OWNER_TAGS
                and 0 < len(value) < 200
            ):
                yield Ownership(entity, _spelled(value), place, f"tag {key}")


def _spelled(value: str) -> str:
    if value.startswith("@"):
        return f"github:{value}"
    return f"email:{value}" if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value) else f"terraform:{value}"


def _sources(files: Sequence[Artefact], read_in: set[str]) -> Iterator[Unread]:
    """Folders with sources and no plan beside them, once each."""
    told = set(read_in)
    for file in files:
        folder = dirname(file.path)
        if file.path.endswith(_SOURCES) and folder not in told:
            told.add(folder)
            why = "Terraform sources, which are not read: what they come to depends on state and variables"
            mend = "write the plan beside them: terraform show -json PLANFILE > plan.json"
            yield Unread(Place(file.repository, file.path), why, mend)
