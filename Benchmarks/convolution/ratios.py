"""Medians and paired ratios of the rounds in a file of lines `who name map milliseconds`; a table on standard output, a CSV in the second argument."""
import collections
import csv
import math
import statistics
import sys

times = collections.defaultdict(list)
for line in open(sys.argv[1]):
    who, name, kind, value = line.split()
    times[name, kind, who].append(float(value))
peers = ["onednn", "tuned", "stock"]
ratios = collections.defaultdict(list)
with open(sys.argv[2], "w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["convolution", "map", "FAA ms"] + [f"{p} ms" for p in peers] + [f"{p} / FAA" for p in peers])
    print(f"{'convolution':20} {'map':8} {'FAA ms':>8}" + "".join(f"{p + ' ms':>11}" for p in peers) + "".join(f"{p + '/FAA':>12}" for p in peers))
    for name, kind in dict.fromkeys((n, k) for n, k, _ in times):
        faa = times[name, kind, "faa"]
        medians = [statistics.median(times[name, kind, p]) for p in peers]
        paired = [statistics.median(b / a for a, b in zip(faa, times[name, kind, p])) for p in peers]
        for p, r in zip(peers, paired):
            ratios[p].append(r)
        own = statistics.median(faa)
        table.writerow([name, kind] + [f"{v:.3f}" for v in [own] + medians] + [f"{r:.2f}" for r in paired])
        print(f"{name:20} {kind:8} {own:8.2f}" + "".join(f"{m:11.2f}" for m in medians) + "".join(f"{r:11.2f}x" for r in paired))
print("geometric mean of the ratios:", ", ".join(f"{p} {math.exp(statistics.fmean(map(math.log, ratios[p]))):.2f}" for p in peers))
