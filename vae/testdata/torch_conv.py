#!/usr/bin/env python3
"""What PyTorch makes of the convolutional networks of TestConvolutionsAgreeWithPyTorch.

    python3 vae/testdata/torch_conv.py >vae/testdata/torch_conv.json

Every weight, running statistic, pixel and latent is a fixed function of its name
and place, so that no weights have to be stored: the test fills a model the same
way. Networks are built of PyTorch's own layers under the names that vaectl gives
theirs, and load_state_dict checks names and shapes. Each entry has the settings of
the model, the encoder's outputs (means and log variances) and the decoder's logits.
"""

import json
import math

import torch
from torch import nn


def fill(name, shape):
    n = math.prod(shape)
    phase = sum(name.encode()) % 97
    values = torch.sin(torch.arange(n, dtype=torch.float64) * 0.7 + phase).reshape(shape).float()
    if name.endswith("running_var"):
        return 1 + 0.5 * values
    if name.endswith("norm.weight") or ".norm1.weight" in name or ".norm2.weight" in name:
        return 1 + 0.3 * values
    return 0.15 * values


class Named(nn.Module):
    """Layers by vaectl's dotted names."""

    def __init__(self):
        super().__init__()
        self.layers = {}

    def add(self, name, module):
        at = self
        for part in name.split("."):
            if part not in at._modules:
                at.add_module(part, nn.Module())
            at = at._modules[part]
        for key, child in list(module._parameters.items()):
            at.register_parameter(key, child)
        for key, child in list(module._buffers.items()):
            if key != "num_batches_tracked":
                at.register_buffer(key, child)
        self.layers[name] = module
        return module


def norm(net, name, kind, channels):
    if kind == "none":
        return lambda x: x
    if kind == "batch":
        return net.add(name, nn.BatchNorm2d(channels))
    groups = max(g for g in range(1, min(32, channels) + 1) if channels % g == 0)
    return net.add(name, nn.GroupNorm(groups, channels))


def residual(net, name, kind, channels, act):
    n1 = norm(net, name + ".norm1", kind, channels)
    c1 = net.add(name + ".conv1", nn.Conv2d(channels, channels, 3, 1, 1))
    n2 = norm(net, name + ".norm2", kind, channels)
    c2 = net.add(name + ".conv2", nn.Conv2d(channels, channels, 3, 1, 1))
    return lambda x: x + c2(act(n2(c1(act(n1(x))))))


ACTIVATIONS = {"relu": torch.relu, "leaky-relu": nn.LeakyReLU(), "silu": nn.SiLU(), "tanh": torch.tanh}


def build(c):
    """Encoder and decoder of settings, as functions, and the module with their weights."""
    net, act = Named(), ACTIVATIONS[c["activation"]]
    h, w, channels = c["image"]
    sides, widths = [(h, w)], [channels]
    up, gated = [], c.get("gated", False)

    def hidden(name, make, out, conv=True):
        layer = net.add(name, make())
        n = norm(net, name + ".norm", c["norm"], out) if conv else (lambda x: x)
        if not gated:
            return lambda x: act(n(layer(x)))
        gate = net.add(name + ".gate", make())
        return lambda x: n(layer(x)) * torch.sigmoid(gate(x))

    for i, (out, k, s, p) in enumerate(c["conv"]):
        into = widths[-1]
        up.append(hidden(f"encoder.{i}", lambda: nn.Conv2d(into, out, k, s, p), out))
        h, w = (h + 2 * p - k) // s + 1, (w + 2 * p - k) // s + 1
        sides.append((h, w))
        widths.append(out)
        for b in range(c["blocks"]):
            up.append(residual(net, f"encoder.{i}.block{b}", c["norm"], out, act))
    width = widths[-1] * h * w
    up.append(nn.Flatten())
    for i, out in enumerate(c["hidden"]):
        into = width
        up.append(hidden(f"encoder.{len(c['conv']) + i}", lambda: nn.Linear(into, out), out, conv=False))
        width = out
    up.append(net.add("head", nn.Linear(width, 2 * c["latent"])))

    down, width = [], c["latent"]
    for i, out in enumerate(c["hidden"][::-1] + [widths[-1] * h * w]):
        into = width
        down.append(hidden(f"decoder.{i}", lambda: nn.Linear(into, out), out, conv=False))
        width = out
    down.append(nn.Unflatten(1, (widths[-1], h, w)))
    for i in reversed(range(len(c["conv"]))):
        _, k, s, p = c["conv"][i]
        name = f"decoder.{len(c['hidden']) + len(c['conv']) - i}"
        for b in range(c["blocks"]):
            down.append(residual(net, f"{name}.block{b}", c["norm"], widths[i + 1], act))
        small, large = sides[i + 1], sides[i]
        left = tuple(b - ((a - 1) * s - 2 * p + k) for a, b in zip(small, large))

        def make():
            if c["upsampling"] == "nearest":
                return nn.Conv2d(widths[i + 1], widths[i], 3, 1, 1)
            return nn.ConvTranspose2d(widths[i + 1], widths[i], k, s, p, output_padding=left)

        if c["upsampling"] == "nearest":
            down.append(nn.Upsample(scale_factor=s))
        if i == 0:
            down.append(net.add("output", make()))
        else:
            down.append(hidden(name, make, widths[i]))
    return chain(up), chain(down), net


def chain(layers):
    def run(x):
        for layer in layers:
            x = layer(x)
        return x

    return run


CASES = {
    "odd sides": dict(image=[7, 5, 1], conv=[[3, 4, 2, 1], [4, 3, 1, 1]], hidden=[6], activation="relu"),
    "batch norm": dict(image=[9, 9, 3], conv=[[4, 4, 2, 1], [33, 4, 2, 1]], hidden=[], activation="leaky-relu", norm="batch", blocks=1),
    "group norm": dict(image=[8, 8, 2], conv=[[6, 3, 3, 1], [5, 3, 2, 2]], hidden=[7, 6], activation="silu", norm="group"),
    "gated": dict(image=[8, 12, 1], conv=[[5, 4, 2, 1]], hidden=[6], activation="relu", gated=True),
    "nearest": dict(image=[8, 8, 1], conv=[[4, 4, 2, 1], [6, 4, 2, 1]], hidden=[6], activation="tanh", upsampling="nearest", blocks=1),
}


def main():
    torch.manual_seed(0)
    results = []
    for name, case in CASES.items():
        c = {"norm": "none", "blocks": 0, "upsampling": "transposed", "latent": 3, **case}
        encode, decode, net = build(c)
        for module in net.layers.values():
            module.eval()
        with torch.no_grad():
            state = {key: fill(key, value.shape) for key, value in net.state_dict().items()}
            net.load_state_dict(state)
            h, w, channels = c["image"]
            x = 0.5 + 0.5 * fill("pixels", (3, channels, h, w)) / 0.15
            z = 10 * fill("z", (3, c["latent"]))
            results.append(
                {
                    "name": name,
                    **c,
                    "tensors": {key: list(value.shape) for key, value in state.items()},
                    "head": encode(x).flatten().tolist(),
                    "logits": decode(z).flatten().tolist(),
                }
            )
    print(json.dumps(results, separators=(",", ":")))


if __name__ == "__main__":
    main()
