"""Runs exported graphs in ONNX Runtime and compares them with reference arrays.

For each case, a folder of the one given: the largest difference of each output, where
the case is no preset as a part of the range of its values if that is above 1, as JSON.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

# What each graph puts out, and the array it is compared with.
GRAPHS = {
    "encoder": {"mean": "mean", "log_variance": "log_variance", "z": "z_of_mean"},
    "decoder": {"pixels": "pixels"},
    "sampler": {"z": "sample_z", "pixels": "sample_pixels"},
}


def check(case):
    differences = {}
    for graph, outputs in GRAPHS.items():
        path = str(case / f"{graph}.onnx")
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        assert model.doc_string and model.graph.doc_string
        assert {"run", "prior", "likelihood", "bound", "version"} <= {p.key for p in model.metadata_props}
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        inputs = {i.name: np.load(case / f"{i.name}.npy") for i in session.get_inputs()}
        # Any number of images at a time.
        one = session.run(None, {name: array[:1] for name, array in inputs.items()})
        for (name, reference), got, first in zip(outputs.items(), session.run(list(outputs), inputs), one):
            want = np.load(case / f"{reference}.npy")
            assert got.shape == want.shape and first.shape == (1, *want.shape[1:]), (case, name, got.shape, want.shape)
            assert np.isfinite(got).all(), (case, name)
            spread = np.ptp(want.astype(float))
            scale = 1 if case.name.startswith("preset-") else max(1, spread)
            differences[f"{graph}.{name}"] = float(np.abs(got.astype(float) - want).max() / scale)
    return differences


cases = {case.name: check(case) for case in sorted(Path(sys.argv[1]).iterdir())}
json.dump(cases, sys.stdout)
