revision = "e"
def upgrade(:
