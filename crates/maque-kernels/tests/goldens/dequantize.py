"""Writes dequantize/FORMAT.bin: file bytes of random blocks, then the f32 that the package `gguf` makes of them.

Scales are finite; among them are zero, denormals and the largest f16.
`pip install gguf numpy`, then `python dequantize.py` beside this file.
"""
import pathlib
import numpy as np
from gguf import GGMLQuantizationType as T
from gguf.quants import dequantize

HALVES = {  # where the f16 numbers of a block are
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0],
    T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208], T.F16: [0],
}
BYTES = {
    T.Q4_0: 18, T.Q4_1: 20, T.Q5_0: 22, T.Q5_1: 24, T.Q8_0: 34,
    T.Q4_K: 144, T.Q5_K: 176, T.Q6_K: 210, T.F16: 2, T.BF16: 2, T.F32: 4,
}
EXTREME = [0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x7BFF, 0xFBFF, 0x3C00]

random = np.random.default_rng(7)
folder = pathlib.Path(__file__).parent / "dequantize"
folder.mkdir(exist_ok=True)
for kind, size in BYTES.items():
    n_blocks = 10 if size > 100 else 20 if size > 4 else 64
    blocks = random.integers(0, 256, (n_blocks, size), dtype=np.uint8)
    for at in HALVES.get(kind, []):
        halves = random.integers(0, 0x7C00, n_blocks, dtype=np.uint16)
        halves |= random.integers(0, 2, n_blocks, dtype=np.uint16) << 15
        halves[: len(EXTREME)] = EXTREME
        blocks[:, at : at + 2] = halves.view(np.uint8).reshape(n_blocks, 2)
    if kind in (T.BF16, T.F32):  # neither infinite nor NaN
        blocks[:, -1] &= 0xBF
    values = dequantize(blocks.reshape(-1) if kind != T.F32 else blocks.reshape(-1).view(np.float32), kind)
    values = np.asarray(values, dtype=np.float32)
    (folder / f"{kind.name}.bin").write_bytes(blocks.tobytes() + values.tobytes())
