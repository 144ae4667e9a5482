"""PyTorch's side of the comparison: the rows of main/, under the same names, timed in the same way.

python torch_peer.py --about | [--seconds S] --row NAME ...

Prints a line a row, separated by tabs: name, seconds of one run, peak resident bytes. Everything is eager. Where PyTorch has a faster
way that a user can choose (fused Adam, fused attention), it is taken.
"""
import math
import os
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(int(os.environ.get("THREADS", "2")))
torch.manual_seed(0)

ROWS = {}
SECONDS, SAMPLES = 0.4, 5


def median(work):
    """The median time of one run; `work` runs something as often as it is told. As Budget.median in Row.swift."""
    work(1)
    begin = time.perf_counter()
    work(1)
    first = time.perf_counter() - begin
    repeats = max(1, int(min(0.02 / max(first, 1e-9), 1e7)))
    times, total = [], 0.0
    while len(times) < SAMPLES or (total < SECONDS and len(times) < 1000):
        begin = time.perf_counter()
        work(repeats)
        spent = time.perf_counter() - begin
        times.append(spent / repeats)
        total += spent
    return sorted(times)[len(times) // 2]


def operation(name, prepare, grad=False):
    def measure():
        with torch.set_grad_enabled(grad):
            body = prepare()

            def work(count):
                for _ in range(count):
                    body()

            return median(work)

    ROWS[name] = measure


def step(name, prepare):
    operation(name, prepare, grad=True)


def forward(name, shapes, function):
    def prepare():
        arguments = [torch.randn(s) for s in shapes]
        return lambda: function(*arguments)

    operation(name, prepare)


def gradient(name, shapes, function):
    def prepare():
        arguments = [torch.randn(s, requires_grad=True) for s in shapes]
        cotangent = torch.randn_like(function(*arguments))
        return lambda: torch.autograd.grad(function(*arguments), arguments, cotangent)

    operation(name, prepare, grad=True)


def memory(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field + ":"))


# Small operations

forward("small/add-8x8", [(8, 8)] * 2, lambda a, b: a + b)
forward("small/matmul-8x8", [(8, 8)] * 2, lambda a, b: a @ b)


def recorded_add():
    a, b = torch.randn(8, 8, requires_grad=True), torch.randn(8, 8)
    return lambda: a + b


operation("small/add-8x8-recorded", recorded_add, grad=True)


def small_mlp():
    x, y = torch.randn(16, 16), torch.randn(16, 16)
    p = [t.requires_grad_() for _ in range(3) for t in (torch.randn(16, 16) * 0.25, torch.zeros(16))]

    def body():
        h = torch.relu(F.linear(x, p[0], p[1]))
        h = torch.relu(F.linear(h, p[2], p[3]))
        return torch.autograd.grad((F.linear(h, p[4], p[5]) - y).square().mean(), p)

    return body


operation("small/mlp-16-gradient", small_mlp, grad=True)

# Elementwise, reductions, functions of rows

for size, shape in {"1e4": (100, 100), "1e6": (1000, 1000), "1e7": (1000, 10000), "1e8": (10000, 10000)}.items():
    forward(f"elementwise/add-{size}", [shape] * 2, lambda a, b: a + b)
    forward(f"elementwise/mul-{size}", [shape] * 2, lambda a, b: a * b)
    forward(f"elementwise/exp-{size}", [shape], torch.exp)
    forward(f"elementwise/gelu-{size}", [shape], F.gelu)
    gradient(f"elementwise/gelu-gradient-{size}", [shape], F.gelu)
    forward(f"reduction/sum-{size}", [shape], torch.sum)
    forward(f"reduction/sum-axis0-{size}", [shape], lambda x: x.sum(0))
    forward(f"reduction/sum-axis1-{size}", [shape], lambda x: x.sum(1))
    forward(f"reduction/max-{size}", [shape], torch.max)

for rows, width in ((16384, 1024), (512, 64)):
    softmax = lambda x: F.softmax(x, -1)
    layer_norm = lambda x, w, b, width=width: F.layer_norm(x, (width,), w, b, 1e-5)
    forward(f"rowwise/softmax-{rows}x{width}", [(rows, width)], softmax)
    gradient(f"rowwise/softmax-gradient-{rows}x{width}", [(rows, width)], softmax)
    forward(f"rowwise/layernorm-{rows}x{width}", [(rows, width), (width,), (width,)], layer_norm)
    gradient(f"rowwise/layernorm-gradient-{rows}x{width}", [(rows, width), (width,), (width,)], layer_norm)

