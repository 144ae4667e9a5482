"""t-SNE of the same samples by FAA, scikit-learn and openTSNE: seconds, divergence, ratios.

Run by compare.sh, which builds the program it is given.

All run 1000 iterations (250 of them exaggerated) from principal components at perplexity 30. Wall time depends on what else the machine
does; CPU time shows the work. The reported divergences of the approximate methods are approximate themselves.
"""

import argparse
import os
import subprocess
import sys
import tempfile

PEER = """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
name, threads, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
x = np.loadtxt(path, delimiter=",")
if name == "scikit-learn":
    from sklearn.manifold import TSNE
    run = lambda n: TSNE(perplexity=30, init="pca", random_state=0, max_iter=n, n_jobs=threads).fit(x).kl_divergence_
else:
    from openTSNE import TSNE
    method = "bh" if name.endswith("Barnes-Hut") else "fft" if name.endswith("FFT") else "auto"
    run = lambda n: TSNE(perplexity=30, random_state=0, n_iter=n - 250, n_jobs=threads, negative_gradient_method=method).fit(x).kl_divergence
run(251)
cpu, wall = time.process_time(), time.time()
kl = run(1000)
print(time.time() - wall, time.process_time() - cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, kl)
"""


def samples(n):
    import numpy as np
    from sklearn.datasets import load_digits

    digits = load_digits().data
    rng = np.random.default_rng(0)
    # Beyond the 1797 digits: noisy copies.
    picked = digits[:n] if n <= len(digits) else digits[rng.integers(len(digits), size=n)] + rng.normal(0, 2, (n, 64))
    return picked


def run(command, threads):
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads))
    out = subprocess.run(command, env=environment, capture_output=True, text=True)
    if out.returncode:
        sys.exit(out.stderr)
    return [float(v) for v in out.stdout.split()[-4:]]


parser = argparse.ArgumentParser()
parser.add_argument("benchmark", help="the built program")
parser.add_argument("--sizes", type=int, nargs="+", default=[1000])
parser.add_argument("--threads", type=int, nargs="+", default=[1])
options = parser.parse_args()
ours = options.benchmark

print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
for n in options.sizes:
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        import numpy as np

        np.savetxt(file.name, samples(n), delimiter=",", fmt="%.9g")
        for threads in options.threads:
            results = {
                "FAA": run([ours, file.name, str(threads), "automatic"], threads),
                "FAA exact": run([ours, file.name, str(threads), "exact"], threads) if n <= 5000 else None,
                "FAA Barnes-Hut": run([ours, file.name, str(threads), "tree"], threads),
            }
            for name in ("scikit-learn", "openTSNE Barnes-Hut", "openTSNE FFT"):
                results[name] = run([sys.executable, "-c", PEER, name, str(threads), file.name], threads)
            print(f"\nn = {n}, {threads} thread(s)    wall s   CPU s  peak MiB  divergence  CPU time / FAA")
            for name, result in results.items():
                if result:
                    wall, cpu, memory, kl = result
                    print(f"{name:25s} {wall:8.2f} {cpu:7.2f} {memory:9.0f} {kl:11.4f} {cpu / results['FAA'][1]:9.1f}")
