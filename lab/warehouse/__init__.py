"""The clinic's data pipeline: PostgreSQL to DuckDB, dbt, published reports, telling OpenLineage."""
