"""What all repositories say together: services, owners by place and weight, joins, and what stays loose."""

from collections.abc import Sequence

from msgspec.structs import replace

from seamline.analysis.survey.assemble import Assembled, assemble
from seamline.analysis.survey.told import Repository, Statement
from seamline.model.artefact import Document
from seamline.model.organisation import AliasDecl, Organisation, Person, TemplateDecl
from tests.analysis.survey.found import at, codeowners, fact, owner, repository, table

ANN, BEN = "ann", "ben"
ORGANISATION = Organisation("x", (Person("root", "Root"),))
SHOP = ("orders", "customers", "coupons")


def whose(spelling: str) -> str:
    return {"github:@ann": ANN, "github:@ben": BEN, "email:ben@x.y": BEN}.get(spelling, "")


def of(*repositories: Repository, organisation: Organisation = ORGANISATION) -> Assembled:
    return assemble(repositories, organisation, whose)


def facts(assembled: Assembled) -> set[tuple[str, str, str]]:
    return {(s.subject, s.predicate, s.object) for t in assembled.told for s in t.facts}


def owners(assembled: Assembled, entity: str) -> Sequence[str]:
    """Whom the heaviest claims name."""
    claims = [c for t in assembled.told for c in t.claims if c.entity == entity]
    return sorted({c.whose() for c in claims if c.weight == max(c.weight for c in claims)})


# -- services -------------------------------------------------------------------------------------
def test_a_repository_with_migrations_is_a_service() -> None:
    """It is built from the repository and writes its tables."""
    assert facts(of(repository("shop", table("shop", "orders")))) >= {
        ("service:shop", "exists", ""),
        ("service:shop", "built_from", "repo:shop"),
        ("service:shop", "writes", "dataset:app://shop/orders"),
    }


def test_a_service_that_says_what_it_is_built_from_is_the_repositorys() -> None:
    """A catalogue's name goes before the repository's, and the two spellings of the repository are one."""
    catalogue = repository("people", "service:checkout built_from repo:acme/shop")
    shop = repository("shop", table("shop", "orders"), "service:checkout built_from repo:acme/shop")
    said = facts(of(catalogue, shop))
    assert ("service:checkout", "writes", "dataset:app://shop/orders") in said
    assert ("repo:acme/shop", "same_as", "repo:shop") in said
    assert not any(s == "service:shop" for s, *_ in said)


def test_a_library_is_no_service() -> None:
    """Without migrations, API or image nothing is made up."""
    assert not any(s.startswith("service:") for s, *_ in facts(of(repository("lib", paths=("src/a.py",)))))


def test_an_image_makes_a_service() -> None:
    """A Dockerfile at the root or one level below; deeper ones are parts of something else."""
    assert ("service:shop", "exists", "") in facts(of(repository("shop", paths=("docker/Dockerfile",))))
    assert ("service:shop", "exists", "") not in facts(of(repository("shop", paths=("a/b/c/Dockerfile",))))


def test_namesakes_are_two_services() -> None:
    """They go by their owners as well."""
    pay = [
        repository(name, table(name, "t"), "service:billing built_from repo:acme/pay")
        for name in ("acme/pay", "other/pay")
    ]
    said = facts(of(*pay))
    assert ("service:billing", "writes", "dataset:app://acme/pay/t") in said
    assert ("service:other/pay", "writes", "dataset:app://other/pay/t") in said


def test_compose_names_hold_within_their_repository() -> None:
    """`db` of two repositories is two databases; a repository's own name is meant everywhere."""
    said = [
        repository(
            name,
            *(
                fact(name, f"{ref} exists", "compose.yaml")
                for ref in ("service:shop", "service:web", "database:db")
            ),
            fact(name, "service:web uses database:db", "compose.yaml"),
            table(name, "t"),
        )
        for name in ("shop", "store")
    ]
    got = facts(of(*said))
    assert ("service:shop/web", "uses", "database:shop/db") in got
    assert ("service:store/web", "uses", "database:store/db") in got
    assert not any("service:shop/shop" in triple or "database:db" in triple for triple in got)


def test_a_compose_name_of_one_repository_stays_as_it_is() -> None:
    """What nobody else defines needs no other name."""
    one = repository("shop", fact("shop", "database:db exists", "compose.yaml"))
    assert ("database:db", "exists", "") in facts(of(one, repository("store")))


# -- owners ---------------------------------------------------------------------------------------
def test_an_entity_has_the_owner_of_the_path_it_is_defined_at() -> None:
    """The last rule that fits, with file and line as evidence."""
    shop = repository(
        "shop",
        fact("shop", "deployment:prod/shop exists", "deploy/shop.yaml"),
        fact("shop", "queue:mail exists", "other.yaml"),
        codeowners("shop", "* @ann", "/deploy/ @ben"),
    )
    got = of(shop)
    assert owners(got, "deployment:prod/shop") == [BEN]
    assert owners(got, "queue:mail") == [ANN]
    (claim,) = [c for t in got.told for c in t.claims if c.entity == "deployment:prod/shop"]
    assert claim.evidence == "github:@ben by CODEOWNERS: shop/CODEOWNERS:2, for deploy/shop.yaml"


def test_a_rule_without_owner_clears() -> None:
    """Nobody is said to own what a later rule takes back."""
    shop = repository("shop", table("shop", "orders"), codeowners("shop", "* @ann", "/migrations/"))
    assert owners(of(shop), "dataset:app://shop/orders") == [
        ANN
    ]  # as its service's, which the root's rule gives
    cleared = repository("shop", table("shop", "orders"), codeowners("shop", "* @ann", "*"))
    assert owners(of(cleared), "dataset:app://shop/orders") == []


def test_a_service_is_whose_its_code_is_not_whose_its_manifest_is() -> None:
    """The platform's repository says where it runs."""
    shop = repository("shop", table("shop", "orders"), codeowners("shop", "* @ann"))
    platform = repository(
        "platform",
        fact("platform", "service:shop exists", "apps/shop.yaml"),
        fact("platform", "deployment:prod/shop exists", "apps/shop.yaml"),
        codeowners("platform", "* @ben"),
    )
    got = of(shop, platform)
    assert (owners(got, "service:shop"), owners(got, "deployment:prod/shop")) == ([ANN], [BEN])


def test_a_service_in_a_monorepo_is_whose_its_folder_is() -> None:
    """The folder of its name goes before the file that defines it."""
    mono = repository(
        "mono",
        fact("mono", "service:checkout-service exists", "deploy/all.yaml"),
        codeowners("mono", "* @ann", "/src/checkoutservice/ @ben"),
        paths=("deploy/all.yaml", "src/checkoutservice/main.go"),
    )
    assert owners(of(mono), "service:checkout-service") == [BEN]


def test_a_catalogue_goes_before_labels_before_paths_before_groups() -> None:
    """The heaviest word counts; the others stay, to be shown."""
    said = [
        owner("shop", "job:x", "github:@ben", "owner of group finance"),
        codeowners("shop", "* @ann"),
        fact("shop", "job:x exists"),
    ]
    assert owners(of(repository("shop", *said)), "job:x") == [ANN]
    said.append(owner("shop", "job:x", "github:@ben", "meta.owner"))
    assert owners(of(repository("shop", *said)), "job:x") == [BEN]
    said.append(owner("shop", "job:x", "github:@ann", "spec.owner"))
    assert owners(of(repository("shop", *said)), "job:x") == [ANN]


def test_of_several_owners_of_a_rule_the_first_counts() -> None:
    """The others stay, as contesting it; who is nobody comes after everybody."""
    shop = repository("shop", "queue:q exists", codeowners("shop", "* @acme/team @ben @ann"))
    assert owners(of(shop), "queue:q") == [BEN]
    assert {c.whose() for t in of(shop).told for c in t.claims if c.entity == "queue:q"} == {
        "github:@acme/team",
        BEN,
        ANN,
    }


def test_an_owner_nobody_knows_is_kept_as_spelled() -> None:
    """A later `seamline.toml` may say who it is."""
    got = of(repository("shop", "job:x exists", owner("shop", "job:x", "github:@acme/team")))
    assert owners(got, "job:x") == ["github:@acme/team"]


def test_a_tables_owner_is_its_services_unless_its_own_place_says_else() -> None:
    """A catalogue speaks of the service; only a rule for the table's own place goes against that."""
    word = owner("shop", "service:shop", "email:ben@x.y", "spec.owner")
    general = repository("shop", table("shop", "orders"), word, codeowners("shop", "* @ann"))
    assert owners(of(general), "dataset:app://shop/orders") == [BEN]
    special = repository("shop", table("shop", "orders"), word, codeowners("shop", "/migrations/ @ann"))
    assert owners(of(special), "dataset:app://shop/orders") == [ANN]


