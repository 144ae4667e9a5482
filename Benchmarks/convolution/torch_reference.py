"""Answers each line `row map` on standard input with the milliseconds of that convolution by PyTorch, eager: the median of 5.

usage: torch_reference.py shapes.csv threads
"""
import csv
import sys
import time

import torch

REPEATS = 5
torch.set_num_threads(int(sys.argv[2]))
backward = torch.ops.aten.convolution_backward
rows = {row["name"]: {k: int(v) for k, v in row.items() if k != "name"} for row in csv.DictReader(open(sys.argv[1]))}


def milliseconds(body):
    times = []
    for repetition in range(-1, REPEATS):
        begin = time.perf_counter()
        body()
        if repetition >= 0:
            times.append(time.perf_counter() - begin)
    return sorted(times)[REPEATS // 2] * 1e3


def measure(s, kind):
    x = torch.randn(s["batch"], s["channels"], s["size"], s["size"])
    w = torch.randn(s["out"], s["channels"] // s["groups"], s["kernel"], s["kernel"])
    stride, padding = [s["stride"]] * 2, [s["padding"]] * 2

    def forward():
        return torch.conv2d(x, w, None, stride, padding, [1, 1], s["groups"])

    if kind == "forward":
        return milliseconds(forward)
    g = torch.randn_like(forward())
    mask = [kind == "input", kind == "weight", False]
    return milliseconds(lambda: backward(g, x, w, None, stride, padding, [1, 1], False, [0, 0], s["groups"], mask))


print("# PyTorch", torch.__version__, flush=True)
for line in sys.stdin:
    name, kind = line.split()
    print(measure(rows[name], kind), flush=True)
