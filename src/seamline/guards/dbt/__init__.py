"""Rules over two states of a node of a dbt manifest. See docs/guards/dbt.md."""
