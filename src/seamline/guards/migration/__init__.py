"""Rules over one operation of a migration and the table that it meets. See docs/guards/migration.md."""
