"""Load tools' spellings: which copies belong to which application's tables."""

import pytest

from seamline.analysis.survey import templates
from seamline.analysis.survey.templates import Application, Landed
from seamline.model.organisation import TemplateDecl

SHOP = ("orders", "order_lines", "customers", "coupons")


def app(name: str, *tables: str) -> Application:
    return Application(name, {t: f"dataset:app://{name}/{t}" for t in tables}, templates.spellings(name))


def landed(*names: str, source: str = "") -> list[Landed]:
    return [Landed(f"dataset:wh/{name}", tuple(name.split(".")), source) for name in names]


def pairs(found: list[templates.Match]) -> set[tuple[str, str]]:
    """(copy, repository/table), without what stands before them."""
    return {(m.landed.removeprefix("dataset:wh/"), m.table.removeprefix("dataset:app://")) for m in found}


def spelled(pattern: str, repository: str, tables: tuple[str, ...]) -> set[tuple[str, str]]:
    return {(pattern.format(table=t), f"{repository}/{t}") for t in tables}


@pytest.mark.parametrize(
    "pattern",
    [
        "dwh.raw.raw__shop__app__postgres__{table}",
        "dwh.shop_public.{table}",
        "dwh.fivetran_shop.{table}",
        "shop.public.{table}",
        "dwh.airbyte.shop_{table}",
        "dwh.airbyte._airbyte_raw_shop_{table}",
        "dwh.raw.{table}__shop_v1",
        "dwh.RAW.SHOP__{table}",
    ],
)
def test_a_spelling_that_names_the_application_is_found(pattern: str) -> None:
    """Airbyte's, Fivetran's, Stitch's and Debezium's usual ways, and people's own."""
    copies = [pattern.format(table=t) for t in SHOP]
    assert pairs(templates.found(landed(*copies), [app("shop", *SHOP)])) == spelled(pattern, "shop", SHOP)


def test_the_readers_word_for_a_source_names_the_application() -> None:
    """A dbt source called `shop` says whose plain tables they are."""
    copies = landed(*(f"dwh.raw.{t}" for t in SHOP), source="shop")
    assert len(templates.found(copies, [app("shop", *SHOP)])) == len(SHOP)


def test_two_applications_with_the_same_tables_are_told_apart_by_their_names() -> None:
    """Each copy goes to the application that its spelling names."""
    apps = [app("shop", *SHOP), app("store", *SHOP)]
    patterns = {"shop": "dwh.raw.raw__shop__{table}", "store": "dwh.raw.raw__store__{table}"}
    copies = [p.format(table=t) for p in patterns.values() for t in SHOP]
    expected = spelled(patterns["shop"], "shop", SHOP) | spelled(patterns["store"], "store", SHOP)
    assert pairs(templates.found(landed(*copies), apps)) == expected


def test_a_name_that_is_half_said_does_where_the_tables_fit() -> None:
    """`xpro` ends `mitxpro` and nobody else's name."""
    apps = [app("mitxpro", *SHOP), app("mitxonline", *SHOP[:3], "other")]
    pattern = "dwh.raw.raw__xpro__app__{table}"
    got = pairs(templates.found(landed(*(pattern.format(table=t) for t in SHOP)), apps))
    assert got == spelled(pattern, "mitxpro", SHOP)


def test_a_plain_table_in_a_schema_that_names_nobody_is_not_guessed() -> None:
    """Every second company has orders, customers and coupons."""
    assert templates.found(landed(*(f"dwh.raw.{t}" for t in SHOP)), [app("shop", *SHOP)]) == []


def test_a_spelling_that_names_another_repository_is_not_taken() -> None:
    """Whoever's tables fit, the copies are said to be somebody else's."""
    copies = landed(*(f"dwh.raw.raw__billing__{t}" for t in SHOP))
    assert templates.found(copies, [app("shop", *SHOP), app("billing", "invoices")]) == []


