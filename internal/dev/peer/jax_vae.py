"""One variational autoencoder's training step in JAX, timed on the CPU.

The step is that of torch_vae.py, and flags that both have are spelled alike. What
makes it as fast as JAX goes without leaving float32: the whole step is compiled,
and --scan runs many of them in one call, so that nothing is dispatched between
them; memory of parameters and moments is given back to the next step.
"""

import argparse
import functools
import json
import math
import os
import platform
import statistics
import sys
import time

BLOCK_SECONDS = 0.05
WARM_UP_SECONDS = 0.5
IMAGES = 60_000


def read_images(path, numpy):
    """Bytes, [n, height, width, channels]."""
    if os.path.isfile(path):
        return numpy.load(path)
    import gzip

    path = os.path.join(path, "train-images-idx3-ubyte")
    opened = open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz", "rb")
    with opened as file:
        content = file.read()
    magic, count, height, width = (int.from_bytes(content[i : i + 4], "big") for i in (0, 4, 8, 12))
    if magic != 0x803 or len(content) != 16 + count * height * width:
        sys.exit(f"{path}: no images: magic {magic:#x}, {count} images of {height}x{width}, {len(content)} bytes")
    return numpy.frombuffer(content, numpy.uint8, offset=16).reshape(count, height, width, 1)


def synthetic_images(numpy, rng):
    shape = (IMAGES, 28, 28, 1)
    return rng.integers(0, 256, shape, numpy.uint8) * (rng.random(shape) < 0.2).astype(numpy.uint8)


def numbers(text):
    return [int(number) for number in text.split(",") if number]


def parameters(options, shape, rng, jnp):
    """Weights as PyTorch draws them, and what the network is."""

    def uniform(fan, *size):
        bound = 1 / math.sqrt(fan)
        return jnp.asarray(rng.uniform(-bound, bound, size), jnp.float32)

    def dense(widths):
        return [(uniform(i, i, o), uniform(i, o)) for i, o in zip(widths, widths[1:])]

    def conv(inputs, outputs):
        return uniform(16 * inputs, 4, 4, inputs, outputs), uniform(16 * inputs, outputs)

    height, width, channels = shape
    maps = [shape]
    for outputs in numbers(options.conv):
        maps.append((maps[-1][0] // 2, maps[-1][1] // 2, outputs))
    hidden, flat = numbers(options.hidden), math.prod(maps[-1])
    weights = {
        "down": [conv(large[2], small[2]) for large, small in zip(maps, maps[1:])],
        "encoder": dense([flat, *hidden]),
        "head": dense([hidden[-1] if hidden else flat, 2 * options.latent]),
        "decoder": dense([options.latent, *reversed(hidden), flat]),
        "up": [conv(small[2], large[2]) for small, large in zip(maps[:0:-1], maps[-2::-1])],
    }
    if options.norm == "batch":
        normed = [m[2] for m in maps[1:]] + [m[2] for m in maps[-2:0:-1]]
        weights["norm"] = [(jnp.ones(c), jnp.zeros(c)) for c in normed]
    return weights, maps


def measure(options):
    if options.threads == 1:
        # XLA has no number of threads to set; a process that may use one core alone has one.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import jax
    import jax.numpy as jnp
    import numpy

    rng = numpy.random.default_rng(1)
    images = read_images(options.data, numpy) if options.data else synthetic_images(numpy, rng)
    shape = images.shape[1:]
    weights, maps = parameters(options, shape, rng, jnp)
    images = jnp.asarray(images)
    activation = {"relu": jax.nn.relu, "tanh": jnp.tanh}[options.activation]
    layout = ("NHWC", "HWIO", "NHWC")

    def normalised(weights, i, x):
        if options.norm != "batch":
            return x
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        scale, shift = weights["norm"][i]
        return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + shift

    def loss(weights, x, noise):
        h = x
        for i, (w, b) in enumerate(weights["down"]):
            h = jax.lax.conv_general_dilated(h, w, (2, 2), ((1, 1), (1, 1)), dimension_numbers=layout) + b
            h = activation(normalised(weights, i, h))
        h = h.reshape(len(x), -1)
        for w, b in weights["encoder"]:
            h = activation(h @ w + b)
        w, b = weights["head"][0]
        mean, log_var = jnp.split(h @ w + b, 2, 1)
        deviation = jnp.exp(0.5 * log_var)
        h = mean + deviation * noise
        for w, b in weights["decoder"][:-1]:
            h = activation(h @ w + b)
        w, b = weights["decoder"][-1]
        h = h @ w + b
        if weights["up"]:
            h = activation(h).reshape(len(x), *maps[-1])
        for i, (w, b) in enumerate(weights["up"]):
            large = maps[-2 - i]
            # Output padding where a side is odd.
            padding = [(2, 2 + side % 2) for side in large[:2]]
            h = jax.lax.conv_general_dilated(h, w, (1, 1), padding, lhs_dilation=(2, 2), dimension_numbers=layout) + b
            if i < len(weights["up"]) - 1:
                h = activation(normalised(weights, len(weights["down"]) + i, h))
        logits, x = h.reshape(len(x), -1), x.reshape(len(x), -1)
        reconstruction = (jax.nn.softplus(logits) - x * logits).sum()
        divergence = 0.5 * (deviation * deviation + mean * mean - 1 - log_var).sum()
        return (reconstruction + divergence) / len(x)

    def adam(weights, first, second, gradients, t):
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        rate = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        return jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-8), weights, first, second), first, second

    def step(carry, _):
        weights, first, second, t, key = carry
        key, chosen, drawn, noise = jax.random.split(key, 4)
        x = images[jax.random.randint(chosen, (options.batch_size,), 0, len(images))].astype(jnp.float32) / 255
        if options.binarize == "dynamic":
            x = jax.random.bernoulli(drawn, x).astype(jnp.float32)
        value, gradients = jax.value_and_grad(loss)(weights, x, jax.random.normal(noise, (options.batch_size, options.latent)))
        weights, first, second = adam(weights, first, second, gradients, t)
        return (weights, first, second, t + 1, key), value

    @functools.partial(jax.jit, donate_argnums=0)
    def run(carry):
        return jax.lax.scan(step, carry, None, length=options.scan)

    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = [(weights, zeros, jax.tree.map(jnp.zeros_like, weights), jnp.float32(1), jax.random.PRNGKey(1))]

    def work():
        state[0], values = run(state[0])
        return values.block_until_ready()

    value = float(work()[0])
    rates(work, WARM_UP_SECONDS)
    found = rates(work, options.seconds)
    if not math.isfinite(value):
        sys.exit(f"the first step gave {value}")
    rate = statistics.median(found) * options.scan
    return {
        "jax": jax.__version__,
        "scan": options.scan,
        "images_per_s": rate * options.batch_size,
        "ms_per_step": 1000 / rate,
        "first": value,
        "last": float(work()[-1]),
    }


