"""Rules over two states of an Avro schema: whether one side can still read what the other writes."""

RULES = "Avro 1.12 schema resolution"  # recorded in the evidence of each finding
