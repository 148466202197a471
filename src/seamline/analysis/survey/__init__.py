"""From what artefacts say to one map: whose is what, which names mean one table, what is left over."""
