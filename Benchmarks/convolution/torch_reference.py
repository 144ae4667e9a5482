"""The convolutions of shapes.csv by PyTorch, eager: name, map, milliseconds (median of several).

usage: torch_reference.py shapes.csv threads
"""
import csv
import sys
import time

import torch

REPEATS = 7
torch.set_num_threads(int(sys.argv[2]))
backward = torch.ops.aten.convolution_backward


def milliseconds(body):
    times = []
    for repetition in range(-2, REPEATS):
        begin = time.perf_counter()
        body()
        if repetition >= 0:
            times.append(time.perf_counter() - begin)
    return sorted(times)[REPEATS // 2] * 1e3


for row in csv.DictReader(open(sys.argv[1])):
    name = row.pop("name")
    s = {key: int(value) for key, value in row.items()}
    x = torch.randn(s["batch"], s["channels"], s["size"], s["size"])
    w = torch.randn(s["out"], s["channels"] // s["groups"], s["kernel"], s["kernel"])
    stride, padding = [s["stride"]] * 2, [s["padding"]] * 2

    def forward():
        return torch.conv2d(x, w, None, stride, padding, [1, 1], s["groups"])

    g = torch.randn_like(forward())
    print(name, "forward", milliseconds(forward), flush=True)
    for kind, mask in (("input", [True, False, False]), ("weight", [False, True, False])):
        def product():
            return backward(g, x, w, None, stride, padding, [1, 1], False, [0, 0], s["groups"], mask)

        print(name, kind, milliseconds(product), flush=True)
