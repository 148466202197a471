"""Rules over two states of a protobuf package, by buf's rule ids.

What breaks the binary or the JSON form (buf's WIRE_JSON, the least that buf recommends) holds; what breaks only generated code
(FILE, PACKAGE) is a note. Beyond buf's categories a method or service that is gone holds too: calls of it fail.
"""

RULES = "buf v2 breaking rules (1.72), WIRE_JSON"  # recorded in the evidence of each finding
