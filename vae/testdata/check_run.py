#!/usr/bin/env python3
r"""Judge a trained run without any of vaectl's code.

Loads the weights of a run into PyTorch, draws its own noise and its own binary
pixels, and computes on the test images the negative ELBO, the negative
importance-weighted bound and -log p(x) by importance sampling, in nats per
image. It needs numpy and PyTorch.

    vaectl eval RUN --nll --samples 1000 --binarize threshold --json > eval.json
    python3 vae/testdata/check_run.py runs/RUN --data DIR --samples 1000 \
        --binarize threshold --against eval.json

With --against it ends with status 1 unless every figure that both have agrees
within --tolerance. Pixels drawn anew move the mean over 10,000 images by about
0.1 nats from one draw to the next, so for this compare what both compute with
--binarize threshold.
"""

import argparse
import gzip
import json
import math
import pathlib
import struct
import sys

import numpy as np
import torch


def read_safetensors(path):
    """Tensors by name and the metadata of a safetensors file."""
    raw = pathlib.Path(path).read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, t in header.items():
        if t["dtype"] != "F32":
            raise SystemExit(f"{path}: tensor {name} is {t['dtype']}, not F32")
        begin, end = t["data_offsets"]
        values = np.frombuffer(raw[8 + size + begin : 8 + size + end], "<f4").reshape(t["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors, metadata


def read_config(text):
    """The sections of a configuration: two levels, scalars and flow lists."""

    def scalar(word):
        word = word.strip().strip('"')
        try:
            return float(word)
        except ValueError:
            return word

    config = {}
    for line in text.splitlines():
        line = line.split(" #")[0].rstrip()
        if not line or line.lstrip().startswith("#"):
            continue
        key, _, value = line.strip().partition(":")
        value = value.strip()
        if not line.startswith(" "):
            section = config.setdefault(key, {})
        elif value.startswith("["):
            section[key] = [scalar(w) for w in value.strip("[]").split(",") if w.strip()]
        else:
            section[key] = scalar(value)
    return config


def read_images(directory, count):
    """Grey test images of MNIST's files, [count, pixels] in [0, 1]."""
    for path in sorted(pathlib.Path(directory).glob("t10k-images*idx3-ubyte*")):
        raw = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
        magic, n, height, width = struct.unpack(">IIII", raw[:16])
        assert magic == 2051, path
        pixels = np.frombuffer(raw, np.uint8, offset=16).reshape(n, height * width)
        return torch.from_numpy(pixels[:count].astype(np.float32) / 255)
    raise SystemExit(f"{directory}: no test images")


def log_normal(x, mean, logvar):
    return -0.5 * ((x - mean) ** 2 * torch.exp(-logvar) + logvar + math.log(2 * math.pi)).sum(-1)


class Model:
    """A run's model as its configuration describes it."""

    def __init__(self, tensors, config):
        self.tensors = tensors
        self.activation = {
            "relu": torch.relu,
            "tanh": torch.tanh,
            "softplus": torch.nn.functional.softplus,
            "elu": torch.nn.functional.elu,
        }[config["model"]["activation"]]
        self.two = config["model"].get("upper_latent", 0) > 0
        top = int(config["model"]["upper_latent" if self.two else "latent"])
        prior = config["prior"]
        if config["model"].get("likelihood", "bernoulli") != "bernoulli":
            raise SystemExit("only the Bernoulli likelihood is known here")

        def per_dim(value):
            t = torch.as_tensor(value, dtype=torch.float32).reshape(-1)
            return t.expand(top) if len(t) == 1 else t

        # u is Gaussian under the prior, z a function of it, code what the decoder reads.
        zero, one = torch.zeros(top), torch.ones(top)
        if prior["name"] == "normal":
            self.base = per_dim(prior["mean"]), per_dim(prior["std"])
            self.latent = lambda u: u
            moments = self.base
        elif prior["name"] == "uniform":
            low, high = per_dim(prior["low"]), per_dim(prior["high"])
            self.base = zero, one
            self.latent = lambda u: low + (high - low) * 0.5 * torch.erfc(-u / math.sqrt(2))
            moments = (low + high) / 2, (high - low) / math.sqrt(12)
        else:
            raise SystemExit(f"prior {prior['name']} is not known here")
        mode = prior["standardize"]
        self.head = (zero, one) if mode == "none" else self.base
        if mode == "none":
            self.code = self.latent
        elif mode == "affine":
            self.code = lambda u: (self.latent(u) - moments[0]) / moments[1]
        else:
            self.code = lambda u: (u - self.base[0]) / self.base[1]

    def linear(self, x, name):
        return torch.nn.functional.linear(x, self.tensors[name + ".weight"], self.tensors[name + ".bias"])

    def hidden(self, x, stack):
        layer = 0
        while f"{stack}.{layer}.weight" in self.tensors:
            x = self.activation(self.linear(x, f"{stack}.{layer}"))
            layer += 1
        return x

    def gaussian(self, x, stack, head, shift=0.0, scale=1.0):
        mean, logvar = self.linear(self.hidden(x, stack), head).chunk(2, -1)
        scale = torch.as_tensor(scale)
        return shift + scale * mean, 2 * torch.log(scale) + logvar.clamp(-20, 20)

    def encode(self, x):
        if self.two:
            return self.gaussian(x, "encoder", "head")
        return self.gaussian(x, "encoder", "head", *self.head)

    def weigh(self, x, q, draws, generator):
        """Log-likelihoods and log weights of draws, [draws, images] each."""

        def draw(mean, logvar, shape):
            return mean + torch.exp(logvar / 2) * torch.randn(shape, generator=generator)

        shape = (draws, *q[0].shape)
        h = u = draw(*q, shape)
        logw = -log_normal(h, *q)
        if self.two:
            above = self.gaussian(h, "upper_encoder", "upper_head", *self.head)
            u = draw(*above, above[0].shape)
            logw -= log_normal(u, *above)
            below = self.gaussian(self.code(u), "upper_decoder", "conditional")
            logw += log_normal(h, *below)
        else:
            h = self.code(u)
        logw += log_normal(u, self.base[0], 2 * torch.log(self.base[1]))
        logits = self.linear(self.hidden(h, "decoder"), "output")
        loglik = (x * logits - torch.nn.functional.softplus(logits)).sum(-1)
        return loglik, logw + loglik


def judge(model, images, binarize, samples, k, seed):
    """The three figures over all images, with the standard error of the last."""
    generator = torch.Generator().manual_seed(seed)
    per_run = 1000
    elbo, bound, nll, reconstruction = [], [], [], []
    for first in range(0, len(images), 10):
        x = images[first : first + 10]
        if binarize == "dynamic":
            x = torch.bernoulli(x, generator=generator)
        elif binarize == "threshold":
            x = (x >= 128 / 255).float()
        q = model.encode(x)
        parts = []
        while sum(len(p) for p in parts) < samples:
            draws = min(per_run // len(x), samples - sum(len(p) for p in parts))
            loglik, logw = model.weigh(x, q, draws, generator)
            if not parts:
                elbo.append(logw.mean(0).double())
                reconstruction.append(-loglik.mean(0).double())
            parts.append(logw.double())
        logw = torch.cat(parts)
        whole = logw[: len(logw) // k * k].reshape(-1, k, len(x))
        bound.append((torch.logsumexp(whole, 1) - math.log(k)).mean(0))
        nll.append(-(torch.logsumexp(logw, 0) - math.log(len(logw))))
    nll = torch.cat(nll)
    return {
        "neg_elbo_nats": -torch.cat(elbo).mean().item(),
        "reconstruction_nats": torch.cat(reconstruction).mean().item(),
        "neg_bound_nats": -torch.cat(bound).mean().item(),
        "nll_nats": nll.mean().item(),
        "nll_stderr": nll.std().item() / math.sqrt(len(nll)),
    }


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("run", type=pathlib.Path, help="run directory")
    p.add_argument("--checkpoint", default="last", help="last or best")
    p.add_argument("--data", required=True, help="directory with MNIST's files")
    p.add_argument("--images", type=int, default=10000)
    p.add_argument("--samples", type=int, default=1000, help="draws an image for the NLL")
    p.add_argument("--binarize", choices=["none", "threshold", "dynamic"], help="default: the run's")
    p.add_argument("--k", type=int, help="draws of the importance-weighted bound (default: the run's)")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--against", type=pathlib.Path, help="what vaectl eval --json wrote")
    p.add_argument("--tolerance", type=float, default=0.1, help="nats per image")
    a = p.parse_args()

    tensors, metadata = read_safetensors(a.run / "checkpoints" / f"{a.checkpoint}.safetensors")
    config = read_config(metadata["config"])
    k = a.k or int(config["objective"]["samples"])
    if a.samples < k:
        raise SystemExit(f"{a.samples} draws an image make no bound of {k}")
    binarize = a.binarize or config["data"]["binarize"]
    with torch.no_grad():
        got = judge(Model(tensors, config), read_images(a.data, a.images), binarize, a.samples, k, a.seed)
    print(json.dumps({**got, "objective_samples": k, "nll_samples": a.samples, "images": a.images}))
    if not a.against:
        return
    want = json.loads(a.against.read_text())
    if want["binarize"] != binarize:
        raise SystemExit(f"{a.against} is about pixels binarized by {want['binarize']}, this about {binarize}")
    names = ["neg_elbo_nats", "reconstruction_nats"]
    if want["objective"] == "iwae" and want["objective_samples"] == k:
        names.append("neg_bound_nats")
    if want.get("nll_samples") == a.samples:
        names.append("nll_nats")
    worst = 0.0
    for name in names:
        difference = got[name] - want[name]
        worst = max(worst, abs(difference))
        print(f"{name}: PyTorch {got[name]:.3f}, vaectl {want[name]:.3f}, difference {difference:+.3f}", file=sys.stderr)
    if worst > a.tolerance:
        sys.exit(1)


if __name__ == "__main__":
    main()