def test_tables_of_an_application_that_was_not_read_are_not_given_to_its_sister() -> None:
    """Both are made with one framework: most of their tables are called alike."""
    copies = [f"raw.{name}__{t}" for name in ("shop", "depot") for t in SHOP]
    found = pairs(templates.found(landed(*copies), [app("acme/shop", *SHOP, "users", "groups")]))
    assert found == spelled("raw.shop__{table}", "acme/shop", SHOP)


def test_as_good_a_fit_of_two_is_none() -> None:
    """A prefix without a name and two applications with the same tables: a person has to say."""
    copies = landed(*(f"dwh.raw.src_{t}" for t in SHOP))
    assert templates.found(copies, [app("shop", *SHOP), app("store", *SHOP)]) == []


def test_fewer_than_three_are_no_spelling() -> None:
    """Two tables may be called alike by chance."""
    copies = landed("dwh.raw.shop__orders", "dwh.raw.shop__customers")
    assert templates.found(copies, [app("shop", *SHOP)]) == []


def test_a_copy_has_one_original() -> None:
    """Where several spellings fit, that of most tables counts, whatever the order of the input."""
    tables = (*SHOP, "lines", "order")
    copies = [f"dwh.raw.shop__{t}" for t in SHOP]
    for order in (copies, copies[::-1]):
        got = templates.found(landed(*order), [app("shop", *tables)])
        assert pairs(got) == spelled("dwh.raw.shop__{table}", "shop", SHOP)


def test_the_evidence_says_how_many_fit() -> None:
    """A reader can judge the join."""
    copies = landed(*(f"dwh.raw.shop__{t}" for t in SHOP[:3]))
    evidence = {m.evidence for m in templates.found(copies, [app("shop", *SHOP)])}
    assert evidence == {"template shop__{table} in dwh.raw: 3 of 4 tables of shop fit"}


@pytest.mark.parametrize(
    ("template", "copy"),
    [
        (TemplateDecl("raw__{app}__app__postgres__{table}"), "dwh.raw.raw__shop__app__postgres__orders"),
        (TemplateDecl("{app}_public.{table}"), "dwh.shop_public.orders"),
        (TemplateDecl("{db}.{schema}.{app}_{table}"), "a.b.shop_orders"),
        (TemplateDecl("legacy_{table}", app="shop"), "dwh.raw.legacy_orders"),
        (TemplateDecl("{app}.{app}_{table}"), "x.shop.shop_orders"),
        (TemplateDecl("RAW_{app}_{table}"), "dwh.raw.raw_shop_ORDERS"),
    ],
)
def test_a_declared_template_is_taken_at_its_word(template: TemplateDecl, copy: str) -> None:
    """One table is enough."""
    (match,) = templates.declared(landed(copy), [app("shop", "orders")], [template])
    assert (match.table, match.how) == ("dataset:app://shop/orders", "declared")


@pytest.mark.parametrize(
    "copy", ["dwh.raw.raw__other__orders", "dwh.raw.raw__shop__nothing", "dwh.raw.orders"]
)
def test_a_declared_template_joins_what_is_there(copy: str) -> None:
    """Neither an unknown application nor an unknown table is made up."""
    assert (
        templates.declared(landed(copy), [app("shop", "orders")], [TemplateDecl("raw__{app}__{table}")]) == []
    )


@pytest.mark.parametrize("match", ["raw__{app}", "{table}", "{table}_{table}_{app}", "{tabel}_{app}"])
def test_a_template_that_cannot_be_meant_is_refused(match: str) -> None:
    """With what to write instead."""
    refused = templates.refusal(match, "")
    assert refused is not None
    assert all(refused)


@pytest.mark.parametrize("name", ["", "_" * 3000, "a_" * 3000, "(((", "ü__ß", "{table}"])
def test_odd_names_are_no_trouble(name: str) -> None:
    """Names may hold anything."""
    copies = [Landed("dataset:wh/x", ("dwh", name or "x"))]
    assert templates.found(copies, [app("shop", *SHOP)]) == []
    assert templates.declared(copies, [app("shop", *SHOP)], [TemplateDecl("({app}.{table}")]) == []
