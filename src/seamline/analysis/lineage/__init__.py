"""Which column comes from which, and what breaks without it."""