def rates(work, seconds):
    """Calls of work a second, one value for every short block of calls."""
    found = []
    end = time.perf_counter() + seconds
    while not found or time.perf_counter() < end:
        calls, start = 0, time.perf_counter()
        while calls == 0 or time.perf_counter() - start < BLOCK_SECONDS:
            work()
            calls += 1
        found.append(calls / (time.perf_counter() - start))
    return found


def versions():
    import jax

    return {"python": platform.python_version(), "executable": sys.executable, "jax": jax.__version__, "can_pin": hasattr(os, "sched_setaffinity")}


def parse():
    parser = argparse.ArgumentParser(description="Time a variational autoencoder's training step in JAX on the CPU.")
    parser.add_argument("--data", default="", help="directory of IDX files, or a NumPy file of images; without it, synthetic images of MNIST's shape")
    parser.add_argument("--conv", default="", help="channels of convolutions of kernel 4, stride 2 and padding 1 before the hidden layers")
    parser.add_argument("--norm", default="none", choices=["none", "batch"], help="after every convolution but the last")
    parser.add_argument("--hidden", default="400", help="widths of the encoder's hidden layers; the decoder mirrors them")
    parser.add_argument("--latent", type=int, default=20, help="size of the code")
    parser.add_argument("--activation", default="relu", choices=["relu", "tanh"])
    parser.add_argument("--batch-size", type=int, default=128, help="images a step")
    parser.add_argument("--binarize", default="none", choices=["none", "dynamic"], help="dynamic draws every pixel anew at every step")
    parser.add_argument("--threads", type=int, default=0, help="1 keeps to one core; 0 leaves JAX its own choice")
    parser.add_argument("--scan", type=int, default=50, help="steps in one call")
    parser.add_argument("--seconds", type=float, default=5, help="how long to measure")
    parser.add_argument("--json", action="store_true", help="write the result as JSON")
    parser.add_argument("--check", action="store_true", help="write versions as JSON, and stop")
    return parser.parse_args()


def main():
    options = parse()
    if options.check:
        print(json.dumps(versions()))
        return
    result = measure(options)
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['images_per_s']:.0f} images/s, {result['ms_per_step']:.3f} ms a step (JAX {result['jax']}, {result['scan']} steps a call)")


if __name__ == "__main__":
    main()
