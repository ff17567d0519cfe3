#!/usr/bin/env python3
r"""Judge a trained run without any of vaectl's code.

    for s in 1 2 3 4 5 6 7 8; do vaectl eval RUN --binarize threshold --seed $s --nll --samples 5 --json; done >ours.json; vaectl eval RUN --binarize threshold --seed 9 --nll --samples 5000 --json >>ours.json
    python3 vae/testdata/check_run.py runs/RUN --data DIR --binarize threshold --against ours.json

Loads the weights of a run into PyTorch, draws its own noise, and computes on the
test images the negative ELBO, the negative importance-weighted bound of k draws
and -log p(x) by importance sampling, in nats per image: for one and two
stochastic layers, gated or not, told the label or not, with the priors normal,
uniform and vamp and the Bernoulli likelihood. It needs numpy and PyTorch, and as much memory for
10,000 images as for 10.

With --against it prints both sides with the standard errors that their draws
alone give (those over images are common to both) and ends with status 1 unless
every figure agrees within --tolerance and its noise is small enough to tell.
vaectl's figures are the means over the lines of FILE: it draws once an image
for the ELBO, so several seeds make its noise small. Its -log p(x) of k draws
is the importance-weighted bound. The bound here is the mean over all of
--samples/k groups of draws. Where few draws of an image carry all its weight
(nll_effective_samples below 20 or so) the standard error of -log p(x) comes out
at half of what it is: judge such models on more images. Compare with --binarize
threshold: pixels drawn anew move the mean over 10,000 images by about 0.1 nats
from one draw to the next.

--cut DIR writes the first --images test images to DIR, as a data set for
`vaectl eval RUN --dataset DIR`, so that both judge the same few.
"""

import argparse
import gzip
import json
import math
import pathlib
import struct
import sys
import time

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


def read_idx(directory, pattern, count):
    """The first items of one of MNIST's files, [count, ...] bytes."""
    for path in sorted(pathlib.Path(directory).glob(pattern + "*")):
        raw = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
        zero, kind, dims = struct.unpack(">HBB", raw[:4])
        if (zero, kind) != (0, 8):
            raise SystemExit(f"{path}: not an IDX file of bytes")
        shape = struct.unpack(f">{dims}I", raw[4 : 4 + 4 * dims])
        return np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape)[:count]
    raise SystemExit(f"{directory}: no file {pattern}")


def read_images(directory, count):
    """Grey test images, [count, pixels] in [0, 1]."""
    pixels = read_idx(directory, "t10k-images*idx3-ubyte", count)
    return torch.from_numpy(pixels.reshape(len(pixels), -1).astype(np.float32) / 255)


def cut(source, target, count):
    """Writes a data set of the first images of another."""
    target.mkdir(parents=True, exist_ok=True)
    for part in "t10k", "train":
        for what, dims in ("images", 3), ("labels", 1):
            items = read_idx(source, f"{part}-{what}*idx{dims}-ubyte", count)
            head = struct.pack(">HBB", 0, 8, dims) + struct.pack(f">{dims}I", *items.shape)
            (target / f"{part}-{what}-idx{dims}-ubyte").write_bytes(head + items.tobytes())


def log_normal(x, mean, logvar):
    return -0.5 * ((x - mean) ** 2 * torch.exp(-logvar) + logvar + math.log(2 * math.pi)).sum(-1)


