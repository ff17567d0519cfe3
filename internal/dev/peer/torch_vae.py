"""One variational autoencoder's training step in PyTorch, timed on the CPU.

The step is the one `vaectl bench` times: gather a batch, draw its pixels if
asked, encode, sample the code, decode, differentiate, update with Adam. Flags
that both have are spelled alike. What makes it as fast as PyTorch goes without
leaving float32:

  * all images lie in memory as one float32 tensor; a batch is one index_select;
  * mean and log variance are one linear layer;
  * the likelihood is softplus(l) - x*l, which takes fewer passes over memory
    than binary_cross_entropy_with_logits;
  * no value is read back from a tensor inside the timed loop;
  * --compile turns forward and loss, pixel draws included, into one graph;
  * --channels-last keeps feature maps, and the images, with channels innermost.

Which of --threads, --compile, --channels-last and --adam is best depends on
machine and version; the caller tries them all. --bf16 computes in bfloat16,
which is another precision, where PyTorch's autocast finds that wise.

With --decode-samples K it times evaluation instead: log p(x|z) under K samples
of z for one image after another, and the importance-weighted bound of Burda,
Grosse and Salakhutdinov (2016) they give, without gradients.
"""

import argparse
import gzip
import json
import math
import os
import platform
import shutil
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

BLOCK_SECONDS = 0.05
WARM_UP_SECONDS = 0.5
IMAGES = 60_000


