"""What each kind of evidence weighs. One configuration for every system; see decision 020 for what it was fitted on."""

from collections.abc import Mapping

# Log-odds per unit of each column of `design.COLUMNS`.
WEIGHTS: Mapping[str, float] = {
    "slow": 0.18, "slow as alerted": 0.0, "slow at all": 0.08, "slowness begins": 4.08,
    "fails": 0.0, "fails as alerted": 0.15, "fails at all": 0.0, "failures begin": 2.66,
    "resource": 0.42, "loudest resource": 1.78, "network": 0.92, "network share": 2.38,
    "stopped calling": 1.92, "in step": 1.68, "gone": 0.33,
    "explains slowness": 0.0, "explains failures": 1.58, "explains harm": 1.36, "silence between": 1.67,
    "calls more": 1.19, "silent": 0.0, "moved first": 0.7, "filled up": 0.4,
    "heard": 1.98, "contrast": 1.02, "a change": 2.67,
    "nobody": 2.98, "alert moved": -0.22, "alert still": -0.2, "crowd": 2.15, "heard nothing": 1.57, "number of services": 0.36,
}  # fmt: skip
