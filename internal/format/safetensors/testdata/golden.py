# Writes golden.safetensors beside itself: python golden.py (needs numpy and safetensors; written with 2.4.6 and 0.8.0).
import pathlib

import numpy
from safetensors.numpy import save_file

save_file(
    {
        "encoder.0.weight": numpy.array([[1, -2.5, 3], [1e-45, 3.4028235e38, -0.0]], numpy.float32),
        "encoder.0.bias": numpy.array([numpy.inf, -numpy.inf], numpy.float32),
        "step": numpy.array(7, numpy.float32),
        "empty": numpy.zeros((0, 3), numpy.float32),
        "größe <&>": numpy.array([0.1], numpy.float32),
    },
    pathlib.Path(__file__).with_name("golden.safetensors"),
    # The checksum is what Write puts there.
    metadata={"checksum": "crc32c:ace81cfb", "config": 'prior: "N(0.5, 0.1)"\nlatent: <2>\n'},
)
