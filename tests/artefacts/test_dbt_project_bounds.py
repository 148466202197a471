"""Templates of a project that is read may be written to take for ever: none does."""

import pytest

from seamline.artefacts import dbt_project
from seamline.model.artefact import Artefact, Query, Unread

_DOUBLED = (
    "{% set ns = namespace(x=START) %}{% for i in range(60) %}{% set ns.x = STEP %}{% endfor %}{{ ns.x }}"
)
_LISTS = _DOUBLED.replace("START", "['a']").replace("STEP", "[ns.x, ns.x]")

TEMPLATES = {
    "a long range": "{% for i in range(10**9) %}{% endfor %}",
    "loops in loops": "{% for i in range(2000) %}" * 4 + "{% endfor %}" * 4,
    "a loop over what it makes longer": "{% set l = [1] %}{% for i in l %}{% do l.append(1) %}{% endfor %}",
    "a text times a number": "{% set n = 1000000000 %}{{ 'a' * n }}",
    "a list times a number": "{% set n = 1000000000 %}{{ n * [0] }}",
    "powers of powers": "{% set n = 99 %}{{ n ** n ** n }}",
    "a macro that calls itself twice": "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
    "a variable that is itself twice": "{{ var('circle') }}{{ 1 // 0 }}",
    "texts that double by ~": _DOUBLED.replace("START", "'a'").replace("STEP", "ns.x ~ ns.x"),
    "texts that double by +": _DOUBLED.replace("START", "'a'").replace("STEP", "ns.x + ns.x"),
    "lists that hold a list twice": _LISTS,
    "tuples that hold a tuple twice, as a key": _LISTS.replace("{{ ns.x }}", "{{ {(ns.x,): 1} }}"),
    "lists compared": _LISTS.replace("{{ ns.x }}", "{{ ns.x == [ns.x[0], ns.x[1]] or ns.x == 1 }}"),
    "a list as JSON": _LISTS.replace("{{ ns.x }}", "{{ tojson(ns.x) }}"),
    "a list that is added to itself": "{% set l=[1] %}{% for i in range(60) %}{% do l.extend(l) %}{% endfor %}",
    "a wide filter": "{{ 'a' | center(1000000000) }}",
    "a wide method": "{{ 'a'.ljust(1000000000) }}",
    "a wide number": "{{ (1).to_bytes(1000000000, 'big') }}",
    "a wide format": "{{ '{:1000000000}'.format(1) }}",
    "a width from elsewhere": "{{ '{:{w}}'.format(1, w=1000000000) }}",
    "a wide conversion": "{% set f = '%1000000000d' %}{{ f % 1 }}",
    "a wide indent": "{{ [[1]] | tojson(indent=1000000000) }}",
    "a power of ten by rounding": "{{ 1 | round(-1000000000) }}",
    "batches that are filled up": "{{ [1] | batch(1000000000, 0) | list }}",
    "each letter a text": "{% set s = 'a' * 1000000 %}{{ s.replace('a', s) }}",
    "joined by a text": "{% set s = 'a' * 1000000 %}{{ range(2000) | join(s) }}",
    "a loop around a long text": "{% for i in range(2000) %}" + "x" * 900_000 + "{% endfor %}",
    "searching a long text often": "{% set s = 'a' * 1000000 %}{% for i in range(2000) %}{{ 'b' in s }}{% endfor %}",
    "ten thousand brackets": "{{ " + "(" * 10_000 + "1" + ")" * 10_000 + " }}",
    "more blocks than Python nests": "{% for i in [1] %}" * 30 + "{% endfor %}" * 30,
    "a number of ten thousand digits": "{{ " + "9" * 10_000 + " }}",
    "another file": "{% include '/etc/passwd' %}",
}  # fmt: skip


def _read(model: str, macros: str = "") -> list[object]:
    project = b"name: p\nvars:\n  circle: \"{{ var('circle') }}{{ var('circle') }}\"\n"
    return list(
        dbt_project.read([
            Artefact("repo", "dbt_project.yml", project),
            Artefact("repo", "macros/own.sql", macros.encode()),
            Artefact("repo", "models/a.sql", model.encode()),
            Artefact("repo", "models/b.sql", b"select id from {{ ref('a') }}"),
        ])
    )  # fmt: skip


@pytest.mark.timeout(120)  # unbounded it would take days
@pytest.mark.parametrize("template", TEMPLATES.values(), ids=list(TEMPLATES))
def test_a_template_that_does_too_much_is_told(template: str) -> None:
    """It costs seconds at most and one line, and the model beside it is read."""
    found = _read(template)
    assert [one.place.path for one in found if isinstance(one, Unread)] == ["models/a.sql"]
    assert [q.sql for q in found if isinstance(q, Query)] == ["", "select id from p.a"]


def test_a_macro_that_does_too_much_is_told_where_it_is_called() -> None:
    """What a macro does is paid by the model."""
    loops = "{% for i in range(2000) %}" * 3 + "{% endfor %}" * 3
    found = _read("{{ busy() }}", "{% macro busy() %}" + loops + "{% endmacro %}")
    assert [one.place.path for one in found if isinstance(one, Unread)] == ["models/a.sql"]


@pytest.mark.parametrize("macros", ["{% macro f() %}{{ " + "9" * 10_000 + " }}{% endmacro %}",
                                    "{% macro f() %}" + "{% for i in [1] %}" * 30 + "{% endfor %}" * 30 + "{% endmacro %}"])  # fmt: skip
def test_a_file_of_macros_that_python_cannot_compile_costs_no_other(macros: str) -> None:
    """The models are read without them."""
    assert [q.sql for q in _read("select 1", macros) if isinstance(q, Query)] == [
        "select 1",
        "select id from p.a",
    ]


@pytest.mark.parametrize("template", [
    "{{ ''.__class__.__mro__ }}", "{{ ''['__class__'] }}", "{{ '' | attr('__class__') }}",
    "{{ '{0.__class__}'.format(1) }}", "{{ ref.__self__ }}", "{{ adapter._project }}", "{{ this._project }}",
    "{{ self.__init__ }}", "{{ cycler.__init__ }}",
])  # fmt: skip
def test_templates_do_not_reach_python(template: str) -> None:
    """An attribute of Python's own prints nothing."""
    assert next(q.sql for q in _read(template) if isinstance(q, Query)).strip() == ""


def test_what_models_do_is_affordable() -> None:
    """Loops, joins, formats with dates in them, and a search in a list are rendered."""
    model = (
        "select {% for c in ['a', 'b'] %}{{ c }}{{ ', ' if not loop.last }}{% endfor %}, {{ ['c', 'd'] | join(', ') }} "
        "from {{ ref('b') }} where at > '{{ '2024-01-%02d' % 5 }}' {% if 'a' in ['a'] %}and {{ 'x' ~ 1 }}{% endif %}"
    )
    sql = next(q.sql for q in _read(model) if isinstance(q, Query))
    assert sql == "select a, b, c, d from p.b where at > '2024-01-05' and x1"


@pytest.mark.timeout(120)  # each by itself they would take an hour
def test_a_projects_templates_share_a_budget() -> None:
    """A thousand models that each do as much as one may are told in seconds."""
    loops = b"{% for i in range(500) %}{% for j in range(500) %}{% endfor %}{% endfor %}"
    models = [Artefact("repo", f"models/m{n:04}.sql", loops) for n in range(1000)]
    found = list(dbt_project.read([Artefact("repo", "dbt_project.yml", b"name: p\n"), *models]))
    assert len([one for one in found if isinstance(one, Unread)]) > 900