for shape in ((8, 6, 197, 64), (64, 3, 17, 64)):
    name = "x".join(map(str, shape))
    forward(f"attention/{name}", [shape] * 3, F.scaled_dot_product_attention)
    gradient(f"attention/gradient-{name}", [shape] * 3, F.scaled_dot_product_attention)

for n in (64, 128, 256, 512, 1024, 2048):
    forward(f"gemm/{n}", [(n, n)] * 2, torch.matmul)
forward("gemm/batch64-64x64x64", [(64, 64, 64)] * 2, torch.matmul)
forward("gemm/batch48-197x64x197", [(48, 197, 64), (48, 64, 197)], torch.matmul)

# Convolutions at shapes of ResNet and EfficientNet: name, images, weights, stride, groups

for name, x, w, stride, groups in (
    ("stem7x7-112", (8, 3, 112, 112), (64, 3, 7, 7), 2, 1),
    ("3x3-64-28", (8, 64, 28, 28), (64, 64, 3, 3), 1, 1),
    ("3x3-256-7", (8, 256, 7, 7), (256, 256, 3, 3), 1, 1),
    ("3x3-128-28-stride2", (8, 64, 28, 28), (128, 64, 3, 3), 2, 1),
    ("1x1-96-56", (8, 16, 56, 56), (96, 16, 1, 1), 1, 1),
    ("depthwise3x3-96-56", (8, 96, 56, 56), (96, 1, 3, 3), 2, 96),
    ("depthwise5x5-240-14", (8, 240, 14, 14), (240, 1, 5, 5), 1, 240),
):
    convolve = lambda x, w, stride=stride, groups=groups: F.conv2d(x, w, None, stride, w.shape[2] // 2, 1, groups)
    forward(f"conv/{name}", [x, w], convolve)
    gradient(f"conv/gradient-{name}", [x, w], convolve)

# Training steps


def adam():
    """The faster of the two implementations of Adam's step."""
    times = []
    for choice in ({"fused": True}, {"foreach": True}):
        parameters = [torch.randn(1000, 1000, requires_grad=True) for _ in range(25)]
        for p in parameters:
            p.grad = torch.randn_like(p)
        optimizer = torch.optim.Adam(parameters, **choice)
        times.append(median(lambda count: [optimizer.step() for _ in range(count)]))
    return min(times)


ROWS["adam/25M"] = adam


def adamw(model, rate=1e-4, decay=0.05):
    """Weights decay, tensors of rank 1 do not: as FAA's AdamW."""
    parameters = list(model.parameters())
    groups = [{"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay},
              {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0}]
    return torch.optim.AdamW(groups, lr=rate, fused=True)


def train(model, loss):
    """A step: the loss, its gradient, an update."""
    optimizer = adamw(model)

    def body():
        optimizer.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimizer.step()
        if not math.isfinite(value.item()):
            sys.exit(f"the loss is {value.item()}")

    return body


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        b, n, w = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, w // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, w))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


def patches(images, patch):
    b, c, h, w = images.shape
    return images.reshape(b, c, h // patch, patch, w // patch, patch).permute(0, 2, 4, 3, 5, 1).reshape(
        b, (h // patch) * (w // patch), patch * patch * c)


class ViT(nn.Module):
    def __init__(self, image, patch, width, depth, heads):
        super().__init__()
        self.patch, self.count = patch, (image // patch) ** 2
        self.embed = nn.Linear(3 * patch * patch, width)
        self.cls = nn.Parameter(torch.randn(width) * 0.02)
        self.register_buffer("positions", torch.rand(1 + self.count, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def tokens(self, images):
        return self.embed(patches(images, self.patch)) + self.positions[1:]

    def transform(self, tokens):
        first = (self.cls + self.positions[:1]).expand(len(tokens), 1, -1)
        x = torch.cat([first, tokens], 1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def forward(self, images):
        return self.transform(self.tokens(images))[:, 1:].mean(1)


class MAE(nn.Module):
    """With the masking of the reference implementation: the order of uniform noise."""

    def __init__(self, image, patch, width, heads, decoder=128, depth=4, decoder_heads=4):
        super().__init__()
        self.encoder = ViT(image, patch, width, 12, heads)
        self.embed = nn.Linear(width, decoder)
        self.mask_token = nn.Parameter(torch.randn(decoder) * 0.02)
        self.register_buffer("positions", torch.rand(1 + self.encoder.count, decoder))
        self.blocks = nn.ModuleList(Block(decoder, decoder_heads) for _ in range(depth))
        self.norm = nn.LayerNorm(decoder, eps=1e-6)
        self.pred = nn.Linear(decoder, 3 * patch * patch)

    def loss(self, images):
        tokens = self.encoder.tokens(images)
        b, n, w = tokens.shape
        kept = n // 4
        order = torch.rand(b, n).argsort(1)
        restore = order.argsort(1)
        seen = tokens.gather(1, order[:, :kept, None].expand(-1, -1, w))
        latent = self.embed(self.encoder.transform(seen))
        d = latent.shape[-1]
        full = torch.cat([latent[:, 1:], self.mask_token.expand(b, n - kept, d)], 1)
        full = full.gather(1, restore[:, :, None].expand(-1, -1, d))
        x = torch.cat([latent[:, :1], full], 1) + self.positions
        for block in self.blocks:
            x = block(x)
        predicted = self.pred(self.norm(x))[:, 1:]
        target = patches(images, self.encoder.patch)
        target = (target - target.mean(-1, keepdim=True)) / (target.var(-1, keepdim=True) + 1e-6).sqrt()
        hidden = (restore >= kept).float()
        return ((predicted - target).square().mean(-1) * hidden).sum() / hidden.sum()


def masked_autoencoder(image, patch, width, heads, batch):
    model, images = MAE(image, patch, width, heads), torch.rand(batch, 3, image, image)
    return train(model, lambda: model.loss(images))


for name, width, heads in (("tiny", 192, 3), ("small", 384, 6)):
    for image, patch, batch in ((64, 8, 32), (224, 16, 8)):
        step(f"step/mae-{name}-{image}",
             lambda image=image, patch=patch, width=width, heads=heads, batch=batch:
             masked_autoencoder(image, patch, width, heads, batch))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)), inplace=True)))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class ResNet(nn.Module):
    """Under the names of torchvision."""

    def __init__(self, stages, width=64, classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.count, channels = len(stages), width
        for i, count in enumerate(stages):
            blocks = []
            for j in range(count):
                blocks.append(BasicBlock(channels, width << i, 2 if i > 0 and j == 0 else 1))
                channels = width << i
            self.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        for i in range(self.count):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(x.mean((2, 3)))


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduced):
        super().__init__()
        self.conv_reduce = nn.Conv2d(channels, reduced, 1)
        self.conv_expand = nn.Conv2d(reduced, channels, 1)

    def forward(self, x):
        return x * self.conv_expand(F.silu(self.conv_reduce(x.mean((2, 3), keepdim=True)))).sigmoid()


class InvertedBottleneck(nn.Module):
    def __init__(self, inputs, expansion, kernel, stride, outputs):
        super().__init__()
        inner = inputs * expansion
        expand = [("conv_pw", nn.Conv2d(inputs, inner, 1, bias=False))] if expansion > 1 else []
        convolutions = expand + [
            ("conv_dw", nn.Conv2d(inner, inner, kernel, stride, kernel // 2, groups=inner, bias=False)),
            ("conv_pwl" if expand else "conv_pw", nn.Conv2d(inner, outputs, 1, bias=False))]
        for i, (name, convolution) in enumerate(convolutions):
            self.add_module(name, convolution)
            self.add_module(f"bn{i + 1}", nn.BatchNorm2d(convolution.out_channels))
            if name == "conv_dw":
                self.se = SqueezeExcite(inner, max(1, inputs // 4))
        self.names, self.residual = [name for name, _ in convolutions], stride == 1 and inputs == outputs

    def forward(self, x):
        y = x
        for i, name in enumerate(self.names):
            y = getattr(self, f"bn{i + 1}")(getattr(self, name)(y))
            if i + 1 < len(self.names):
                y = F.silu(y, inplace=True)
            if name == "conv_dw":
                y = self.se(y)
        return x + y if self.residual else y


B0 = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4),
      (6, 3, 1, 320, 1))


class EfficientNet(nn.Module):
    """Under the names of timm; stages are (expansion, kernel, stride, outputs, count)."""

    def __init__(self, stages=B0, stem=32, head=1280, classes=1000):
        super().__init__()
        self.conv_stem = nn.Conv2d(3, stem, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        groups, channels = [], stem
        for expansion, kernel, stride, outputs, count in stages:
            blocks = []
            for j in range(count):
                blocks.append(InvertedBottleneck(channels, expansion, kernel, stride if j == 0 else 1, outputs))
                channels = outputs
            groups.append(nn.Sequential(*blocks))
        self.blocks = nn.Sequential(*groups)
        self.conv_head = nn.Conv2d(channels, head, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(head)
        self.classifier = nn.Linear(head, classes)

    def forward(self, x):
        x = self.blocks(F.silu(self.bn1(self.conv_stem(x)), inplace=True))
        return self.classifier(F.silu(self.bn2(self.conv_head(x)), inplace=True).mean((2, 3)))


def classification(make):
    """A step on 8 images of 112 px with 1000 classes."""
    model, images, labels = make(), torch.rand(8, 3, 112, 112), torch.arange(8)
    return train(model, lambda: F.cross_entropy(model(images), labels))


step("step/resnet18-112", lambda: classification(lambda: ResNet((2, 2, 2, 2))))
step("step/resnet34-112", lambda: classification(lambda: ResNet((3, 4, 6, 3))))
step("step/efficientnet-b0-112", lambda: classification(EfficientNet))


def hvp():
    """Double backward. The fused attention kernel has no second derivative on the CPU, so attention is composed."""
    model = nn.Sequential(ViT(32, 8, 192, 12, 3), nn.Linear(192, 10))
    images, labels = torch.rand(8, 3, 32, 32), torch.arange(8)
    parameters = list(model.parameters())
    direction = [torch.randn_like(p) for p in parameters]

    def body():
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            loss = F.cross_entropy(model(images), labels)
            gradients = torch.autograd.grad(loss, parameters, create_graph=True)
            product = torch.autograd.grad(gradients, parameters, direction)
        if not math.isfinite(product[0].sum().item()):
            sys.exit("the product is not finite")

    return body


step("hvp/vit-tiny-forward-over-reverse", hvp)
step("hvp/vit-tiny-reverse-over-reverse", hvp)


def gauss_newton():
    """Forward mode through the model, the loss's Hessian at the logits, and one backward sweep."""
    model = nn.Sequential(ViT(32, 8, 192, 12, 3), nn.Linear(192, 10))
    images, labels = torch.rand(8, 3, 32, 32), torch.arange(8)
    parameters = {name: p.detach() for name, p in model.named_parameters()}
    direction = {name: torch.randn_like(p) for name, p in parameters.items()}
    outputs = lambda p: torch.func.functional_call(model, p, (images,))
    loss = lambda logits: F.cross_entropy(logits, labels)

    def body():
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            logits, tangent = torch.func.jvp(outputs, (parameters,), (direction,))
            _, bent = torch.func.jvp(torch.func.grad(loss), (logits,), (tangent,))
            _, pullback = torch.func.vjp(outputs, parameters)
            (product,) = pullback(bent)
        if not math.isfinite(next(iter(product.values())).sum().item()):
            sys.exit("the product is not finite")

    return body


step("hvp/vit-tiny-gauss-newton", gauss_newton)


def growth():
    model = nn.Sequential(nn.Linear(64, 256), nn.GELU(), nn.Linear(256, 64))
    x, y = torch.randn(128, 64), torch.randn(128, 64)
    body = train(model, lambda: (model(x) - y).square().mean())
    for _ in range(100):
        body()
    resident = memory("VmRSS")
    begin = time.perf_counter()
    for _ in range(9900):
        body()
    spent = time.perf_counter() - begin
    print(f"# growth/10000-steps PyTorch: resident {resident} bytes after 100 steps, {memory('VmRSS')} after 10000")
    return spent / 9900


ROWS["growth/10000-steps"] = growth
ALONE = ("step/", "hvp/", "growth/")


def main(arguments):
    global SECONDS, SAMPLES
    names = []
    while arguments:
        match arguments.pop(0):
            case "--about":
                blas = "MKL" if torch.backends.mkl.is_available() else "no MKL"
                onednn = "oneDNN" if torch.backends.mkldnn.is_available() else "no oneDNN"
                print(f"# PyTorch {torch.__version__}, {blas}, {onednn}, {torch.get_num_threads()} threads,"
                      f" {torch.backends.cpu.get_cpu_capability()}")
            case "--seconds":
                SECONDS, SAMPLES = float(arguments.pop(0)), 3
            case "--row":
                names.append(arguments.pop(0))
            case other:
                sys.exit(f"what is {other}?")
    for name in names:
        seconds = ROWS[name]()
        print(name, seconds, memory("VmHWM") if name.startswith(ALONE) else 0, sep="\t", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