def test_a_catalogue_in_a_repository_of_its_own_speaks_of_tables_too() -> None:
    """It says whose the service is; what the table's own repository says of the table alone still counts."""
    catalogue = repository("catalogue", owner("catalogue", "service:shop", "email:ben@x.y", "spec.owner"))
    for lines, expected in ((), BEN), (("* @ann",), BEN), (("/migrations/ @ann",), ANN):
        shop = repository("shop", table("shop", "orders"), codeowners("shop", *lines))
        assert owners(of(shop, catalogue), "dataset:app://shop/orders") == [expected], lines


def test_a_compiled_model_is_whose_its_file_is() -> None:
    """Not whose the manifest is."""
    content = {"unique_id": "model.wh.m", "original_file_path": "models/fin/m.sql"}
    place = at("wh", "dbt/target/manifest.json")
    wh = repository(
        "wh",
        fact("wh", "dataset:dbt/wh.core.m exists", place.path),
        fact("wh", "job:wh/model.wh.m exists", place.path),
        Document("dataset:dbt/wh.core.m", "dbt", content, place),
        codeowners("wh", "* @ann", "/dbt/models/fin/ @ben"),
        paths=("dbt/models/fin/m.sql", place.path),
    )
    assert owners(of(wh), "dataset:dbt/wh.core.m") == owners(of(wh), "job:wh/model.wh.m") == [BEN]


# -- joins ----------------------------------------------------------------------------------------
def warehouse(*copies: str) -> Repository:
    return repository(
        "wh", *(f"dataset:dbt/wh.core.m{i} derives dataset:dbt/{copy}" for i, copy in enumerate(copies))
    )


def test_a_load_stands_between_a_table_and_its_copy() -> None:
    """The job reads the one and writes the other."""
    shop = repository("shop", *(table("shop", t) for t in SHOP))
    got = facts(of(shop, warehouse(*(f"wh.raw.shop__{t}" for t in SHOP))))
    assert got >= {
        ("job:load-shop", "reads", "dataset:app://shop/orders"),
        ("job:load-shop", "writes", "dataset:dbt/wh.raw.shop__orders"),
        ("dataset:dbt/wh.raw.shop__orders", "derives", "dataset:app://shop/orders"),
    }


def test_a_declared_load_job_is_named() -> None:
    """The template says which job it is."""
    told = TemplateDecl("odd_{table}", app="shop", job="job:airbyte/nightly")
    got = facts(
        of(
            repository("shop", table("shop", "orders")),
            warehouse("wh.raw.odd_orders"),
            organisation=Organisation("x", ORGANISATION.people, templates=(told,)),
        )
    )
    assert ("job:airbyte/nightly", "reads", "dataset:app://shop/orders") in got


def test_an_alias_of_the_service_names_the_application() -> None:
    """What people declared once counts here too."""
    organisation = Organisation(
        "x", ORGANISATION.people, aliases=(AliasDecl("service:shop", ("service:emporium",)),)
    )
    shop = repository("shop", *(table("shop", t) for t in SHOP))
    copies = warehouse(*(f"wh.emporium.{t}" for t in SHOP))
    assert len(of(shop, copies, organisation=organisation).joined.matches) == len(SHOP)


def test_what_nothing_makes_comes_from_a_peer_with_a_load_of_its_own() -> None:
    """Nothing is dropped: it has a seam to whoever would keep it."""
    assembled = of(warehouse("wh.raw_stripe.charge", "wh.raw_stripe.refund"))
    (lost,) = assembled.joined.lost
    assert (lost.origin, len(lost.tables)) == ("peer:stripe", 2)
    assert ("job:load-stripe", "calls", "peer:stripe") in facts(assembled)
    assert ("job:load-stripe", "writes", "dataset:dbt/wh.raw_stripe.charge") in facts(assembled)


def test_a_copy_whose_original_is_gone_is_the_services_matter() -> None:
    """The application is known, only the table isn't."""
    shop = repository("shop", *(table("shop", t) for t in SHOP))
    assembled = of(shop, warehouse(*(f"wh.raw.shop__{t}" for t in (*SHOP, "vanished"))))
    (lost,) = assembled.joined.lost
    assert (lost.origin, lost.repository) == ("service:shop", "shop")


