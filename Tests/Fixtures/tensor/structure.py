"""Operations that move elements: shapes, slices, joins, gathers; and tensors made from nothing."""

import numpy as np
import torch

from recorder import LATTICE, Operand, Recorder

cases = []
MOVE = {"exact": True}


def each_type(r, extents, f, **attributes):
    """One case a dtype, of a view."""
    for dtype in LATTICE[:3]:
        r.record([r.operand("real", extents, dtype, view=True)], f, **MOVE, **attributes)


r = Recorder(cases, "reshape")
TARGETS = [((), [1]), ((), [1, 1, 1]), ((1,), []), ((6,), [2, 3]), ((2, 3), [-1]), ((2, 3), [3, 2]), ((4, 3), [2, -1, 2]), ((2, 3), [1, 2, 1, 3]), ((2, 1, 3), [2, 3]), ((2, 2, 2, 3), [4, 6]), ((2, 1, 2, 1, 2), [2, 2, 2]), ((1, 2, 1, 2, 1, 3), [-1, 3]), ((0,), [0, 3]), ((2, 0), [0]), ((2, 0, 3), [-1, 3])]
for shape, target in TARGETS:
    for view in (False, True, True):
        r.record([r.operand("real", shape, view=view)], lambda x: torch.reshape(x, target), second=len(shape) == 4, shape=target, **MOVE)
each_type(r, (2, 6), lambda x: x.reshape(3, 4), shape=[3, 4])

r = Recorder(cases, "permute")
for rank in range(7):
    for view in (False, True, True):
        order = [int(a) - (rank if r.rng.random() < 0.3 else 0) for a in r.rng.permutation(rank)]
        r.record([r.operand("real", r.shape(rank), view=view)], lambda x: x.permute(order), second=rank == 3, order=order, **MOVE)
r.record([r.operand("real", (2, 0, 3))], lambda x: x.permute(2, 0, 1), order=[2, 0, 1], **MOVE)
each_type(r, (2, 3, 2), lambda x: x.permute(2, 0, 1), order=[2, 0, 1])

r = Recorder(cases, "transpose")
for rank in range(7):
    r.record([r.operand("real", r.shape(rank), view=rank % 2 == 0)], lambda x: x if rank < 2 else x.transpose(-1, -2), **MOVE)

r = Recorder(cases, "expand")
for shape, target in [((), (3,)), ((), (2, 0)), ((1,), (4,)), ((3, 1), (2, 3, 4)), ((1, 2, 1), (3, 2, 2)), ((2, 1, 2), (3, 2, 4, 2)), ((1, 1, 1, 1), (2, 1, 2, 3)), ((1, 0), (3, 0)), ((1,), (0,)), ((2, 1, 3), (1, 2, 1, 2, 2, 3))]:
    for view in (False, True):
        r.record([r.operand("real", shape, view=view)], lambda x: x.expand(target), second=len(shape) == 3, shape=target, **MOVE)
each_type(r, (2, 1), lambda x: x.expand(3, 2, 2), shape=[3, 2, 2])

