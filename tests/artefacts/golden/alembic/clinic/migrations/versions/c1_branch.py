import sqlalchemy as sa
from alembic import op

revision = "c1"
down_revision = "0a"


def upgrade():
    op.rename_table("clinics", "sites", schema="care")
    op.execute(sa.text("UPDATE visits SET code = upper(code)"))
    visits = sa.table("visits", sa.column("code"))
    op.execute(visits.update().values(code="y"))
    op.execute(f"DROP TABLE {lookup()}")
