"""Writes einsum.json: NumPy's results for Tests/TensorTests/EinsumTests.swift.

Run with NumPy 2.x from this folder: python3 make_einsum.py. Operands are drawn by the formula in `operand`, so that only shapes
are stored; the results are stored in full.
"""

import json

import numpy as np


def operand(shape, index):
    """Element i of operand `index`: the fractional part of 0.6180339887498949 (i + 1) (index + 1), minus 1/2."""
    i = np.arange(int(np.prod(shape)), dtype=float)
    return (np.modf(0.6180339887498949 * (i + 1) * (index + 1))[0] - 0.5).reshape(shape)


table = [
    ("ij,jk->ik", [(2, 3), (3, 4)]), ("ij,jk", [(2, 3), (3, 4)]), ("ij,jk->ki", [(2, 3), (3, 4)]), ("ij,kj->ik", [(2, 3), (4, 3)]),
    ("ji,jk->ik", [(3, 2), (3, 4)]), ("i,i->", [(4,), (4,)]), ("i,i", [(4,), (4,)]), ("i,j->ij", [(3,), (4,)]), ("i,j", [(3,), (4,)]),
    ("ba,ab", [(3, 2), (2, 3)]), ("ij->ji", [(2, 3)]), ("ji", [(2, 3)]), ("ij->", [(2, 3)]), ("ij->i", [(2, 3)]), ("ij->j", [(2, 3)]),
    ("ii", [(3, 3)]), ("ii->i", [(3, 3)]), ("ii->", [(3, 3)]), ("iij->j", [(3, 3, 2)]), ("iji->j", [(3, 2, 3)]), ("iji->ij", [(3, 2, 3)]),
    ("iii->i", [(2, 2, 2)]), ("iii->", [(2, 2, 2)]), ("iijj->ij", [(2, 2, 3, 3)]), ("ijij->ij", [(2, 3, 2, 3)]), ("...ii->...i", [(2, 3, 3)]),
    ("...ij,...jk->...ik", [(2, 2, 3), (2, 3, 4)]), ("...ij,...jk->...ik", [(5, 1, 2, 3), (4, 3, 2)]), ("...ij,jk->...ik", [(2, 2, 3), (3, 4)]),
    ("...,...->...", [(2, 3), (3,)]), ("...,...", [(2, 3), (2, 1)]), ("...", [(2, 3)]), ("i...->...", [(2, 3, 4)]),
    ("...i->...", [(2, 3, 4)]), ("i...,i...->...i", [(2, 3), (2, 3)]), ("i...j,j->...i", [(2, 4, 5, 3), (3,)]),
    ("bij,bjk->bik", [(2, 3, 4), (2, 4, 2)]), ("bij,bjk->ik", [(2, 3, 4), (2, 4, 2)]), ("bij,bkj->bik", [(2, 3, 4), (2, 5, 4)]),
    ("bhqd,bhkd->bhqk", [(2, 2, 3, 4), (2, 2, 5, 4)]), ("bqhd,bkhd->bhqk", [(2, 3, 2, 4), (2, 5, 2, 4)]), ("bhqk,bkhd->bqhd", [(2, 2, 3, 5), (2, 5, 2, 4)]),
    ("bi,oij,bj->bo", [(3, 2), (4, 2, 3), (3, 3)]), ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]), ("ij,jk,kl,lm->im", [(2, 5), (5, 3), (3, 4), (4, 2)]),
    ("i,i,i->i", [(3,), (3,), (3,)]), ("i,j,k->ijk", [(2,), (3,), (2,)]), ("ij,ij->ij", [(2, 3), (2, 3)]), ("ij,ij->", [(2, 3), (2, 3)]),
    ("ij,ij->i", [(2, 3), (2, 3)]), ("ij,j->ij", [(2, 3), (3,)]), ("ij,j->i", [(2, 3), (3,)]), ("ijk,jk->i", [(2, 3, 4), (3, 4)]),
    ("ijk,ilk->ijl", [(2, 3, 4), (2, 5, 4)]), ("abcd,cdef->abef", [(2, 3, 2, 2), (2, 2, 3, 2)]), ("abc,abd,acd->bcd", [(2, 3, 4), (2, 3, 2), (2, 4, 2)]),
    ("ij,kj->ik", [(2, 1), (4, 3)]), ("ij,ij->ij", [(2, 1), (2, 3)]), ("ij,jk->ik", [(0, 3), (3, 4)]), ("ij,jk->ik", [(2, 0), (0, 4)]),
    ("i,->i", [(3,), ()]), (",", [(), ()]), ("", [()]), ("ii,jj->ij", [(2, 2), (3, 3)]), ("ii,i->", [(3, 3), (3,)]), ("Ab,bC->AC", [(2, 3), (3, 2)]),
    ("aB", [(2, 3)]), (" i j , j k -> i k ", [(2, 3), (3, 2)]), ("i j,j", [(2, 3), (3,)]), ("abcdef->fedcba", [(1, 2, 1, 2, 1, 2)]), ("a...b->b...a", [(2, 3, 4)]),
    ("...a,...b->...ab", [(2, 3), (2, 2)]), ("pi,pj,pk->ijk", [(3, 2), (3, 2), (3, 2)]),
]
cases = []
for equation, shapes in table:
    inputs = [operand(s, i) for i, s in enumerate(shapes)]
    result = np.einsum(equation, *inputs)
    cases.append({"equation": equation, "shapes": [list(s) for s in shapes], "shape": list(result.shape), "values": [float(f"{v:.15g}") for v in np.ravel(result)]})
with open("einsum.json", "w") as file:
    json.dump({"cases": cases}, file, separators=(",", ":"))
print(len(cases), "cases")
