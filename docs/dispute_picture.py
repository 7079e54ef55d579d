#!/usr/bin/env python3
"""Draws docs/dispute-2024.png from the table of `cocal trend` (national).

    dispute_picture.py trend.csv -o docs/dispute-2024.png

Level, rate and gross gain of the published series, with the 95 % intervals of the table. Needs matplotlib (benches/peers/requirements.txt).
"""

import argparse
import csv

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#777777"


def column(rows, name):
    return [float(row[name]) if row[name] else float("nan") for row in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trend")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    with open(options.trend, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["series"] == "published"]
    years = [int(row["year"]) for row in rows]
    get = lambda name: column(rows, name)
    figure, axes = plt.subplots(3, 1, figsize=(8, 8.4), sharex=True, constrained_layout=True)

    thousand = lambda values: [v / 1000 for v in values]
    axes[0].fill_between(years, thousand(get("hectares_low")), thousand(get("hectares_high")), color=BLUE, alpha=0.25, lw=0)
    axes[0].plot(years, thousand(get("hectares")), color=BLUE, marker="o", ms=4)
    axes[0].set_ylabel("thousand ha at 31 December")
    axes[0].set_title("Level: the most of the series", loc="left", fontsize=11)

    axes[1].axhline(0, color=GREY, lw=0.8)
    axes[1].fill_between(years, get("growth_pct_low"), get("growth_pct_high"), color=ORANGE, alpha=0.25, lw=0)
    axes[1].plot(years, get("growth_pct"), color=ORANGE, marker="s", ms=4)
    axes[1].set_ylabel("growth, % a year")
    axes[1].set_title("Rate: slowing since 2021, in 2024 not distinguishable from zero", loc="left", fontsize=11)

    change, eradicated = thousand(get("change_ha")), thousand(get("eradicated_ha"))
    axes[2].axhline(0, color=GREY, lw=0.8)
    axes[2].bar(years, change, color=BLUE, width=0.7, label="change of the census")
    axes[2].bar(years, eradicated, bottom=[c if c > 0 else 0 for c in change], color="#BBBBBB", width=0.7, hatch="//", edgecolor="white", label="eradicated (by hand and from the air)")
    axes[2].plot(years, thousand(get("gross_gain_ha")), color="black", marker="D", ms=4, lw=0, label="gross gain = change + eradicated")
    axes[2].set_ylabel("thousand ha in the year")
    axes[2].set_title("Gross gain: an accounting identity, not a cause", loc="left", fontsize=11)
    axes[2].legend(frameon=False, fontsize=9, loc="upper right")
    axes[2].set_xticks(range(years[0], years[-1] + 1, 3))
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    figure.text(0.01, -0.02, "Colombia, UNODC/SIMCI as published. Bands: 95 %, assuming a standard error of 3 % of each census figure.", fontsize=8.5, color=GREY)
    figure.savefig(options.output, dpi=110, metadata={"Software": None}, bbox_inches="tight")


if __name__ == "__main__":
    main()
