"""Records small ResNets and EfficientNets of PyTorch in f64, the modules of Benchmarks/engine/torch_peer.py, and a convolution and a
batch normalisation by themselves.

python make_convolutional.py          (torch, safetensors; writes *.safetensors beside this file)

As make.py, and `buffer/NAME` before, `after/NAME` after a pass in training, whose result is `trained`; `output` is that in inference, before
it. Gradients are those of sum(trained * cotangent).
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here / "../../../Benchmarks/engine"))
import torch_peer as peer

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def record(name, model, x):
    parameters = dict(model.named_parameters())
    buffers = lambda: {k: v.clone() for k, v in model.named_buffers() if not k.endswith("num_batches_tracked")}
    with torch.no_grad():
        for k, v in parameters.items():
            if v.ndim == 1:
                v.copy_(torch.randn(v.shape) * 0.3 + (1 if k.endswith("weight") else 0))
        for k, v in model.named_buffers():
            if k.endswith("running_mean"):
                v.normal_()
            elif k.endswith("running_var"):
                v.uniform_(0.5, 2)
    before = buffers()
    x = x.requires_grad_()
    output = model.eval()(x).detach()
    trained = model.train()(x)
    cotangent = torch.randn(trained.shape)
    gradients = torch.autograd.grad((trained * cotangent).sum(), [x, *parameters.values()])
    tensors = {"input": x, "output": output, "trained": trained, "cotangent": cotangent, "gradient/input": gradients[0]}
    tensors |= {f"parameter/{k}": v for k, v in parameters.items()}
    tensors |= {f"gradient/{k}": g for k, g in zip(parameters, gradients[1:])}
    tensors |= {f"buffer/{k}": v for k, v in before.items()}
    tensors |= {f"after/{k}": v for k, v in buffers().items()}
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, here / f"{name}.safetensors")
    (here / f"{name}.safetensors").chmod(0o644)


record("convolution", nn.Conv2d(4, 6, 3, 2, 1, groups=2), torch.randn(2, 4, 7, 6))
record("batch_norm", nn.BatchNorm2d(3), torch.randn(4, 3, 5, 2) * 2 + 1)
record("resnet", peer.ResNet((1, 2), width=4, classes=3), torch.randn(3, 3, 20, 20))
record("efficientnet", peer.EfficientNet(((1, 3, 1, 4, 1), (6, 5, 2, 8, 2)), stem=8, head=12, classes=3),
       torch.randn(3, 3, 12, 12))

# The sizes that the papers state.
for model, count in ((peer.ResNet((2, 2, 2, 2)), 11_689_512), (peer.ResNet((3, 4, 6, 3)), 21_797_672),
                     (peer.EfficientNet(), 5_288_548)):
    assert sum(p.numel() for p in model.parameters()) == count
print("recorded with torch", torch.__version__)
