"""What each kind of evidence weighs. One configuration for every system; see decision 018 for what it was fitted on."""

from collections.abc import Mapping

# Log-odds per unit of each column of `design.COLUMNS`.
WEIGHTS: Mapping[str, float] = {
    "slow": 0.26, "slow as alerted": 0.55, "slow at all": 0.1, "slowness begins": 2.6,
    "fails": 0.16, "fails as alerted": 0.98, "fails at all": 0.03, "failures begin": 2.6,
    "resource": 1.4, "loudest resource": 1.0, "network": 1.3, "network share": 1.2,
    "stopped calling": 2.0, "in step": 1.2, "gone": 0.45,
    "explains slowness": 0.7, "explains failures": 1.0, "explains harm": 0.5, "silence between": 1.6,
    "calls more": 0.5,
    "heard": 0.8, "contrast": 0.7, "a change": 0.0,
    "nobody": 3.1, "alert moved": 0.0, "alert still": 0.5, "crowd": 0.5, "heard nothing": 1.0,
}  # fmt: skip
