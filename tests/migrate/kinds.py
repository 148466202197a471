"""One plan for each kind of operation, with the table it works on and what has to be true in the end."""

from dataclasses import dataclass

TABLE = """
CREATE TABLE dept (id int PRIMARY KEY, name text);
INSERT INTO dept SELECT g, 'd' || g FROM generate_series(0, 9) g;
CREATE TABLE enc (id bigserial PRIMARY KEY, dept int NOT NULL, amount int NOT NULL DEFAULT 5, code varchar(20),
  name text NOT NULL, note text, first text, last text);
INSERT INTO enc (dept, amount, code, name, note, first, last)
SELECT g % 10, g, 'c' || g, 'given' || g || ' family' || g, nullif('n' || g % 7, 'n0'), 'f' || g, 'l' || g
FROM generate_series(1, 2000) g;
CREATE INDEX enc_amount ON enc (amount DESC, dept);
CREATE UNIQUE INDEX enc_code ON enc (code);
CREATE INDEX enc_old ON enc (note);
ALTER TABLE enc ADD CONSTRAINT enc_amount_check CHECK (amount >= 0);
COMMENT ON COLUMN enc.amount IS 'in cents';
GRANT SELECT, INSERT, UPDATE, DELETE ON enc TO client;
GRANT USAGE ON SEQUENCE enc_id_seq TO client;
ANALYZE enc;
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """`old`, `new`: a statement that each version may write; `proof`: true for every row once it is done."""

    change: str
    proof: str
    old: str = "INSERT INTO enc (dept, amount, code, name) VALUES (1, 42, 'x' || gen_random_uuid()::text::varchar(18), 'a b')"
    new: str = ""
    table: str = "enc"
    more: str = ""
    setup: str = ""  # before the plan

    @property
    def works_on(self) -> str:
        """The table by its old name."""
        return "dept" if self.table == "dept" else "enc"


_INSERT = "INSERT INTO m.enc (dept, amount, code, name) VALUES (2, 43, left('y' || gen_random_uuid()::text, 19), 'c d')"
_OLD = "INSERT INTO enc (dept, amount, code, name) VALUES (1, 42, left('x' || gen_random_uuid()::text, 19), 'a b')"

KINDS = {
    "change_type": Kind(
        "  - change_type: {table: enc, column: amount, to: bigint, up: 'amount::bigint', down: 'amount_new::int'}",
        "pg_typeof(amount) = 'bigint'::regtype AND amount >= 0", _OLD, _INSERT,
    ),
    "change_type of a unique column": Kind(
        "  - change_type: {table: enc, column: code, to: text, engine: E1}", "pg_typeof(code) = 'text'::regtype", _OLD, _INSERT,
        more="code: {soak: 0s}",
    ),
    "widen": Kind(
        "  - change_type: {table: enc, column: code, to: varchar(40)}", "length(code) > 1", _OLD,
    ),
    "add_column": Kind("  - add_column: {table: enc, name: kind, type: text, default: \"'a'\", not_null: true}", "kind = 'a'", _OLD),
    "add_column computed": Kind(
        "  - add_column: {table: enc, name: total, type: bigint, up: 'amount * 2', not_null: true}",
        "total = amount * 2", _OLD,
    ),
    "add_column volatile": Kind(
        "  - add_column: {table: enc, name: token, type: uuid, default: 'gen_random_uuid()', not_null: true}",
        "token IS NOT NULL", _OLD,
    ),
    "drop_column": Kind(
        "  - drop_column: {table: enc, column: name, down: \"'unknown'\"}", "true", _OLD,
        "INSERT INTO m.enc (dept, amount) VALUES (3, 1)",
    ),
    "rename_column": Kind(
        "  - rename_column: {table: enc, column: amount, to: cents}", "cents >= 0", _OLD,
        "INSERT INTO m.enc (dept, cents, name) VALUES (3, 1, 'e f')",
    ),
    "rename_column on the table": Kind(
        "  - rename_column: {table: enc, column: note, to: remark}", "remark IS NULL OR remark LIKE 'n%'", _OLD,
        "INSERT INTO m.enc (dept, name, remark) VALUES (3, 'e f', 'n')", more="code: {soak: 0s, clients: table}",
    ),
    "rename_table": Kind(
        "  - rename_table: {table: enc, to: encounter}", "id > 0", _OLD,
        "INSERT INTO encounter (dept, amount, name) VALUES (3, 1, 'e f')", "encounter",
    ),
    "set_not_null": Kind("  - set_not_null: {table: enc, column: first, up: \"coalesce(first, '')\"}", "first IS NOT NULL", _OLD, _INSERT.replace("name)", "name, first)").replace("'c d')", "'c d', 'q')")),
    "set_not_null without twin": Kind("  - set_not_null: {table: dept, column: name}", "name IS NOT NULL", "INSERT INTO dept SELECT max(id) + 1, 'z' FROM dept", table="dept"),
    "drop_not_null": Kind("  - drop_not_null: {table: enc, column: name}", "true", _OLD),
    "add_check": Kind("  - add_check: {table: enc, name: positive, check: 'amount > 0'}", "amount > 0", _OLD),
    "add_foreign_key": Kind(
        "  - add_foreign_key: {table: enc, name: enc_dept, columns: [dept], references: dept}", "dept < 10", _OLD
    ),
    "add_unique": Kind("  - add_unique: {table: enc, name: one_code, columns: [code]}", "true", _OLD),
    "add_index": Kind(
        "  - add_index: {table: enc, name: by_name, columns: ['lower(name)', dept], where: 'amount > 3'}", "true", _OLD
    ),
    "drop_index": Kind("  - drop_index: {table: enc, index: enc_old}", "true", _OLD),
    "split_column": Kind(
        "  - split_column: {table: enc, column: name, into: {given: {type: text, up: \"split_part(name, ' ', 1)\"}, "
        "family: {type: text, up: \"split_part(name, ' ', 2)\"}}, down: \"given || ' ' || family\"}",
        "given <> '' AND family <> ''", _OLD, "INSERT INTO m.enc (dept, given, family) VALUES (3, 'g', 'h')",
    ),
    "merge_columns": Kind(
        "  - merge_columns: {table: enc, columns: [first, last], name: whole, type: text, up: \"first || '/' || last\", "
        "down: {first: \"split_part(whole, '/', 1)\", last: \"split_part(whole, '/', 2)\"}}",
        "whole IS NULL OR whole LIKE '%/%'", _OLD.replace("name)", "name, first, last)").replace("'a b')", "'a b', 'p', 'q')"),
        "INSERT INTO m.enc (dept, name, whole) VALUES (3, 'g h', 'r/s')",
    ),
    "shadow": Kind(
        "  - change_type: {table: enc, column: amount, to: bigint, engine: E2}",
        "pg_typeof(amount) = 'bigint'::regtype AND amount >= 0", _OLD,
    ),
    "shadow of a primary key": Kind(
        "  - change_type: {table: dept, column: id, to: bigint}", "pg_typeof(id) = 'bigint'::regtype",
        "INSERT INTO dept SELECT max(id) + 1, 'z' FROM dept", table="dept",
    ),
    "partition_table": Kind(
        "  - partition_table: {table: enc, by: RANGE (id), partitions: {enc_1: FOR VALUES FROM (1) TO (1000), "
        "enc_2: DEFAULT}}",
        "tableoid::regclass::text LIKE 'enc_%'", _OLD.replace("code, name)", "name)").replace("left('x' || gen_random_uuid()::text, 19), ", ""),
        setup="DROP INDEX enc_code",
    ),
    "partition_table with another key": Kind(
        "  - partition_table: {table: enc, by: LIST (dept), key: [id, dept], partitions: {enc_odd: 'FOR VALUES IN (1, 3, 5)', "
        "enc_even: DEFAULT}}",
        "(dept IN (1, 3, 5)) = (tableoid::regclass::text = 'enc_odd')", _OLD,
        setup="DROP INDEX enc_code",
    ),
    "several": Kind(
        "  - change_type: {table: enc, column: amount, to: numeric, down: 'amount_new::int'}\n"
        "  - add_column: {table: enc, name: kind, type: text, default: \"'a'\"}\n"
        "  - rename_column: {table: enc, column: note, to: remark}\n"
        "  - add_index: {table: enc, name: by_kind, columns: [kind, id]}\n"
        "  - add_check: {table: dept, name: named, check: \"name <> ''\"}",
        "kind = 'a' AND pg_typeof(amount) = 'numeric'::regtype", _OLD,
        "INSERT INTO m.enc (dept, amount, name, remark) VALUES (3, 1, 'e f', 'n')",
    ),
}  # fmt: skip
