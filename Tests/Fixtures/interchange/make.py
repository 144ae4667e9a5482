"""Records files made by the safetensors package and by NumPy, for Tests/InterchangeTests, and checks the one that FAA writes.

python make.py          (numpy, torch, safetensors)
"""

import pathlib

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent

# Every element type, ranks 0 to 3, an empty tensor, metadata.
save_file(
    {
        "f32": torch.tensor([[1.5, -2.0, 3.25], [0.0, 1e-30, 1e30]]),
        "f64": torch.tensor([0.1, -1e300], dtype=torch.float64),
        "f16": torch.tensor([0.5, -65504.0, 6e-8], dtype=torch.float16),
        "bf16": torch.tensor([1.0, -3.0e38], dtype=torch.bfloat16),
        "i64": torch.tensor([-(2**31), 2**31 - 1]),
        "i32": torch.tensor([[[7]], [[-8]]], dtype=torch.int32),
        "i16": torch.tensor([-300], dtype=torch.int16),
        "i8": torch.tensor([-128, 127], dtype=torch.int8),
        "u8": torch.tensor([0, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 4),
    },
    here / "python.safetensors",
    metadata={"epoch": "7", "naïve \"key\"": "line\nbreak ☺"},
)
save_file({"big": torch.tensor([1, 2**40])}, here / "too_big.safetensors")

for name, array in {
    "f8": np.array([[1.5, -2.0, 3.0], [4.0, 5.0, 6.0]]),
    "f4_fortran": np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4)),
    "big_endian": np.array([1, -2, 300000], dtype=">i4"),
    "i8": np.array([[1], [-2]], dtype="<i8"),
    "f2": np.array([0.25, -1.0], dtype="<f2"),
    "bool": np.array([True, False]),
    "scalar": np.array(7.0),
    "complex": np.array([1j]),
}.items():
    np.save(here / f"{name}.npy", array)

# What the tests say FAA writes, byte for byte: read here by the packages themselves.
written = here / "written.safetensors"
if written.exists():
    with safe_open(written, "pt") as file:
        assert file.metadata() == {"made by": "FAA \"tests\""}, file.metadata()
        assert sorted(file.keys()) == ["a.weight", "flags", "n", "precise"], list(file.keys())
        assert torch.equal(file.get_tensor("a.weight"), torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]]))
        assert torch.equal(file.get_tensor("n"), torch.tensor(-3, dtype=torch.int32))
        assert torch.equal(file.get_tensor("precise"), torch.tensor([0.1], dtype=torch.float64))
        assert torch.equal(file.get_tensor("flags"), torch.tensor([True, False]))
    array = np.load(here / "written.npy")
    assert array.dtype == np.float32 and np.array_equal(array, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]])
    print("the files FAA writes are read as they should be")
