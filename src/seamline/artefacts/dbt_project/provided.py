"""What dbt and its most used packages provide to templates, as SQL that reads the same columns.

Only what a statement reads matters here, not what an engine makes of it: a scalar macro is a function of its arguments.
What writes a list of columns or a relation has a form of its own below.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from seamline.artefacts.dbt_project.jinja import Returned, as_function
from seamline.artefacts.yaml_tree import Broken, trees

# Macros of dbt, dbt_utils and their kin that are functions of what they are given.
_SCALAR = [
    "any_value",
    "array_agg",
    "array_append",
    "array_concat",
    "array_construct",
    "bool_or",
    "cast",
    "cast_bool_to_text",
    "concat",
    "current_timestamp",
    "current_timestamp_backcompat",
    "date",
    "date_trunc",
    "dateadd",
    "datediff",
    "escape_single_quotes",
    "hash",
    "last_day",
    "length",
    "listagg",
    "now",
    "position",
    "replace",
    "right",
    "safe_cast",
    "split_part",
    "string_literal",
    "cast_array_to_string",
    "generate_surrogate_key",
    "get_url_host",
    "get_url_parameter",
    "get_url_path",
    "haversine_distance",
    "nullcheck",
    "safe_add",
    "safe_divide",
    "safe_subtract",
    "surrogate_key",
    "width_bucket",
    "convert_timezone",
    "from_unixtimestamp",
    "today",
    "yesterday",
    "tomorrow",
    "day_name",
    "month_name",
    "week_start",
    "week_end",
    "iso_week_start",
    "period_over_period",
    "n_days_ago",
    "to_unixtimestamp",
]
_TYPES = {
    "type_string": "varchar", "type_timestamp": "timestamp", "type_float": "double", "type_numeric": "numeric(28, 6)",
    "type_bigint": "bigint", "type_int": "int", "type_boolean": "boolean", "type_date": "date",
}  # fmt: skip
_UNITS = frozenset("microsecond millisecond second minute hour day week month quarter year isoweek".split())
_NOTHING = [
    "get_column_values",
    "get_filtered_columns_in_relation",
    "get_relations_by_pattern",
    "get_relations_by_prefix",
    "get_query_results_as_dict",
    "get_tables_by_pattern_sql",
    "get_columns_in_relation",
    "get_single_value",
]  # what only a warehouse knows: an empty list, as while dbt parses
_MOST_COLUMNS = 2_000  # that a statement groups by
PACKAGES = ("dbt", "dbt_utils", "dbt_date", "dbt_expectations", "dbtplyr")


def macros() -> dict[str, Callable[..., object]]:
    """By name, the same in every package."""
    found: dict[str, Callable[..., object]] = {name: _function(name) for name in _SCALAR}
    found |= {name: _constant(type_) for name, type_ in _TYPES.items()}
    found |= dict.fromkeys(_NOTHING, _nothing)
    return found | {
        "star": _star, "group_by": _group_by, "union_relations": _union, "deduplicate": _deduplicate,
        "date_spine": _date_spine, "generate_series": _series, "get_date_dimension": _date_spine,
        "except": _constant("except"), "intersect": _constant("intersect"), "pivot": _pivot, "unpivot": _unpivot,
        "slugify": _slugify, "log_info": _silent, "pretty_log_format": _silent, "pretty_time": _silent,
    }  # fmt: skip


def functions() -> dict[str, object]:
    """What dbt gives every template beside macros, and that needs to know nothing."""
    return {
        "return": _return, "log": _silent, "print": _silent, "doc": _silent, "statement": _silent, "execute": False,
        "run_query": _none, "load_result": _none, "store_result": _silent, "is_incremental": _false,
        "should_full_refresh": _false, "fromjson": _from_json, "tojson": _to_json, "fromyaml": _from_yaml,
        "toyaml": _to_json, "set": _list, "set_strict": _list, "zip": _zip, "zip_strict": _zip,
        "local_md5": _silent, "dbt_version": "1.10.0", "invocation_id": "", "selected_resources": [], "thread_id": "",
    }  # fmt: skip


def _function(name: str) -> Callable[..., object]:
    def call(*args: object, **kwargs: object) -> str:
        given = [_unit(a) for a in (*args, *kwargs.values())]
        return as_function(name, given)

    return call


def _unit(argument: object) -> object:
    """`day` as a text: left bare it would read like a column."""
    return f"'{argument}'" if isinstance(argument, str) and argument.lower() in _UNITS else argument


def _constant(text: str) -> Callable[..., object]:
    def call(*_args: object, **_kwargs: object) -> str:
        return text

    return call


def _nothing(*_args: object, **_kwargs: object) -> list[object]:
    return []


def _silent(*_args: object, **_kwargs: object) -> str:
    return ""


def _none(*_args: object, **_kwargs: object) -> None:
    return None


def _false(*_args: object, **_kwargs: object) -> bool:
    return False


def _return(value: object = None) -> None:
    raise Returned(value)


def _from_json(text: object, default: object = None) -> object:
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError):
        return default


def _from_yaml(text: object, default: object = None) -> object:
    try:
        tree = next(trees(str(text)), None)
    except Broken:
        return default
    return tree.value if tree else default


def _to_json(value: object, *_args: object, **_kwargs: object) -> str:
    try:
        return json.dumps(value, default=str)
    except (ValueError, RecursionError):
        return ""


def _list(values: Any = (), *_args: object) -> list[object]:
    return list(dict.fromkeys(values))


def _zip(*values: Any) -> list[tuple[object, ...]]:
    return list(zip(*values, strict=False))


def _star(_from: object = "", relation_alias: str = "", *_args: object, **kwargs: Any) -> str:
    """`*`, of an alias, less what is left out. Renamed columns are not told: a prefix hides which they are."""
    star = f"{relation_alias}.*" if relation_alias else "*"
    left_out = kwargs.get("except") or (_args[0] if _args else ())
    names = ", ".join(map(str, left_out)) if isinstance(left_out, list | tuple) else ""
    return f"{star} exclude ({names})" if names else star


def _group_by(n: Any = 0) -> str:
    return "group by " + ", ".join(str(i) for i in range(1, min(int(n or 0), _MOST_COLUMNS) + 1))


def _union(relations: Sequence[object] = (), *_args: object, **_kwargs: object) -> str:
    return " union all by name ".join(f"select * from {r}" for r in relations) or "select null"


def _deduplicate(
    relation: object = "", partition_by: str = "1", order_by: str = "1", **_kwargs: object
) -> str:
    return f"select * from {relation} qualify row_number() over (partition by {partition_by} order by {order_by}) = 1"


def _date_spine(datepart: str = "day", *_args: object, **_kwargs: object) -> str:
    return f"select null as date_{datepart}"


def _series(*_args: object, **_kwargs: object) -> str:
    return "select null as generated_number"


def _pivot(column: object = "", values: Sequence[object] = (), *_args: object, **kwargs: Any) -> str:
    then = kwargs.get("then_value", 1)
    cases = [f"sum(case when {column} = '{v}' then {then} end) as \"{v}\"" for v in values]
    return ", ".join(cases) or f"sum({column})"


def _unpivot(relation: object = "", *_args: object, **_kwargs: object) -> str:
    return f"select * from {relation}"


def _slugify(text: object = "") -> str:
    return "".join(c if c.isalnum() else "_" for c in str(text).lower())
