"""What each kind of evidence weighs. One configuration for every system; see decision 020 for what it was fitted on."""

from collections.abc import Mapping

# Log-odds per unit of each column of `design.COLUMNS`.
WEIGHTS: Mapping[str, float] = {
    "slow": 0.07, "slow as alerted": 0.07, "slow at all": 0.08, "slowness begins": 4.32,
    "fails": 0.0, "fails as alerted": 0.06, "fails at all": 0.0, "failures begin": 2.72,
    "resource": 0.42, "loudest resource": 1.96, "network": 0.89, "network share": 2.59,
    "stopped calling": 2.44, "in step": 1.99, "gone": 0.31,
    "explains slowness": 0.0, "explains failures": 1.51, "explains harm": 1.13, "silence between": 1.71,
    "calls more": 1.15, "silent": 0.0, "moved first": 0.98, "filled up": 0.4,
    "heard": 2.04, "contrast": 0.92, "a change": 3.34,
    "nobody": 4.4, "alert moved": -0.31, "alert still": -0.44, "crowd": 2.2, "heard nothing": 1.67, "number of services": 0.44,
}  # fmt: skip
