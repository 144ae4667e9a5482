"""Records layers, models and optimisers of PyTorch in f64: inputs, parameters, outputs, gradients.

python make.py          (numpy, torch, safetensors; writes *.safetensors beside this file)

Tensors are called `parameter/NAME`, `gradient/NAME`, `input`, `output`. Gradients are those of sum(output * cotangent), or of the loss.
Parameters go by the names of FAA's models; a step's parameters after step i are `after/i/NAME`.
"""

import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

here = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def save(name, tensors, metadata=None):
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, here / f"{name}.safetensors", metadata=metadata)
    (here / f"{name}.safetensors").chmod(0o644)


def linear(p, name, x):
    return F.linear(x, p[f"{name}weight"], p[f"{name}bias"])


def norm(p, name, x):
    return F.layer_norm(x, x.shape[-1:], p[f"{name}weight"], p[f"{name}bias"], 1e-6)


def attention(p, name, x, heads):
    b, n, w = x.shape
    q, k, v = linear(p, f"{name}qkv.", x).chunk(3, -1)
    split = lambda t: t.view(b, n, heads, w // heads).transpose(1, 2)
    mixed = F.scaled_dot_product_attention(split(q), split(k), split(v))
    return linear(p, f"{name}proj.", mixed.transpose(1, 2).reshape(b, n, w))


def mlp(p, name, x):
    return linear(p, f"{name}fc2.", F.gelu(linear(p, f"{name}fc1.", x)))


def block(p, name, x, heads):
    x = x + attention(p, f"{name}attn.", norm(p, f"{name}norm1.", x), heads)
    return x + mlp(p, f"{name}mlp.", norm(p, f"{name}norm2.", x))


def linear_shapes(name, inputs, outputs):
    return {f"{name}weight": (outputs, inputs), f"{name}bias": (outputs,)}


def norm_shapes(name, width):
    return {f"{name}weight": (width,), f"{name}bias": (width,)}


def attention_shapes(name, width):
    return linear_shapes(f"{name}qkv.", width, 3 * width) | linear_shapes(f"{name}proj.", width, width)


def mlp_shapes(name, width, hidden):
    return linear_shapes(f"{name}fc1.", width, hidden) | linear_shapes(f"{name}fc2.", hidden, width)


def block_shapes(name, width):
    return (norm_shapes(f"{name}norm1.", width) | attention_shapes(f"{name}attn.", width)
            | norm_shapes(f"{name}norm2.", width) | mlp_shapes(f"{name}mlp.", width, 4 * width))


def parameters(shapes):
    # Of ordinary size, and nowhere zero or one: a layer that ignored a bias or a scale would be found out.
    return {k: (torch.randn(s) * 0.4 + (1 if k.endswith("norm1.weight") else 0)).requires_grad_() for k, s in shapes.items()}


def record(name, shapes, x, function):
    p = parameters(shapes)
    x = x.requires_grad_()
    y = function(p, x)
    cotangent = torch.randn(y.shape)
    gradients = torch.autograd.grad((y * cotangent).sum(), [x, *p.values()])
    save(name, {"input": x, "output": y, "cotangent": cotangent, "gradient/input": gradients[0]}
         | {f"parameter/{k}": v for k, v in p.items()}
         | {f"gradient/{k}": g for k, g in zip(p, gradients[1:])})


record("linear", linear_shapes("", 5, 3), torch.randn(2, 4, 5), lambda p, x: linear(p, "", x))
record("layer_norm", norm_shapes("", 6), torch.randn(3, 2, 6) * 3 + 1, lambda p, x: norm(p, "", x))
record("attention", attention_shapes("", 6), torch.randn(2, 5, 6), lambda p, x: attention(p, "", x, 3))
record("mlp", mlp_shapes("", 4, 7), torch.randn(2, 3, 4), lambda p, x: mlp(p, "", x))
record("block", block_shapes("", 8), torch.randn(2, 3, 8), lambda p, x: block(p, "", x, 2))

# The vision transformer and the masked autoencoder: 12 px images in 4 px patches, nine of them.
IMAGE, PATCH, SIDE, WIDTH, DECODER = 12, 4, 3, 16, 8


def positions(width):
    """By loops: column angles in the first half, row angles in the second, sines before cosines."""
    table = np.zeros((1 + SIDE * SIDE, width))
    half, quarter = width // 2, width // 4
    for row in range(SIDE):
        for column in range(SIDE):
            for i in range(quarter):
                omega = 10000 ** (-2 * i / half)
                for place, start in ((column, 0), (row, half)):
                    table[1 + row * SIDE + column, start + i] = np.sin(place * omega)
                    table[1 + row * SIDE + column, start + quarter + i] = np.cos(place * omega)
    return torch.tensor(table)


def patches(images):
    """By loops: patches row by row, within a patch rows, then columns, then colours."""
    rows = [[[images[b, c, PATCH * r + i, PATCH * q + j] for i in range(PATCH) for j in range(PATCH) for c in range(3)]
             for r in range(SIDE) for q in range(SIDE)] for b in range(len(images))]
    return torch.stack([torch.stack([torch.stack(p) for p in image]) for image in rows])


vit_shapes = ({"cls_token": (WIDTH,)} | linear_shapes("patch_embed.", 3 * PATCH * PATCH, WIDTH)
              | block_shapes("blocks.0.", WIDTH) | block_shapes("blocks.1.", WIDTH) | norm_shapes("norm.", WIDTH))


def encode(p, tokens):
    x = torch.cat([p["cls_token"].expand(len(tokens), 1, WIDTH), tokens], 1)
    for i in range(2):
        x = block(p, f"blocks.{i}.", x, 4)
    return norm(p, "norm.", x)


def embed(p, images):
    return linear(p, "patch_embed.", patches(images)) + positions(WIDTH)[1:]


record("vit", vit_shapes, torch.rand(2, 3, IMAGE, IMAGE), lambda p, x: encode(p, embed(p, x))[:, 1:].mean(1))

mae_shapes = vit_shapes | (linear_shapes("decoder_embed.", WIDTH, DECODER) | {"mask_token": (DECODER,)}
                           | block_shapes("decoder_blocks.0.", DECODER) | norm_shapes("decoder_norm.", DECODER)
                           | linear_shapes("decoder_pred.", DECODER, 3 * PATCH * PATCH))
ORDERS = torch.tensor([[4, 0, 8, 1, 2, 3, 5, 6, 7], [7, 6, 1, 8, 5, 4, 3, 2, 0]])  # the first two of each are seen
KEPT = 2


def mae_predictions(p, images):
    tokens = embed(p, images)
    seen = torch.stack([tokens[b, ORDERS[b, :KEPT]] for b in range(2)])
    latent = linear(p, "decoder_embed.", encode(p, seen))
    rows = []
    for b in range(2):
        full = [p["mask_token"]] * (SIDE * SIDE)
        for place, patch in enumerate(ORDERS[b, :KEPT]):
            full[patch] = latent[b, 1 + place]
        rows.append(torch.stack([latent[b, 0], *full]))
    x = block(p, "decoder_blocks.0.", torch.stack(rows) + positions(DECODER), 2)
    return linear(p, "decoder_pred.", norm(p, "decoder_norm.", x))[:, 1:]


for name, normalised in (("mae", True), ("mae_pixels", False)):
    p = parameters(mae_shapes)
    images = torch.rand(2, 3, IMAGE, IMAGE)
    predicted = mae_predictions(p, images)
    target = patches(images)
    if normalised:
        target = (target - target.mean(-1, keepdim=True)) / (target.var(-1, keepdim=True, unbiased=True) + 1e-6).sqrt()
    hidden = torch.ones(2, SIDE * SIDE)
    for b in range(2):
        hidden[b, ORDERS[b, :KEPT]] = 0
    loss = (((predicted - target) ** 2).mean(-1) * hidden).sum() / hidden.sum()

    # The same loss once more, by hand in NumPy.
    x, y, by_hand, count = images.numpy(), predicted.detach().numpy(), 0.0, 0
    for b in range(2):
        for patch in range(SIDE * SIDE):
            if patch in ORDERS[b, :KEPT]:
                continue
            r, q = divmod(patch, SIDE)
            values = x[b, :, PATCH * r:PATCH * (r + 1), PATCH * q:PATCH * (q + 1)].transpose(1, 2, 0).reshape(-1)
            if normalised:
                values = (values - values.mean()) / np.sqrt(values.var(ddof=1) + 1e-6)
            by_hand += ((y[b, patch] - values) ** 2).mean()
            count += 1
    assert abs(by_hand / count - loss.item()) < 1e-12

    gradients = torch.autograd.grad(loss, list(p.values()))
    save(name, {"input": images, "predictions": predicted, "loss": loss, "orders": ORDERS}
         | {f"parameter/{k}": v for k, v in p.items()} | {f"gradient/{k}": g for k, g in zip(p, gradients)})
save("positions", {"16": positions(16), "8": positions(8)})

# Optimisers on a linear layer: five steps with given gradients, at a rate that changes.
RATES = [0.1, 0.1, 0.05, 0.2, 0.01]
for name, make in {
    "adamw": lambda decay, rest: torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.3}, {"params": rest, "weight_decay": 0}], lr=0.1, betas=(0.8, 0.95), eps=1e-6),
    "sgd": lambda decay, rest: torch.optim.SGD([*decay, *rest], lr=0.1, momentum=0.9, weight_decay=0.01),
    "plain_sgd": lambda decay, rest: torch.optim.SGD([*decay, *rest], lr=0.1),
}.items():
    p = {"weight": torch.randn(3, 2).requires_grad_(), "bias": torch.randn(3).requires_grad_()}
    out = {f"parameter/{k}": v.clone() for k, v in p.items()} | {"rates": torch.tensor(RATES)}
    optimiser = make([p["weight"]], [p["bias"]])
    for i, rate in enumerate(RATES):
        for group in optimiser.param_groups:
            group["lr"] = rate
        for k, v in p.items():
            v.grad = torch.randn(v.shape)
            out[f"gradient/{i}/{k}"] = v.grad.clone()
        optimiser.step()
        out |= {f"after/{i}/{k}": v.detach().clone() for k, v in p.items()}
    save(name, out)
print("recorded with torch", torch.__version__)
