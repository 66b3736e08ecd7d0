#!/usr/bin/env python3
"""Joins the parts of all chunks, in order, into one table and one picture.

    join.py MODEL.npz PARTS RESULTS

PARTS has one folder for each chunk, named by its number. Runs once, after the last chunk succeeded.
"""

import csv
import os
import sys

import matplotlib
import numpy as np

matplotlib.use("Agg")  # draw into a file; there may be no screen
import matplotlib.pyplot as plt  # noqa: E402

COLUMNS = ["item", "label", "taken_for", "distance", "questions"]
SHOWN = 10
INK, FAINT, ACCENT = "#1b1f24", "#8b949e", "#c2410c"


def read_parts(folder):
    rows, pictures = [], []
    for chunk in sorted((name for name in os.listdir(folder) if name.isdigit()), key=int):
        with open(os.path.join(folder, chunk, "part.csv"), newline="", encoding="utf-8") as file:
            rows += [(int(item), int(label), int(taken), float(distance), int(asked)) for item, label, taken, distance, asked in csv.reader(file)]
        pictures.append(np.load(os.path.join(folder, chunk, "part.npy")))
    return rows, np.concatenate(pictures)


def write_table(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows([*row[:3], f"{row[3]:.4f}", row[4]] for row in rows)


def examples(rows):
    """One digit of each kind where there is one, each as near to the middle of its kind's distances as there is."""
    fooled = [index for index, row in enumerate(rows) if row[3] > 0]
    by_label = [[index for index in fooled if rows[index][1] == label] for label in range(10)]
    middle = [sorted(kind, key=lambda index: rows[index][3])[len(kind) // 2] for kind in by_label if kind]
    return (middle + [index for index in fooled if index not in middle])[:SHOWN]


def draw_digit(axes, pixels, **style):
    axes.imshow(pixels, interpolation="nearest", **style)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)


def draw(path, images, rows, pictures):
    shown = examples(rows)
    distances = np.array([row[3] for row in rows])
    fooled = distances > 0

    plt.rcParams.update({"font.family": "DejaVu Sans", "font.size": 10, "text.color": INK, "axes.edgecolor": FAINT,
                         "axes.labelcolor": INK, "xtick.color": FAINT, "ytick.color": FAINT})
    figure = plt.figure(figsize=(12, 7.6), facecolor="white")
    figure.text(0.05, 0.945, "How little it takes to be misread", fontsize=20, fontweight="bold")
    figure.text(0.05, 0.905, f"{fooled.sum():,} handwritten digits changed until the classifier saw another one; "
                             f"{(~fooled).sum():,} it misread by itself", fontsize=11, color=FAINT)

    grid = figure.add_gridspec(3, SHOWN, left=0.11, right=0.97, top=0.845, bottom=0.40, hspace=0.12, wspace=0.12)
    for column, index in enumerate(shown):
        item, label, taken, distance, _ = rows[index]
        clean, changed = images[item], pictures[index]
        panels = [figure.add_subplot(grid[row, column]) for row in range(3)]
        draw_digit(panels[0], clean, cmap="gray_r", vmin=0, vmax=1)
        draw_digit(panels[1], changed - clean, cmap="RdBu_r", vmin=-0.5, vmax=0.5)
        draw_digit(panels[2], changed, cmap="gray_r", vmin=0, vmax=1)
        panels[0].set_title(str(label), fontsize=15, fontweight="bold", pad=5)
        panels[2].text(0.5, -0.05, str(taken), transform=panels[2].transAxes, fontsize=15, fontweight="bold", color=ACCENT, ha="center", va="top")
        panels[2].text(0.5, -0.27, f"{distance:.2f}", transform=panels[2].transAxes, fontsize=9, color=FAINT, ha="center", va="top")
        if column == 0:
            for panel, text in zip(panels, ["as written", "the change", "misread"]):
                panel.text(-0.22, 0.5, text, transform=panel.transAxes, fontsize=11, ha="right", va="center")

    spread = figure.add_axes([0.08, 0.09, 0.40, 0.21])
    spread.hist(distances[fooled], bins=min(30, max(5, fooled.sum() // 6)), color=ACCENT, alpha=0.85)
    if fooled.any():
        median = np.median(distances[fooled])
        spread.axvline(median, color=INK, linewidth=1.2)
        spread.text(median, spread.get_ylim()[1] * 1.02, f"median {median:.2f}", ha="center", va="bottom", fontsize=9)
    spread.set_xlabel("distance to the digit as written (length of the change, white 0 to black 1)")
    spread.set_ylabel("digits")
    spread.yaxis.get_major_locator().set_params(integer=True)

    kinds = figure.add_axes([0.57, 0.09, 0.40, 0.21])
    by_label = [distances[[fool and row[1] == label for fool, row in zip(fooled, rows)]] for label in range(10)]
    for label, values in enumerate(by_label):
        across = label + np.linspace(-0.25, 0.25, len(values)) if len(values) > 1 else [label] * len(values)
        kinds.scatter(across, values, s=10, color=ACCENT, alpha=0.5, linewidths=0)
        if len(values):
            kinds.hlines(np.median(values), label - 0.34, label + 0.34, color=INK, linewidth=1.6)
    kinds.set_xticks(range(10))
    kinds.set_xlabel("digit as written; the line is its median: low is easy to disguise")
    kinds.set_ylabel("distance")
    for axes in (spread, kinds):
        axes.spines[["top", "right"]].set_visible(False)

    figure.savefig(path, dpi=140)


def main(model, parts, results):
    rows, pictures = read_parts(parts)
    images = np.load(model)["images"]
    os.makedirs(results, exist_ok=True)
    table = os.path.abspath(os.path.join(results, "adversarial-digits.csv"))
    picture = os.path.abspath(os.path.join(results, "adversarial-digits.png"))
    write_table(table, rows)
    draw(picture, images, rows, pictures)
    print(f"{len(rows)} digits: {table}\npicture: {picture}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:4])
