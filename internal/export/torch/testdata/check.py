"""Loads generated modules and compares them with reference arrays.

For each case, a folder of the one given: the largest difference of each output, where
the case is no preset as a part of the range of its values if that is above 1, as JSON.
"""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import torch

torch.manual_seed(1)


def load(case):
    spec = importlib.util.spec_from_file_location("model", case / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Model


def difference(case, got, want):
    assert got.shape == want.shape and got.dtype == torch.float32, (got.shape, got.dtype, want.shape)
    got = got.double().numpy()
    assert np.isfinite(got).all()
    spread = np.ptp(want.astype(float))
    scale = 1 if case.name.startswith("preset-") else max(1, spread)
    return float(np.abs(got - want).max() / scale)


@torch.no_grad()
def check(case):
    Model = load(case)
    model = Model.load()
    arrays = {path.stem: np.load(path) for path in case.glob("*.npy")}
    label = [torch.from_numpy(arrays["label"])] if "label" in arrays else []
    differences = {}
    for name, got in zip(("mean", "log_variance", "z_of_mean"), model.encode(torch.from_numpy(arrays["x"]), *label)):
        differences[name] = difference(case, got, arrays[name])
    differences["pixels"] = difference(case, model.decode(torch.from_numpy(arrays["z"]), *label), arrays["pixels"])

    # Draws have the prior's distribution, within what chance allows 2,000 of them.
    many = [label[0].repeat(2000 // len(label[0]) + 1)[:2000]] if label else []
    z, pixels = model.sample(2000, *many)
    assert pixels.shape == (2000, *arrays["pixels"].shape[1:]) and torch.isfinite(pixels).all()
    for d, want in enumerate(arrays["draws"].T):
        got = z.numpy()[:, d]
        both = np.concatenate([got, want])
        below = [np.searchsorted(np.sort(x), both, side="right") / len(x) for x in (got, want)]
        assert np.abs(below[0] - below[1]).max() < 0.08, (case, d)

    model.save(case / "again.safetensors")
    again = Model.load(case / "again.safetensors").state_dict()
    assert all(torch.equal(v, again[k]) for k, v in model.state_dict().items())
    return differences


cases = {case.name: check(case) for case in sorted(Path(sys.argv[1]).iterdir())}
json.dump(cases, sys.stdout)
