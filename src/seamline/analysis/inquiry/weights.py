"""What each kind of evidence weighs. One configuration for every system; see decision 020 for what it was fitted on."""

from collections.abc import Mapping

# Log-odds per unit of each column of `design.COLUMNS`.
WEIGHTS: Mapping[str, float] = {
    "slow": 0.17, "slow as alerted": 0.0, "slow at all": 0.1, "slowness begins": 3.76,
    "fails": 0.0, "fails as alerted": 0.0, "fails at all": 0.0, "failures begin": 2.54,
    "resource": 0.26, "loudest resource": 1.5, "network": 0.87, "network share": 2.16,
    "stopped calling": 1.84, "in step": 1.44, "gone": 0.35,
    "explains slowness": 0.0, "explains failures": 1.58, "explains harm": 1.57, "silence between": 1.72,
    "calls more": 1.25, "silent": 0.0, "moved first": 0.47, "filled up": 0.4,
    "heard": 1.96, "contrast": 1.04, "a change": 1.78,
    "nobody": 2.91, "alert moved": -0.15, "alert still": 0.1, "crowd": 2.12, "heard nothing": 1.48, "number of services": 0.24,
}  # fmt: skip
