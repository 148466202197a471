"""What is done to the table: the statement that anybody would write, and the plan for the conductor."""

import json
from collections.abc import Mapping

from msgspec import Struct

from seamline.bench.migrate.ledger import Shape

OWNER = "ana@clinic.invalid"
WAITED_S = 12.0  # how long the report reads that some operations stand behind


class Operation(Struct, frozen=True):
    """One operation on `enc`. `naive` are its statements, each a transaction of its own.

    `after`: where the rows are seen, and what the amount is called, once it is done. `rewrites`: naively the whole
    table is written anew. `reader_s`: it is begun behind a report that reads for so long. `in_step`: what holds of a
    row whose `{twin}` is filled. `engine`: the one that has to be used, any where none is named.
    """

    name: str
    naive: tuple[str, ...]
    change: Mapping[str, object]
    after: Shape = Shape("new")
    rewrites: bool = False
    reader_s: float = 0.0
    in_step: str = ""
    engine: str = ""

    def plan(self, name: str, *, soak: str = "1s", budget: str = "60m") -> str:
        """The plan as a document; JSON is YAML."""
        return json.dumps(
            {
                "migration": name,
                "owner": OWNER,
                "budget": budget,
                "change": [self.change],
                "code": {"old": "api@1", "new": "api@2", "soak": soak},
            },
            indent=1,
        )


def _one_transaction(*statements: str) -> str:
    """Sent as one message, statements are one transaction."""
    return "; ".join(statements)


_TYPE = {
    "table": "enc",
    "column": "amount",
    "to": "bigint",
    "up": "amount::bigint",
    "down": "amount_new::int",
}
_TO_BIGINT = ("ALTER TABLE enc ALTER COLUMN amount TYPE bigint",)

ALL: Mapping[str, Operation] = {
    each.name: each
    for each in (
        Operation("type-e1", _TO_BIGINT, {"change_type": {**_TYPE, "engine": "E1"}}, rewrites=True, in_step="{twin} = amount", engine="E1"),
        Operation("type-e2", _TO_BIGINT, {"change_type": {**_TYPE, "engine": "E2"}}, rewrites=True, engine="E2"),
        Operation(
            "volatile",
            ("ALTER TABLE enc ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid()",),
            {"add_column": {"table": "enc", "name": "token", "type": "uuid", "default": "gen_random_uuid()", "not_null": True}},
            rewrites=True,
            in_step="{twin} IS NOT NULL",
        ),
        Operation(
            "computed",
            (
                _one_transaction(
                    "ALTER TABLE enc ADD COLUMN cents bigint", "UPDATE enc SET cents = amount::bigint * 100"
                ),
            ),
            {"add_column": {"table": "enc", "name": "cents", "type": "bigint", "up": "amount::bigint * 100"}},
            rewrites=True,
            in_step="{twin} = amount * 100",
        ),
        Operation(
            "not-null", ("ALTER TABLE enc ALTER COLUMN ward SET NOT NULL",), {"set_not_null": {"table": "enc", "column": "ward"}}
        ),
        Operation(
            "index",
            ("CREATE INDEX enc_ward_at ON enc (ward, at)",),
            {"add_index": {"table": "enc", "name": "enc_ward_at", "columns": ["ward", "at"]}},
        ),
        Operation(
            "unique",
            ("ALTER TABLE enc ADD CONSTRAINT enc_note UNIQUE (note)",),
            {"add_unique": {"table": "enc", "name": "enc_note", "columns": ["note"]}},
        ),
        Operation(
            "check",
            ("ALTER TABLE enc ADD CONSTRAINT enc_amount CHECK (amount >= 0)",),
            {"add_check": {"table": "enc", "name": "enc_amount", "check": "amount >= 0"}},
        ),
        Operation(
            "foreign-key",
            ("ALTER TABLE enc ADD CONSTRAINT enc_to_patient FOREIGN KEY (patient_id) REFERENCES patient (id)",),
            {
                "add_foreign_key": {
                    "table": "enc", "name": "enc_to_patient", "columns": ["patient_id"], "references": "patient",
                    "ref_columns": ["id"],
                }
            },
        ),
        Operation(
            "rename",
            ("ALTER TABLE enc RENAME COLUMN amount TO total",),
            {"rename_column": {"table": "enc", "column": "amount", "to": "total"}},
            after=Shape("new", amount="total"),
        ),
        Operation(
            "constant",
            ("ALTER TABLE enc ADD COLUMN flag int DEFAULT 0",),
            {"add_column": {"table": "enc", "name": "flag", "type": "int", "default": "0"}},
        ),
        Operation(
            "reader",
            ("ALTER TABLE enc ADD COLUMN flag int DEFAULT 0",),
            {"add_column": {"table": "enc", "name": "flag", "type": "int", "default": "0"}},
            reader_s=WAITED_S,
        ),
    )
}  # fmt: skip
