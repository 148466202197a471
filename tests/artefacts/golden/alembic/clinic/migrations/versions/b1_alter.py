"""Narrow the code."""

import sqlalchemy as sa
from alembic import op

revision: str = "b1"
down_revision: str = "0a"


def _shorten(table, column, length):
    op.alter_column(table, column, type_=sa.String(length), existing_type=sa.String(50))


def upgrade() -> None:
    _shorten("visits", "code", 20)
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.alter_column("clinic_id", nullable=True, new_column_name="site_id")
        batch_op.drop_constraint("uq_code", type_="unique")
        batch_op.create_index(batch_op.f("ix_site"), ["site_id"], unique=False)
        batch_op.add_column(sa.Column("weight", sa.Numeric(8, 2), nullable=False))
    op.execute("ALTER TYPE visit_state ADD VALUE 'void'")
    if op.get_bind().dialect.name == "mysql":
        op.drop_table("never")


def downgrade() -> None:
    op.drop_column("visits", "weight")