class Mixture:
    """Gaussians with diagonal covariances, each as likely, in float64."""

    def __init__(self, mean, logvar):
        mean, precision = mean.double(), torch.exp(-logvar.double())
        self.square, self.linear = -0.5 * precision.T, (mean * precision).T
        self.constant = -0.5 * (mean**2 * precision + logvar + math.log(2 * math.pi)).sum(-1) - math.log(len(mean))

    def log_density(self, u):
        u = u.double()
        return torch.logsumexp(u**2 @ self.square + u @ self.linear + self.constant, -1).float()


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
        self.conditional = config["model"].get("conditional") == "true"
        self.labels = None  # of the images at hand, for a conditional model

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
        elif prior["name"] == "vamp":
            self.base = moments = zero, one
            self.latent = lambda u: u
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
        self.log_prior = lambda u: log_normal(u, self.base[0], 2 * torch.log(self.base[1]))
        if prior["name"] == "vamp":
            mean, logvar = self.posterior(tensors["prior.pseudo_inputs"].clamp(0, 1))
            self.log_prior = Mixture(mean, logvar).log_density

    def linear(self, x, name):
        y = torch.nn.functional.linear(x, self.tensors[name + ".weight"], self.tensors[name + ".bias"])
        if f"{name}.label.weight" in self.tensors:
            y = y + torch.nn.functional.embedding(self.labels, self.tensors[f"{name}.label.weight"])
        return y

    def hidden(self, x, stack):
        layer = 0
        while f"{stack}.{layer}.weight" in self.tensors:
            name = f"{stack}.{layer}"
            if f"{name}.gate.weight" in self.tensors:
                x = self.linear(x, name) * torch.sigmoid(self.linear(x, f"{name}.gate"))
            else:
                x = self.activation(self.linear(x, name))
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

    def above(self, h):
        return self.gaussian(h, "upper_encoder", "upper_head", *self.head)

    def posterior(self, x):
        """Of the code the prior is over; with two layers at the mean of the lower."""
        q = self.encode(x)
        return self.above(q[0]) if self.two else q

    def weigh(self, x, q, draws, generator):
        """Log-likelihoods and log weights of draws, [draws, images] each."""

        def draw(mean, logvar, shape):
            return mean + torch.exp(logvar / 2) * torch.randn(shape, generator=generator)

        shape = (draws, *q[0].shape)
        h = u = draw(*q, shape)
        logw = -log_normal(h, *q)
        if self.two:
            above = self.above(h)
            u = draw(*above, above[0].shape)
            logw -= log_normal(u, *above)
            below = self.gaussian(self.code(u), "upper_decoder", "conditional")
            logw += log_normal(h, *below)
        else:
            h = self.code(u)
        logw += self.log_prior(u)
        logits = self.linear(self.hidden(h, "decoder"), "output")
        loglik = (x * logits - torch.nn.functional.softplus(logits)).sum(-1)
        return loglik, logw + loglik


