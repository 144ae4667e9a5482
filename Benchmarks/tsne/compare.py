"""The runs of compare.sh: the time, the memory and the quality of every embedding, as rows of a table in CSV.

The rows of one set of samples are written when all are known, and a run that the table already has is not repeated: so an interrupted comparison
goes on where it ended, and a program is measured anew by deleting its rows.
"""

import argparse
import csv
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

import data
import quality

here = pathlib.Path(__file__).parent
columns = ["n", "seed", "name", "cpu", "wall", "mib", "kl", "trustworthiness", "recall", "load"]
parser = argparse.ArgumentParser()
parser.add_argument("benchmark")
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10000])
parser.add_argument("--seeds", type=int, default=3)
parser.add_argument("--programs", nargs="*", default=["auto", "intelex", "openTSNE-bh", "sklearn", "openTSNE-fft"])
parser.add_argument("--results", type=pathlib.Path, default=here / "results.csv")
options = parser.parse_args()
# Passive waiting: on a machine that does other things too, spinning costs the peers' OpenMP a multiple of its work.
environment = dict(os.environ, OMP_NUM_THREADS="2", OMP_WAIT_POLICY="passive")


def known():
    if not options.results.exists():
        return set()
    with options.results.open() as file:
        return {(int(row["n"]), int(row["seed"]), row["name"]) for row in csv.DictReader(file)}


def keep(row):
    fresh = not options.results.exists()
    with options.results.open("a", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow({key: f"{value:.5g}" if isinstance(value, float) else value for key, value in row.items()})


for n in options.sizes:
    for seed in range(options.seeds):
        names = {name: "FAA" if name == "auto" else name for name in options.programs}
        wanted = [name for name, label in names.items() if (n, seed, label) not in known()]
        if not wanted:
            continue
        x, _ = data.samples(n, seed)
        file = options.folder / "samples.f32"
        x.tofile(file)
        rows = []
        # All programs first, one after the other, and only then the slow looks at what they made.
        for name in wanted:
            arguments = [str(file), str(n), str(seed), str(options.folder / f"{name}.f64")]
            if name == "auto":
                command = [options.benchmark, name, *arguments]
            else:
                command = [sys.executable, here / "peer.py", name, *arguments]
            load = os.getloadavg()[0]
            run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            taken = json.loads(run.stdout.splitlines()[-1])
            rows.append(dict(n=n, seed=seed, name=names[name], load=load, **{key: taken[key] for key in ("cpu", "wall", "mib")}))
            print(rows[-1], flush=True)
        p = quality.affinities(x)
        for name, row in zip(wanted, rows):
            y = np.fromfile(options.folder / f"{name}.f64").reshape(n, -1)
            trustworthiness, recall = map(float, quality.preservation(x, y))
            row |= dict(kl=quality.divergence(p, y), trustworthiness=trustworthiness, recall=recall)
            keep(row)
            print(row, flush=True)
