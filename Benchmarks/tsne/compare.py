"""The runs of compare.sh, one JSON line each with the time, the memory and the quality of the embedding."""

import argparse
import json
import os
import pathlib
import subprocess
import sys

import numpy as np

import data
import quality

here = pathlib.Path(__file__).parent
parser = argparse.ArgumentParser()
parser.add_argument("benchmark")
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10000])
parser.add_argument("--seeds", type=int, default=3)
parser.add_argument("--peers", nargs="*", default=["intelex", "openTSNE-bh", "sklearn", "openTSNE-fft"])
options = parser.parse_args()
# Passive waiting: on a machine that does other things too, spinning costs the peers' OpenMP a multiple of its work.
environment = dict(os.environ, OMP_NUM_THREADS="2", OMP_WAIT_POLICY="passive")
for n in options.sizes:
    for seed in range(options.seeds):
        x, _ = data.samples(n, seed)
        file, output = options.folder / "samples.f32", options.folder / "embedding.f64"
        x.tofile(file)
        p = quality.affinities(x)
        for name in ["auto", *options.peers]:
            arguments = [str(file), str(n), str(seed), str(output)]
            if name == "auto":
                command = [options.benchmark, name, *arguments]
            else:
                command = [sys.executable, here / "peer.py", name, *arguments]
            run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            result = json.loads(run.stdout.splitlines()[-1])
            y = np.fromfile(output).reshape(n, -1)
            result["kl"] = quality.divergence(p, y)
            result["trustworthiness"], result["recall"] = map(float, quality.preservation(x, y))
            print(json.dumps(result), flush=True)