class Autoencoder(nn.Module):
    """Layers of strided convolutions, if any, then dense ones; the decoder mirrors both."""

    def __init__(self, shape, conv, hidden, latent, activation, norm, binarize):
        super().__init__()
        channels, height, width = shape
        maps = [shape]
        self.encoder = nn.Sequential()
        for outputs in conv:
            self.encoder.extend(block(nn.Conv2d(maps[-1][0], outputs, 4, 2, 1), outputs, norm, activation))
            maps.append((outputs, maps[-1][1] // 2, maps[-1][2] // 2))
        self.encoder.append(nn.Flatten())
        flat = math.prod(maps[-1])
        self.encoder.extend(layers([flat, *hidden], activation))
        self.head = nn.Linear(hidden[-1] if hidden else flat, 2 * latent)
        last = hidden[0] if hidden else latent
        self.decoder = layers([latent, *reversed(hidden)], activation)
        self.decoder.append(nn.Linear(last, flat))
        if conv:
            self.decoder.extend([activation(), nn.Unflatten(1, maps[-1])])
        for small, large in zip(reversed(maps[1:]), reversed(maps[:-1])):
            up = nn.ConvTranspose2d(small[0], large[0], 4, 2, 1, output_padding=(large[1] % 2, large[2] % 2))
            self.decoder.extend(block(up, large[0], norm, activation) if large is not shape else [up])
        if conv:
            self.decoder.append(nn.Flatten())
        self.binarize = binarize

    def encode(self, x):
        return self.head(self.encoder(x)).chunk(2, dim=1)

    def forward(self, x):
        """The negative evidence lower bound of a batch, in nats an image."""
        if self.binarize:
            x = (torch.rand_like(x) < x).to(x.dtype)
        mean, log_var = self.encode(x)
        deviation = torch.exp(0.5 * log_var)
        z = mean + deviation * torch.randn_like(mean)
        logits, x = self.decoder(z).float(), x.flatten(1)
        mean, log_var, deviation = mean.float(), log_var.float(), deviation.float()
        reconstruction = (F.softplus(logits) - x * logits).sum()
        divergence = 0.5 * (deviation * deviation + mean * mean - 1 - log_var).sum()
        return (reconstruction + divergence) / x.shape[0]

    def log_weights(self, x, mean, log_var, samples):
        """log p(x, z) - log q(z|x) of samples draws of z for the image x; the constants of the two normals cancel."""
        noise = torch.randn(samples, mean.shape[0])
        z = mean + torch.exp(0.5 * log_var) * noise
        logits = self.decoder(z)
        likelihood = torch.mv(logits, x.flatten()) - F.softplus(logits).sum(1)
        return likelihood + 0.5 * ((noise * noise - z * z).sum(1) + log_var.sum())


def block(convolution, channels, norm, activation):
    """A convolution, its normalisation and its activation."""
    return [convolution, nn.BatchNorm2d(channels), activation()] if norm == "batch" else [convolution, activation()]


def layers(widths, activation):
    made = nn.Sequential()
    for inputs, outputs in zip(widths, widths[1:]):
        made.append(nn.Linear(inputs, outputs))
        made.append(activation())
    return made


def read_images(path):
    """The images of a NumPy file of bytes, [n, height, width, channels], or the training images of a directory of IDX files; bytes in that order."""
    if os.path.isfile(path):
        import numpy

        return torch.from_numpy(numpy.load(path))
    directory = path
    path = os.path.join(directory, "train-images-idx3-ubyte")
    if os.path.exists(path):
        with open(path, "rb") as file:
            content = bytearray(file.read())
    else:
        with gzip.open(path + ".gz", "rb") as file:
            content = bytearray(file.read())
    magic, count, height, width = (int.from_bytes(content[i : i + 4], "big") for i in (0, 4, 8, 12))
    if magic != 0x803 or len(content) != 16 + count * height * width:
        sys.exit(f"{path}: no images: magic {magic:#x}, {count} images of {height}x{width}, {len(content)} bytes")
    return torch.frombuffer(content, dtype=torch.uint8, offset=16).view(count, height, width, 1)


def synthetic_images():
    """Images of MNIST's shape: random bytes, four fifths of them black."""
    shape = (IMAGES, 28, 28, 1)
    ink = torch.rand(shape) < 0.2
    return torch.randint(0, 256, shape, dtype=torch.uint8).mul_(ink)


def batches(images, size, channels_last):
    """Whole batches without end, [size, channels, height, width] in 0..1, every epoch in a new order."""
    images = images.float().div_(255)
    if not channels_last:
        images = images.permute(0, 3, 1, 2).contiguous()
    while True:
        for chosen in torch.randperm(len(images)).split(size):
            if len(chosen) == size:
                batch = images.index_select(0, chosen)
                yield batch.permute(0, 3, 1, 2) if channels_last else batch


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


def training(options, model, images):
    """A function that makes one training step and returns its loss."""
    # Version 1 has no fused Adam for the CPU and refuses the argument.
    choice = {} if options.adam == "single" else {options.adam: True}
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, **choice)
    loss_of = torch.compile(model) if options.compile else model
    source = batches(images, options.batch_size, options.channels_last)

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
            loss = loss_of(next(source))
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
        return loss.detach()

    return step


def evaluation(options, model, images):
    """A function that bounds log p(x) of the next image from options.decode_samples draws of z."""
    weights_of = torch.compile(model.log_weights) if options.compile else model.log_weights
    if options.decode_samples % options.chunk:
        sys.exit(f"--chunk {options.chunk}: must divide --decode-samples {options.decode_samples}")
    chunks = options.decode_samples // options.chunk
    source = batches(images, 1, False)

    def bound():
        with torch.inference_mode():
            x = next(source)
            if model.binarize:
                x = (torch.rand_like(x) < x).to(x.dtype)
            mean, log_var = model.encode(x)
            found = [weights_of(x[0], mean[0], log_var[0], options.chunk) for _ in range(chunks)]
            return torch.logsumexp(torch.cat(found), 0) - math.log(options.decode_samples)

    return bound


def numbers(text):
    return [int(number) for number in text.split(",") if number]


def measure(options):
    torch.manual_seed(1)
    if options.threads:
        torch.set_num_threads(options.threads)
    images = read_images(options.data) if options.data else synthetic_images()
    activation = {"relu": nn.ReLU, "tanh": nn.Tanh}[options.activation]
    conv, hidden = numbers(options.conv), numbers(options.hidden)
    _, height, width, channels = images.shape
    model = Autoencoder((channels, height, width), conv, hidden, options.latent, activation, options.norm, options.binarize == "dynamic")
    if options.channels_last:
        model = model.to(memory_format=torch.channels_last)

    made = evaluation if options.decode_samples else training
    work = made(options, model, images)
    first = time.perf_counter()
    value = work()
    first = time.perf_counter() - first
    rates(work, WARM_UP_SECONDS)
    found = rates(work, options.seconds)
    if not math.isfinite(float(value)):
        sys.exit(f"the first step gave {float(value)}")

    rate = statistics.median(found)
    images_a_call = 1 if options.decode_samples else options.batch_size
    result = {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "compile": options.compile,
        "adam": options.adam,
        "images_per_s": rate * images_a_call,
        "ms_per_step": 1000 / rate,
        "first_step_s": first,
        "last": float(work()),
    }
    if options.decode_samples:
        result["samples_per_s"] = rate * options.decode_samples
        result["chunk"] = options.chunk
    return result


def versions():
    # OpenBLAS takes its own environment variables; distributions link it behind the generic interface.
    blas = "mkl" if torch.backends.mkl.is_available() else "openblas" if openblas_loaded() else "other"
    major = int(torch.__version__.split(".")[0])
    compilers = [os.environ.get("CXX", ""), "c++", "g++", "clang++"]
    return {
        "python": platform.python_version(),
        "executable": sys.executable,
        "torch": torch.__version__,
        "blas": blas,
        "can_compile": major >= 2 and any(name and shutil.which(name) for name in compilers),
        "fused_adam": major >= 2,
    }


def openblas_loaded():
    torch.mm(torch.ones(2, 2), torch.ones(2, 2))
    try:
        with open("/proc/self/maps") as maps:
            return any("openblas" in line for line in maps)
    except OSError:
        return "openblas" in torch.__config__.show().lower()


def parse():
    parser = argparse.ArgumentParser(description="Time a variational autoencoder's training step in PyTorch on the CPU.")
    parser.add_argument("--data", default="", help="directory of IDX files, or a NumPy file of images; without it, synthetic images of MNIST's shape")
    parser.add_argument("--conv", default="", help="channels of convolutions of kernel 4, stride 2 and padding 1 before the hidden layers")
    parser.add_argument("--norm", default="none", choices=["none", "batch"], help="after every convolution but the last")
    parser.add_argument("--hidden", default="400", help="widths of the encoder's hidden layers; the decoder mirrors them")
    parser.add_argument("--latent", type=int, default=20, help="size of the code")
    parser.add_argument("--activation", default="relu", choices=["relu", "tanh"])
    parser.add_argument("--batch-size", type=int, default=128, help="images a step")
    parser.add_argument("--binarize", default="none", choices=["none", "dynamic"], help="dynamic draws every pixel anew at every step")
    parser.add_argument("--decode-samples", type=int, default=0, help="time the importance-weighted bound with so many samples an image")
    parser.add_argument("--chunk", type=int, default=1000, help="samples decoded at once")
    parser.add_argument("--threads", type=int, default=0, help="threads; 0 leaves PyTorch its own choice")
    parser.add_argument("--compile", action="store_true", help="torch.compile the forward pass and its gradient")
    parser.add_argument("--channels-last", action="store_true", help="feature maps with channels innermost")
    parser.add_argument("--bf16", action="store_true", help="compute in bfloat16 where autocast does")
    parser.add_argument("--adam", default="foreach", choices=["single", "foreach", "fused"], help="Adam's implementation")
    parser.add_argument("--seconds", type=float, default=5, help="how long to measure")
    parser.add_argument("--json", action="store_true", help="write the result as JSON")
    parser.add_argument("--check", action="store_true", help="write versions and what can be tried as JSON, and stop")
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
    print(f"{result['images_per_s']:.0f} images/s, {result['ms_per_step']:.3f} ms a step (torch {result['torch']}, {result['threads']} threads)")
    if options.decode_samples:
        print(f"{result['samples_per_s']:.0f} samples/s")


if __name__ == "__main__":
    main()
