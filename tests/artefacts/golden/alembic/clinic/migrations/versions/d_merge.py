from alembic import op

revision = "d"
down_revision = ("b1", "c1")


def upgrade():
    op.drop_column("visits", "flag_a")
    op.drop_table("visits")
