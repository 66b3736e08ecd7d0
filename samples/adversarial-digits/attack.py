#!/usr/bin/env python3
"""Finds, for each digit of one chunk, a picture close to it that the classifier takes for another digit.

    attack.py MODEL.npz START,COUNT

The slow job of this sample, with NumPy only. It may ask the classifier what it sees, and nothing more: no gradients, no scores.
Starting from noise that is taken for something else, it walks at random along the decision boundary and towards the digit, several
hundred questions a digit. (Brendel, Rauber and Bethge: Decision-based adversarial attacks, ICLR 2018, arXiv:1712.04248.)

The random numbers of an item come from its own number, so the result is the same however the items are cut into chunks.
"""

import csv
import json
import os
import sys

import numpy as np

QUESTIONS = 1000


class Classifier:
    """The network of train.py in NumPy, for one image at a time. Counts how often it was asked.

    Weights and pixels are rounded to multiples of 1/1024. That makes every product and sum below exact, so the answer is the same on every
    machine, in whatever order its BLAS library adds.
    """

    def __init__(self, model):
        self.layers = []
        for layer in (0, 2, 6):
            bias = exact(model[f"{layer}_bias"])
            self.layers.append((exact(model[f"{layer}_weight"]).reshape(len(bias), -1), bias))
        self.questions = 0

    def __call__(self, image):
        self.questions += 1
        first, second, last = self.layers
        features = convolve(convolve(exact(image)[None], *first), *second)
        pooled = features.reshape(-1, 4, 2, 4, 2).max((2, 4))
        return int(np.argmax(last[0] @ pooled.ravel() + last[1]))


def exact(values):
    return np.round(values.astype(np.float64) * 1024) / 1024


def length(values):
    return float(np.sqrt(np.sum(values * values)))  # not linalg.norm, which leaves the order of the sum to the BLAS library


def convolve(planes, kernels, bias):
    """A 3x3 convolution that keeps the size, followed by ReLU."""
    padded = np.pad(planes, ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    columns = windows.transpose(0, 3, 4, 1, 2).reshape(kernels.shape[1], -1)
    return np.maximum(kernels @ columns + bias[:, None], 0).reshape(-1, *planes.shape[1:])


def starting_point(image, label, classify, random):
    """A picture on the far side of the boundary: noise taken for another digit, moved towards the image as far as it stays so."""
    far = random.random(image.shape)
    while classify(far) == label:
        far = random.random(image.shape)

    inside, outside = 0.0, 1.0  # how much of `far` is in the mix
    while outside - inside > 1e-3:
        middle = (inside + outside) / 2
        if classify(image + middle * (far - image)) == label:
            inside = middle
        else:
            outside = middle
    return image + outside * (far - image)


def attack(image, label, classify, random):
    """The nearest picture found that is not taken for `label`."""
    if classify(image) != label:
        return image  # the classifier is wrong without our help

    best = starting_point(image, label, classify, random)
    sideways, forward = 0.1, 0.05  # step sizes, relative to the distance
    while classify.questions < QUESTIONS:
        distance = length(best - image)

        # One step along the boundary, on the sphere around the image ...
        step = random.standard_normal(image.shape)
        candidate = best + step * (sideways * distance / length(step))
        candidate = image + (candidate - image) * (distance / length(candidate - image))
        candidate = np.clip(candidate, 0, 1)
        if classify(candidate) == label:
            sideways *= 0.97
            continue
        sideways = min(sideways * 1.03, 0.5)

        # ... and one towards the image, kept where it is still taken for something else.
        closer = candidate + forward * (image - candidate)
        if classify(closer) == label:
            forward *= 0.9
        else:
            forward = min(forward * 1.2, 0.5)
            candidate = closer
        if length(candidate - image) < distance:
            best = candidate
    return best


def process(start, count):
    """One chunk. `--warm keep` calls this in an interpreter that stays; otherwise the last line of the file does."""
    data = np.load(sys.argv[1])
    images, labels = data["images"].astype(np.float64), data["labels"]
    out = os.environ.get("DBATCH_OUT", ".")

    rows, pictures = [], []
    for item in range(start, start + count):
        image, label = images[item], int(labels[item])
        classify = Classifier(data)
        picture = attack(image, label, classify, np.random.default_rng(item))
        rows.append([item, label, classify(picture), f"{length(picture - image):.4f}", classify.questions])
        pictures.append(picture)

    with open(os.path.join(out, "part.csv"), "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    np.save(os.path.join(out, "part.npy"), np.stack(pictures))

    if "DBATCH_RESULT" in os.environ:
        mean = sum(float(row[3]) for row in rows) / len(rows)
        with open(os.environ["DBATCH_RESULT"], "w", encoding="utf-8") as file:
            json.dump({"images": len(rows), "mean_distance": round(mean, 4)}, file)


if __name__ == "__main__":
    process(*map(int, sys.argv[2].split(",")))
