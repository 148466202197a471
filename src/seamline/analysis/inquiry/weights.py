"""What each kind of evidence weighs. One configuration for every system; see decision 020 for what it was fitted on."""

from collections.abc import Mapping

# Log-odds per unit of each column of `design.COLUMNS`.
WEIGHTS: Mapping[str, float] = {
    "slow": 0.26, "slow as alerted": 0.07, "slow at all": 0.31, "slowness begins": 3.09,
    "fails": 0.0, "fails as alerted": 0.24, "fails at all": 0.0, "failures begin": 2.68,
    "resource": 0.34, "loudest resource": 1.21, "network": 0.94, "network share": 1.57,
    "stopped calling": 1.8, "in step": 1.26, "gone": 0.39,
    "explains slowness": 0.04, "explains failures": 1.56, "explains harm": 1.52, "silence between": 1.35,
    "calls more": 1.24, "silent": 1.0,
    "heard": 1.81, "contrast": 0.3, "a change": -0.45,
    "nobody": 3.02, "alert moved": 0.47, "alert still": 0.31, "crowd": 1.72, "heard nothing": 1.29, "number of services": 0.0,
}  # fmt: skip
