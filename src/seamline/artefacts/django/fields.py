"""Fields of Django's models as columns of PostgreSQL."""

from typing import Literal

from seamline.artefacts.python_values import Call

FieldKind = Literal["column", "foreign_key", "many_to_many", "none"]

_TYPES: dict[str, str] = {
    "AutoField": "integer", "BigAutoField": "bigint", "SmallAutoField": "smallint", "BigIntegerField": "bigint",
    "PositiveBigIntegerField": "bigint", "IntegerField": "integer", "PositiveIntegerField": "integer",
    "SmallIntegerField": "smallint", "PositiveSmallIntegerField": "smallint", "BooleanField": "boolean",
    "NullBooleanField": "boolean", "DateField": "date", "DateTimeField": "timestamp with time zone",
    "TimeField": "time", "DurationField": "interval", "FloatField": "double precision", "BinaryField": "blob",
    "UUIDField": "uuid", "JSONField": "jsonb", "TextField": "text", "GenericIPAddressField": "inet",
    "IPAddressField": "inet", "HStoreField": "hstore", "SearchVectorField": "tsvector", "CITextField": "citext",
    "CICharField": "citext", "CIEmailField": "citext", "IntegerRangeField": "int4range", "BigIntegerRangeField": "int8range",
    "DecimalRangeField": "numrange", "DateTimeRangeField": "tstzrange", "DateRangeField": "daterange",
    "RichTextField": "text", "StreamField": "jsonb", "MarkdownField": "text", "PointField": "geometry(Point,4326)",
}  # fmt: skip
_LENGTHS = {
    "CharField": "", "EmailField": "254", "URLField": "200", "SlugField": "50", "FileField": "100",
    "ImageField": "100", "FilePathField": "100", "CommaSeparatedIntegerField": "", "CountryField": "2",
}  # fmt: skip
_AUTO = ("AutoField", "BigAutoField", "SmallAutoField")
_LINKS = (
    "ForeignKey",
    "OneToOneField",
    "ParentalKey",
    "TreeForeignKey",
    "TreeOneToOneField",
    "AutoOneToOneField",
)
_NO_COLUMN = ("GenericRelation", "GenericForeignKey", "CompositePrimaryKey", "TaggableManager")
_EMPTY_TEXT = (*_LENGTHS, "TextField")


def kind_of_field(field: Call) -> FieldKind:
    """Whether a field is a column, a reference, a table of its own, or none of these."""
    name = field.last
    if name in _NO_COLUMN or name.endswith(("Manager", "Relation")):
        return "none"
    if "ManyToMany" in name:
        return "none" if field.kwargs.get("through") else "many_to_many"
    if name in _LINKS or name.endswith("ForeignKey") or "to" in field.kwargs:
        return "foreign_key"
    return "column"


def column_name(name: str, field: Call) -> str:
    """The column of a field: `db_column`, `{field}_id` of a reference, else the field's own name."""
    given = field.kwargs.get("db_column")
    if isinstance(given, str) and given:
        return given
    return f"{name}_id" if kind_of_field(field) == "foreign_key" else name


def column_type(field: Call) -> str:
    """The type of a field that is no reference; "" for one of a class that is not Django's."""
    name = field.last
    if name in _LENGTHS:
        length = field.kwargs.get("max_length", _LENGTHS[name])
        return f"varchar({length})" if isinstance(length, int) or length else "text"
    if name == "DecimalField":
        digits, scale = field.get(2, "max_digits"), field.get(3, "decimal_places")
        return (
            f"numeric({digits},{scale})" if isinstance(digits, int) and isinstance(scale, int) else "numeric"
        )
    if name in ("ArrayField", "GeneratedField"):
        inner = field.get(0, "base_field") if name == "ArrayField" else field.kwargs.get("output_field")
        of = column_type(inner) if isinstance(inner, Call) else ""
        return of + ("[]" if of and name == "ArrayField" else "")
    return _TYPES.get(name, "") or _like(field)


def _like(field: Call) -> str:
    """The type of a field of the project's own that is called after one of Django's: `TrimmedCharField`."""
    if "Encrypted" in field.last:
        return ""  # what is kept is not what is said
    known = [name for name in (*_TYPES, *_LENGTHS) if field.last.endswith(name) and field.last != name]
    if not known:
        return ""
    return column_type(Call(max(known, key=len), field.args, field.kwargs, field.line))


def nullable(field: Call) -> bool:
    return bool(field.kwargs.get("null")) or field.last == "NullBooleanField"


def database_default(field: Call) -> bool:
    """Whether the database itself fills the column in. Django's `default` is the application's alone."""
    return field.last in _AUTO or "db_default" in field.kwargs or field.last == "GeneratedField"


def filled(field: Call) -> bool:
    """Whether Django fills the rows that are there when it adds the column."""
    keywords = field.kwargs
    if (
        any(word in keywords for word in ("default", "db_default"))
        or keywords.get("auto_now")
        or keywords.get("auto_now_add")
    ):
        return True
    return bool(keywords.get("blank")) and field.last in _EMPTY_TEXT


def unique(field: Call) -> bool:
    return bool(field.kwargs.get("unique")) or (field.last == "OneToOneField" and not primary(field))


def primary(field: Call) -> bool:
    return bool(field.kwargs.get("primary_key"))


def choices(field: Call) -> tuple[str, ...] | None:
    """The values that a field may have as far as they are written out, groups unfolded; None where they are not."""
    listed = field.kwargs.get("choices")
    if not isinstance(listed, list | tuple):
        return None
    out: list[str] = []
    for choice in listed:
        if not isinstance(choice, list | tuple) or len(choice) != 2:
            return None
        inner = choice[1] if isinstance(choice[1], list | tuple) else (choice,)
        values = [pair[0] for pair in inner if isinstance(pair, list | tuple) and pair]
        if not all(isinstance(item, str | int) for item in values):
            return None
        out.extend(str(item) for item in values)
    return tuple(out)
