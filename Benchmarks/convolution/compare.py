"""Asks FAA, oneDNN alone and PyTorch (stock, and with a tuned allocator) for one convolution after the other, several rounds, so that a
busy machine is busy for all of them alike. Prints the best times and the medians of the rounds' ratios (theirs over FAA's).

usage: compare.py benchmark-program threads rounds results.csv
"""
import csv
import math
import os
import pathlib
import statistics
import subprocess
import sys

program, threads, rounds, results = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
here = pathlib.Path(__file__).parent
shapes = str(here / "shapes.csv")
tuned = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "8000000000", "MALLOC_TOP_PAD_": "1000000000"}
torch = [sys.executable, str(here / "torch_reference.py"), shapes, threads]
commands = {
    "faa": ([program, shapes, "faa"], {}), "onednn": ([program, shapes, "onednn"], {}), "tuned": (torch, tuned), "stock": (torch, {})}
workers = {}
conditions = []
for who, (command, setting) in commands.items():
    workers[who] = subprocess.Popen(
        command, env={**os.environ, **setting}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    conditions.append(f"{workers[who].stdout.readline().strip()} ({who})")
cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
conditions.append(f"# {cpu}, {threads} threads, {rounds} rounds, load {open('/proc/loadavg').read().split()[0]} at the start")
print("\n".join(conditions))


def ask(who, row, kind):
    workers[who].stdin.write(f"{row} {kind}\n")
    return float(workers[who].stdout.readline())


peers = ["onednn", "tuned", "stock"]
ratios = {p: [] for p in peers}
with open(results, "w", newline="") as file:
    file.write("\n".join(conditions) + "\n")
    table = csv.writer(file)
    table.writerow(["convolution", "map", "FAA ms"] + [f"{p} ms" for p in peers] + [f"{p} / FAA" for p in peers])
    print(f"{'convolution':20} {'map':8} {'FAA ms':>8}" + "".join(f"{p + ' ms':>11}" for p in peers) + "".join(f"{p + '/FAA':>12}" for p in peers))
    for row in csv.DictReader(open(shapes)):
        for kind in ("forward", "input", "weight"):
            times = [{who: ask(who, row["name"], kind) for who in workers} for _ in range(rounds)]
            best = [min(t[who] for t in times) for who in ["faa"] + peers]
            paired = [statistics.median(t[p] / t["faa"] for t in times) for p in peers]
            for p, r in zip(peers, paired):
                ratios[p].append(r)
            table.writerow([row["name"], kind] + [f"{b:.3f}" for b in best] + [f"{r:.2f}" for r in paired])
            print(f"{row['name']:20} {kind:8} {best[0]:8.2f}" + "".join(f"{b:11.2f}" for b in best[1:]) + "".join(f"{r:11.2f}x" for r in paired), flush=True)
print("geometric mean of the ratios:", ", ".join(f"{p} {math.exp(statistics.fmean(map(math.log, ratios[p]))):.2f}" for p in peers))