def judge(model, images, labels, binarize, samples, k, seed, progress):
    """The figures over all images: (mean, standard error of the draws) each."""
    generator = torch.Generator().manual_seed(seed)
    rows, group = 1000, 10  # of draws and of images at a time
    sums = {}

    def add(name, mean, variance):
        total = sums.setdefault(name, [0.0, 0.0])
        total[0] += mean.sum().item()
        total[1] += variance.sum().item()

    for first in range(0, len(images), group):
        x = images[first : first + group]
        if binarize == "dynamic":
            x = torch.bernoulli(x, generator=generator)
        elif binarize == "threshold":
            x = (x >= 128 / 255).float()
        if model.conditional:
            model.labels = labels[first : first + group]
        q = model.encode(x)
        weights, likelihoods, left = [], [], samples
        while left > 0:
            draws = min(rows // len(x), left)
            loglik, logw = model.weigh(x, q, draws, generator)
            weights.append(logw.double())
            likelihoods.append(loglik.double())
            left -= draws
        logw, loglik = torch.cat(weights), torch.cat(likelihoods)
        add("neg_elbo_nats", -logw.mean(0), logw.var(0) / samples)
        add("reconstruction_nats", -loglik.mean(0), loglik.var(0) / samples)
        groups = samples // k
        bounds = torch.logsumexp(logw[: groups * k].reshape(groups, k, len(x)), 1) - math.log(k)
        add("neg_bound_nats", -bounds.mean(0), bounds.var(0) / groups)
        total = torch.logsumexp(logw, 0)
        # The variance of a logarithm of a mean is that of the mean over its square.
        effective = torch.exp(2 * total - torch.logsumexp(2 * logw, 0))
        add("nll_nats", math.log(samples) - total, 1 / effective - 1 / samples)
        progress(first + len(x))
    n = len(images)
    return {name: (total / n, math.sqrt(variance) / n) for name, (total, variance) in sums.items()}


def read_ours(path, binarize, images, samples, k):
    """vaectl's figures: (mean, standard error of the draws) each."""
    values = {}
    for line in path.read_text().splitlines():
        figures = json.loads(line)
        if figures["binarize"] != binarize:
            raise SystemExit(f"{path} is about pixels binarized by {figures['binarize']}, this about {binarize}")
        if figures["images"] != images:
            raise SystemExit(f"{path} is about {figures['images']} images, this about {images}; see --cut")
        for name in "neg_elbo_nats", "reconstruction_nats":
            values.setdefault(name, []).append(figures[name])
        if figures["objective"] == "iwae" and figures["objective_samples"] == k:
            values.setdefault("neg_bound_nats", []).append(figures["neg_bound_nats"])
        if figures.get("nll_samples") == k:
            values.setdefault("neg_bound_nats", []).append(figures["nll_nats"])
        if figures.get("nll_samples") == samples:
            values.setdefault("nll_nats", []).append(figures["nll_nats"])
    ours = {}
    for name, of_lines in values.items():
        error = np.std(of_lines, ddof=1) / math.sqrt(len(of_lines)) if len(of_lines) > 1 else math.nan
        ours[name] = np.mean(of_lines), error, len(of_lines)
    return ours


def compare(got, ours, k, samples, tolerance):
    """Prints the figures side by side; whether all agree."""
    titles = {
        "neg_elbo_nats": "negative ELBO",
        "reconstruction_nats": "  reconstruction",
        "neg_bound_nats": f"negative bound, k = {k}",
        "nll_nats": f"-log p(x), {samples} draws",
    }
    fine = True
    print(f"{'nats per image':24}{'PyTorch':>18}{'vaectl':>18}{'difference':>12}")
    for name, title in titles.items():
        mean, error = got[name]
        here = f"{mean:.3f} ± {error:.3f}"
        if name not in ours:
            print(f"{title:24}{here:>18}{'-':>18}")
            continue
        other, noise, lines = ours[name]
        if lines == 1 and name == "nll_nats":
            noise = error  # as many draws of the same weights
        difference = mean - other
        both = math.hypot(error, noise)
        if not math.isfinite(both):
            verdict, good = "one line says nothing of its noise: give several seeds", False
        elif abs(difference) > tolerance:
            verdict, good = "DIFFERS", False
        elif 2 * both > tolerance:
            verdict, good = "too noisy to tell: give more seeds or images", False
        else:
            verdict, good = f"agrees within {tolerance:g}", True
        fine = fine and good
        print(f"{title:24}{here:>18}{f'{other:.3f} ± {noise:.3f}':>18}{difference:>+12.3f}  {verdict} (noise {both:.3f}, {lines} of vaectl's)")
    return fine


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("run", type=pathlib.Path, help="run directory")
    p.add_argument("--checkpoint", default="last", help="last or best")
    p.add_argument("--data", required=True, help="directory with MNIST's files")
    p.add_argument("--images", type=int, default=10000, help="how many test images, from the first on")
    p.add_argument("--samples", type=int, default=5000, help="draws an image for -log p(x)")
    p.add_argument("--binarize", choices=["none", "threshold", "dynamic"], help="default: the run's")
    p.add_argument("--k", type=int, help="draws of the importance-weighted bound (default: the run's, or 5 where it was trained for the ELBO)")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--against", metavar="FILE", type=pathlib.Path, help="lines that vaectl eval --json wrote")
    p.add_argument("--tolerance", type=float, default=0.1, help="nats per image")
    p.add_argument("--cut", metavar="DIR", type=pathlib.Path, help="only write the images as a data set")
    a = p.parse_args()
    if a.cut:
        return cut(a.data, a.cut, a.images)

    tensors, metadata = read_safetensors(a.run / "checkpoints" / f"{a.checkpoint}.safetensors")
    config = read_config(metadata["config"])
    k = a.k or (int(config["objective"]["samples"]) if config["objective"]["name"] == "iwae" else 5)
    if a.samples < 2 * k:
        raise SystemExit(f"{a.samples} draws an image make no two groups of {k}")
    binarize = a.binarize or config["data"]["binarize"]
    images = read_images(a.data, a.images)
    labels = None
    if config["model"].get("conditional") == "true":
        labels = torch.from_numpy(read_idx(a.data, "t10k-labels*idx1-ubyte", a.images).astype(np.int64))
    ours = read_ours(a.against, binarize, len(images), a.samples, k) if a.against else {}

    told = time.monotonic()

    def progress(done):
        nonlocal told
        if sys.stderr.isatty():
            print(f"\rimage {done}/{len(images)}", end="" if done < len(images) else "\n", file=sys.stderr)
        elif time.monotonic() - told > 30:
            told = time.monotonic()
            print(f"image {done}/{len(images)}", file=sys.stderr, flush=True)

    with torch.no_grad():
        got = judge(Model(tensors, config), images, labels, binarize, a.samples, k, a.seed, progress)
    fine = compare(got, ours, k, a.samples, a.tolerance)
    figures = {name: mean for name, (mean, _) in got.items()}
    print(json.dumps({**figures, "objective_samples": k, "nll_samples": a.samples, "images": len(images), "binarize": binarize}))
    if a.against and not fine:
        sys.exit(1)


if __name__ == "__main__":
    main()
