"""Rules over two states of a JSON Schema, draft 4 to 2020-12.

The comparison of schemas in here (`_references`, `_shape`, `_steps`, `_graph`) is also what the OpenAPI rules stand on.
"""

RULES = (
    "json-schema rules 1"  # raised with every change of what holds; recorded in the evidence of each finding
)
