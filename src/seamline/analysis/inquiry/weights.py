"""What each kind of evidence weighs. One configuration for every system; see decision 018 for what it was fitted on."""

from collections.abc import Mapping

# Log-odds per unit of each term of `evidence.TERMS`.
WEIGHTS: Mapping[str, float] = {
    "slow": 0.2, "slow as alerted": 0.7, "slow at all": 0.5, "slowness begins": 2.5,
    "fails": 0.2, "fails as alerted": 0.9, "fails at all": 0.45, "failures begin": 2.3,
    "resource": 1.4, "loudest resource": 1.0, "network": 1.0, "network share": 1.0,
    "stopped calling": 2.0, "in step": 1.2, "gone": 0.5,
    "explains slowness": 1.0, "explains failures": 1.0, "silence between": 0.7,
}  # fmt: skip
LOGS = 0.8  # of a nat that log lines or spans speak
CONTRAST = 0.7  # of a nat that pods of two versions speak
NOBODY = 3.3  # log-odds of *nobody here* against a service of which nothing speaks
QUIET = 0.5  # when the alerted series did not move at all
SURGE = 0.5  # for each unit by which more was asked of the alerted entity
ALERTED = -0.4  # for each unit by which the alerted series itself moved
CHANGE = 0.5  # log-odds of a change against a fault without one in the same service, when nothing else speaks
SHARED = 0.6  # of what is seen at a service speaks for a change of it
