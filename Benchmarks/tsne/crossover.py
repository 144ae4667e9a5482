"""CPU seconds of a thousand iterations of each form of repulsion: where the automatic choice changes from one to the next.

usage: crossover.py BENCHMARK (the program that compare.sh builds)
"""

import json
import subprocess
import sys
import tempfile

import data

for n in (200, 300, 400, 500, 1000, 2000, 3000, 5000, 8000, 12000, 30000, 50000, 70000):
    with tempfile.NamedTemporaryFile() as file:
        # Large maps are wide, and a grid is as large as the map: the samples of the comparison, not easier ones.
        x = data.mixture(n, 1, features=32)[0] if n <= 3000 else data.samples(n, 0)[0]
        x.tofile(file.name)
        seconds = {}
        for method in ("exact", "barnes-hut", "fft"):
            if method == "exact" and n > 3000:
                continue
            runs = [
                json.loads(subprocess.check_output([sys.argv[1], method, file.name, str(n), "0", "/dev/null"]))["cpu"]
                for _ in range(3 if n <= 12000 else 1)
            ]
            seconds[method] = round(min(runs), 3)
        print(n, seconds, flush=True)