def test_what_another_project_makes_is_no_source() -> None:
    """By dbt's id, or by a schema and table that only one makes."""
    maker = repository(
        "a",
        "job:a/m writes dataset:dbt/wh.core.m",
        "dataset:dbt/wh.core.m same_as dataset:unique_id/model.a.m",
    )
    by_id = repository("b", "job:b/x reads dataset:unique_id/model.a.m")
    by_name = repository("c", "job:c/y reads dataset:sql://c/core.m")
    assembled = of(maker, by_id, by_name)
    assert assembled.joined.lost == ()
    assert ("dataset:sql://c/core.m", "same_as", "dataset:dbt/wh.core.m") in facts(assembled)


def test_one_schema_in_two_databases_is_two() -> None:
    """A reader that names neither is joined to neither."""
    makers = repository("a", "job:a/m writes dataset:dbt/one.core.m", "job:a/n writes dataset:dbt/two.core.m")
    reader = repository(
        "c", "job:c/y reads dataset:sql://c/core.m", "job:c/z reads dataset:sql://c/two.core.m"
    )
    joined = {s for s in facts(of(makers, reader)) if s[1] == "same_as"}
    assert joined == {("dataset:sql://c/two.core.m", "same_as", "dataset:dbt/two.core.m")}


def test_a_repositorys_plain_sql_speaks_of_its_own_tables() -> None:
    """Without a schema that says something else."""
    shop = repository(
        "shop",
        table("shop", "orders"),
        "job:shop/r reads dataset:sql://shop/Orders",
        "job:shop/r reads dataset:sql://shop/legacy.orders",
    )
    joined = {s[0] for s in facts(of(shop)) if s[1] == "same_as"}
    assert joined == {"dataset:sql://shop/Orders"}


def test_tables_are_kept_in_the_one_database_that_their_service_uses() -> None:
    """A compose file's database is for trying out; two real ones are not guessed between."""
    shop = repository(
        "shop", table("shop", "orders"), fact("shop", "service:shop uses database:db", "compose.yaml")
    )
    one = repository(
        "platform", "service:shop runs_on deployment:prod/shop", "deployment:prod/shop uses database:shop-db"
    )
    kept = ("dataset:app://shop/orders", "part_of", "database:shop-db")
    assert kept in facts(of(shop, one))
    cache = repository("caches", "service:shop uses database:redis-cart")
    assert kept in facts(of(shop, one, cache))
    two = repository("more", "service:shop uses database:other-db")
    assert not any(s[1] == "part_of" for s in facts(of(shop, one, two)))


def server(*tables: str) -> Repository:
    """A PostgreSQL server's catalogue."""
    found = [table("db:5432", t, t, scheme="x") for t in tables]
    refs = [
        replace(t, dataset=f"dataset:postgres://db:5432/{name}")
        for t, name in zip(found, tables, strict=True)
    ]
    return Repository("db:5432/clinic", "", tuple(refs), is_server=True)


def test_a_servers_tables_are_the_applications_that_has_most_of_them() -> None:
    """Where no other has as many; the server itself is no repository and no service."""
    shop = repository("shop", *(table("shop", t) for t in SHOP))
    got = facts(of(shop, server("clinic.public.orders", "clinic.public.customers", "clinic.other.orders")))
    assert {s for s in got if s[1] == "same_as"} == {
        ("dataset:postgres://db:5432/clinic.public.orders", "same_as", "dataset:app://shop/orders"),
        ("dataset:postgres://db:5432/clinic.public.customers", "same_as", "dataset:app://shop/customers"),
    }
    assert not any(s.startswith(("repo:db", "service:db")) for s, *_ in got)
    twin = repository("twin", *(table("twin", t) for t in SHOP))
    assert not any(s[1] == "same_as" for s in facts(of(shop, twin, server("clinic.public.orders"))))


# -- as a whole -----------------------------------------------------------------------------------
def test_the_order_of_repositories_changes_nothing() -> None:
    """Equal findings, equal deliveries."""
    shop = repository("shop", *(table("shop", t) for t in SHOP), codeowners("shop", "* @ann"))
    wh = warehouse(*(f"wh.raw.shop__{t}" for t in SHOP), "wh.raw_stripe.charge")
    one, other = of(shop, wh), of(wh, shop)
    assert sorted(one.told, key=lambda t: t.repository) == sorted(other.told, key=lambda t: t.repository)


def test_a_fact_that_several_places_state_is_one() -> None:
    """With the first place as evidence."""
    shop = repository("shop", fact("shop", "queue:q exists", "a"), fact("shop", "queue:q exists", "b"))
    (told,) = [t for t in of(shop).told if t.repository == "shop"]
    assert [f for f in told.facts if f.subject == "queue:q"] == [Statement("queue:q", "exists", "", "shop/a")]