r = Recorder(cases, "insertAxis")
for rank in range(6):
    for axis in sorted({0, rank, -1, rank // 2, -rank - 1}):
        r.record([r.operand("real", r.shape(rank), view=axis == -1)], lambda x: x.unsqueeze(axis), axis=[axis], **MOVE)

r = Recorder(cases, "squeeze")
for shape, axes in [((), None), ((1,), None), ((1, 2, 1, 3), None), ((1, 2, 1, 3), [0]), ((1, 2, 1, 3), [2, 0]), ((2, 3, 1), [-1]), ((0, 1), [1]), ((1, 1, 1, 2, 1, 1), [1, -1]), ((2, 3), [])]:
    for view in (False, True):
        r.record([r.operand("real", shape, view=view)], lambda x: x.squeeze() if axes is None else x.squeeze(tuple(axes)), axes=axes, **MOVE)

r = Recorder(cases, "narrow")
for rank in range(1, 7):
    for _ in range(3):
        shape = r.shape(rank)
        axis = int(r.rng.integers(-rank, rank))
        start = int(r.rng.integers(0, shape[axis] + 1))
        count = int(r.rng.integers(0, shape[axis] - start + 1))
        r.record([r.operand("real", shape, view=rank % 2 == 0)], lambda x: x.narrow(axis, start, count), range=[axis, start, count], **MOVE)
each_type(r, (4, 2), lambda x: x.narrow(0, 1, 2), range=[0, 1, 2])

r = Recorder(cases, "slice")
for rank in range(1, 7):
    for trial in range(5):
        shape, picks, slices = r.shape(rank), [], []
        for n in shape:
            step = int(r.rng.choice([-3, -2, -1, 1, 2, 3]))
            start = int(r.rng.integers(0, n))
            room = (start if step < 0 else n - 1 - start) // abs(step) + 1
            count = int(r.rng.integers(0 if trial == 4 else 1, room + 1))
            picks.append([start + step * k for k in range(count)])
            slices += [start, step, count]
        f = lambda x: x[torch.meshgrid(*(torch.tensor(p, dtype=torch.long) for p in picks), indexing="ij")]
        r.record([r.operand("real", shape, view=trial % 2 == 1)], f, second=trial == 1, slices=slices, **MOVE)

r = Recorder(cases, "flip")
for rank in range(7):
    for view in (False, True):
        axes = sorted(int(a) for a in r.rng.choice(rank, int(r.rng.integers(0, rank + 1)), replace=False)) if rank else []
        r.record([r.operand("real", r.shape(rank), view=view)], lambda x: x.flip(axes), second=rank == 2, axes=axes, **MOVE)
r.record([r.operand("real", (2, 3))], lambda x: x.flip((0, 1)), **MOVE)
r.record([r.operand("real", (0, 2))], lambda x: x.flip(0), axes=[0], **MOVE)
each_type(r, (3, 2), lambda x: x.flip(0), axes=[0])

r = Recorder(cases, "pad")
for rank in range(7):
    for view in (False, True):
        amounts = [int(n) for n in r.rng.integers(0, 3, 2 * rank)]
        backwards = [n for axis in reversed(range(rank)) for n in amounts[2 * axis : 2 * axis + 2]]
        shape = r.shape(rank, most=16)
        if np.prod([n + amounts[2 * a] + amounts[2 * a + 1] for a, n in enumerate(shape)], dtype=int) < 300:
            r.record([r.operand("real", shape, view=view)], lambda x: torch.nn.functional.pad(x, backwards), second=rank == 2, pads=amounts, **MOVE)
r.record([r.operand("real", (0, 2))], lambda x: torch.nn.functional.pad(x, (0, 1, 2, 0)), pads=[2, 0, 0, 1], **MOVE)
each_type(r, (2, 2), lambda x: torch.nn.functional.pad(x, (0, 1, 2, 0)), pads=[2, 0, 0, 1])


def listed(f):
    return lambda *tensors: f(list(tensors))


r = Recorder(cases, "concat")
for rank in range(1, 7):
    for trial in range(3):
        axis = int(r.rng.integers(-rank, rank))
        shape = list(r.shape(rank, most=24))
        operands = []
        for _ in range(trial + 1):
            shape[axis] = int(r.rng.integers(0, 4))
            operands.append(r.operand("real", tuple(shape), view=trial == 2))
        r.record(operands, listed(lambda x: torch.cat(x, axis)), second=rank == 2, axis=[axis], **MOVE)
for first in LATTICE:
    for other in LATTICE:
        operands = [r.operand("real", (2, 1), first), r.operand("real", (2, 2), other, view=True)]
        r.record(operands, listed(lambda x: torch.cat(x, 1)), axis=[1], **MOVE)

r = Recorder(cases, "stack")
for rank in range(6):
    for trial in range(3):
        axis = int(r.rng.integers(-rank - 1, rank + 1))
        shape = r.shape(rank, most=24)
        operands = [r.operand("real", shape, view=trial > 0) for _ in range(trial + 1)]
        r.record(operands, listed(lambda x: torch.stack(x, axis)), second=rank == 1, axis=[axis], **MOVE)
r.record([r.operand("real", (2,), "i32"), r.operand("real", (2,))], listed(torch.stack), axis=[0], **MOVE)

r = Recorder(cases, "split")
for shape, axis, sizes in [((5,), 0, [2, 3]), ((2, 6), 1, [1, 2, 3]), ((2, 6), -1, [6, 0]), ((4, 3, 2), 0, [1, 1, 2]), ((2, 2, 3, 2), 2, [2, 1]), ((0, 2), 0, [0, 0])]:
    for piece in range(len(sizes)):
        operand = r.operand("real", shape, view=piece == 1)
        r.record([operand], lambda x: torch.split(x, sizes, axis)[piece], axis=[axis], sizes=sizes, piece=[piece], **MOVE)

r = Recorder(cases, "take")


def gathered(axis):
    def f(x, index):
        axis_ = axis % x.ndim
        index = index % max(x.shape[axis_], 1)
        flat = x.index_select(axis_, index.reshape(-1))
        return flat.reshape(x.shape[:axis_] + index.shape + x.shape[axis_ + 1 :])

    return f


for rank in range(1, 6):
    for trial in range(5):
        axis = int(r.rng.integers(-rank, rank))
        shape = r.shape(rank, most=24)
        n = shape[axis]
        index = Operand(r.rng.integers(-n, n, [(), (3,), (2, 2), (0,), (2, 1)][trial]), "i32", ["flip 0"] if trial == 1 else [])
        operand = r.operand("real", shape, view=trial % 2 == 0)
        r.record([operand, index], gathered(axis), raw=[1], second=rank == 2, axis=[axis], **MOVE)
for dtype in LATTICE[:3]:
    r.record([r.operand("real", (3, 2), dtype, True), Operand([2, 0, -1, 2], "i32")], gathered(0), raw=[1], axis=[0], **MOVE)
r.record([r.operand("real", (2, 3)), Operand([True, False, True], "bool")], lambda x, i: x[i.long()], raw=[1], axis=[0], **MOVE)

r = Recorder(cases, "takeAlong")
for rank in range(1, 7):
    for trial in range(4):
        axis = int(r.rng.integers(-rank, rank))
        shape = r.shape(rank, most=24)
        n = shape[axis]
        many = list(shape)
        many[axis] = [1, 2, 4, 0][trial]
        index = Operand(r.rng.integers(-n, n, many), "i32", [f"flip {rank - 1}"] if trial == 1 else [])
        f = lambda x, i: torch.take_along_dim(x, i % n, axis)
        r.record([r.operand("real", shape, view=trial % 2 == 0), index], f, raw=[1], second=rank == 2, axis=[axis], **MOVE)

r = Recorder(cases, "nonzeroIndices")
for dtype in LATTICE:
    for shape, view in [((), False), ((0,), False), ((7,), False), ((3, 4), True)]:
        r.record([r.operand("ties", shape, dtype, view)], lambda x: torch.nonzero(x.reshape(-1)).reshape(-1), result="i32", exact=True)

# Tensors made from nothing. `to` is the dtype, as a position in the lattice.
r = Recorder(cases, "full")
for dtype in LATTICE:
    for shape in [(), (0,), (3,), (2, 0, 2), (2, 3), (1, 2, 1, 2, 1, 2)]:
        r.record([], lambda: np.full(shape, -3.0), result=dtype, exact=True, shape=shape, number=[-3], to=[LATTICE.index(dtype)])
    r.record([], lambda: np.zeros((2, 2)), result=dtype, exact=True, shape=[2, 2], number=[0], to=[LATTICE.index(dtype)])
    r.record([], lambda: np.ones((2, 2)), result=dtype, exact=True, shape=[2, 2], number=[1], to=[LATTICE.index(dtype)])
    r = Recorder(cases, "eye")
    for size in (0, 1, 2, 5):
        r.record([], lambda: np.eye(size), result=dtype, exact=True, size=[size], to=[LATTICE.index(dtype)])
    r = Recorder(cases, "full")
r = Recorder(cases, "arange")
for start, end, step in [(0, 5, 1), (2, 2, 1), (5, 0, 1), (5, 0, -1), (0, 1, 0.25), (0, 1, 0.1), (-1, 1, 0.3), (1, -1, -0.7), (0, 10, 3), (0, 10, 100), (-3, 3, 2)]:
    for dtype in ["f32", "f64"] + (["i32"] if step % 1 == 0 else []):
        r.record([], lambda: np.arange(start, end, step, dtype=float), result=dtype, exact=step % 1 == 0, numbers=[start, end, step], to=[LATTICE.index(dtype)])
r = Recorder(cases, "linspace")
for start, end, count in [(0, 1, 0), (0, 1, 1), (0, 1, 2), (0, 1, 5), (-2, 2, 9), (3, -1, 4), (0.1, 0.7, 7), (1, 1, 3), (1e-3, 1e3, 11)]:
    for dtype in ("f32", "f64"):
        r.record([], lambda: np.linspace(start, end, count), result=dtype, numbers=[start, end, count], to=[LATTICE.index(dtype)])
