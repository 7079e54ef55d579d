"""Causes faults and looks at what is left: run.py BINARY SIMULATE [--seed N] [--kills N] [--only CASE...]"""

import common
import disk
import inputs
import kills
import limits
import plans

if __name__ == "__main__":
    common.main({**plans.CASES, **kills.CASES, **disk.CASES, **inputs.CASES, **limits.CASES})
