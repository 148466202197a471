"""What platform artefacts mean: quantities, addresses, pools, secrets, objects and the sets they are deployed in.

Pure views over plain data. Readers turn them into findings, rules hold two states of them against each other; both
have to mean the same by "the pods of a service" or "the pool in this environment". Whatever a manifest holds, a view
answers with what is there: a field of the wrong type counts as absent.
"""
