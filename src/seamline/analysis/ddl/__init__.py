"""What SQL and migrations do to tables: statements to operations, and the tables that follow from them.

`read.steps` turns SQL text into steps. `schema.Schema` applies steps in order: it fills in what a step leaves out (the
type that a column had, the columns of a constraint known by its name) and holds the tables as they are afterwards.
Readers of other languages make steps of their own and hand them to the same `Schema`.
"""
