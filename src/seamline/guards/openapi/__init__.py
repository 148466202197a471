"""Rules over two states of an OpenAPI document, 3.0 and 3.1; Swagger 2.0 comes in the form of 3.

Ids, directions and what is grave are oasdiff's, with the severities of its 1.31: required request properties break
even with a default (1.25), optional response properties that go are for their readers to judge, a new branch or value
in a response and a security scope more break (1.30), a bound that goes from a response breaks (1.31).
"""

RULES = "oasdiff 1.31 vocabulary"  # recorded in the evidence of each finding
