"""The log and the views: SQLite for one machine, PostgreSQL to share, memory for tests and trials."""
