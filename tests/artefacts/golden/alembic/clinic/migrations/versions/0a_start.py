import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0a"
down_revision = None

TABLE = "visits"


def upgrade():
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=50), nullable=False, server_default="x"),
        sa.Column("state", sa.Enum("open", "done", name="visit_state"), nullable=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinics.id"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.Column("notes", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", name="uq_code"),
    )
    for name in ("a", "b"):
        op.add_column(TABLE, sa.Column(f"flag_{name}", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade():
    op.drop_table(TABLE)
