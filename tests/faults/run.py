"""Causes faults and looks at what is left: run.py BINARY SIMULATE [--seed N] [--long] [--kills N] [--only CASE...]"""

import changes
import common
import disk
import hostile
import inputs
import kills
import limits
import machine
import plans
import tampered

if __name__ == "__main__":
    modules = (kills, disk, inputs, machine, changes, tampered, plans, hostile, limits)
    common.main({name: case for module in modules for name, case in module.CASES.items()})
