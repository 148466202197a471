"""What each kind of evidence weighs. One configuration for every system; see decision 020 for what it was fitted on."""

from collections.abc import Mapping

# Log-odds per unit of each column of `design.COLUMNS`.
WEIGHTS: Mapping[str, float] = {
    "slow": 0.23, "slow as alerted": 0.04, "slow at all": 0.19, "slowness begins": 3.52,
    "fails": 0.0, "fails as alerted": 0.28, "fails at all": 0.0, "failures begin": 2.77,
    "resource": 0.36, "loudest resource": 1.48, "network": 1.16, "network share": 1.9,
    "stopped calling": 1.97, "in step": 1.66, "gone": 0.37,
    "explains slowness": 0.0, "explains failures": 1.67, "explains harm": 1.76, "silence between": 1.71,
    "calls more": 1.25, "silent": 0.0, "moved first": 0.73,
    "heard": 2.02, "contrast": 0.22, "a change": -0.59,
    "nobody": 2.98, "alert moved": 0.24, "alert still": 0.31, "crowd": 2.04, "heard nothing": 1.38, "number of services": 0.27,
}  # fmt: skip
