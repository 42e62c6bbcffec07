"""Writes adapter_reference.safetensors: what PEFT's adapters add to two small layers, and their gradients.

    python make_adapter_reference.py

Needs torch, peft and safetensors. The layers are a linear one, 12 to 8 with a bias, and a convolution of 3x3, 4 to 6 with
a bias, over images of 5x4. Each case has "<case>.output" and, for every parameter as PEFT's state dictionary names it,
"<case>.value.<name>" and "<case>.gradient.<name>"; the loss is the sum of the output times "<layer>.slope".
"""

import pathlib

import peft
import torch
from safetensors.torch import save_file

torch.manual_seed(5)


class Model(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(12, 8)
        self.conv = torch.nn.Conv2d(4, 6, 3, padding=1)


CASES = {
    "lora": (peft.LoraConfig, {"r": 3, "lora_alpha": 6}),
    "rslora": (peft.LoraConfig, {"r": 3, "lora_alpha": 6, "use_rslora": True}),
    "dora": (peft.LoraConfig, {"r": 3, "lora_alpha": 6, "use_dora": True}),
    "loha": (peft.LoHaConfig, {"r": 2, "alpha": 5}),
    "lokr": (peft.LoKrConfig, {"r": 1, "alpha": 2}),  # second factor in two
    "lokr_whole": (peft.LoKrConfig, {"r": 4, "alpha": 2, "decompose_factor": 2}),
}


def main() -> None:
    base = Model()
    inputs = {"linear": torch.randn(5, 12), "conv": torch.randn(2, 4, 5, 4)}
    tensors = {f"{layer}.input": x for layer, x in inputs.items()}
    tensors |= {name: value.detach().clone() for name, value in base.state_dict().items()}
    slopes = {layer: torch.randn_like(getattr(base, layer)(x)) for layer, x in inputs.items()}
    tensors |= {f"{layer}.slope": slope for layer, slope in slopes.items()}
    for case, (config, options) in CASES.items():
        for layer, x in inputs.items():
            model = Model()
            model.load_state_dict(base.state_dict())
            model = peft.get_peft_model(model, config(target_modules=[layer], **options))
            module = getattr(model.base_model.model, layer)
            for name, parameter in model.named_parameters():
                if parameter.requires_grad:
                    parameter.data = torch.randn_like(parameter) / 2
                    if "magnitude" in name:
                        parameter.data = parameter.data.abs() + 0.5
            y = module(x)
            (y * slopes[layer]).sum().backward()
            key = f"{case}.{layer}"
            tensors[f"{key}.output"] = y.detach()
            gradients = {n: p.grad for n, p in model.named_parameters() if p.requires_grad}
            for name, value in peft.get_peft_model_state_dict(model).items():
                own = next(n for n in gradients if n.replace(".default", "").removesuffix(".weight") == name.removesuffix(".weight"))
                tensors[f"{key}.value.{name}"] = value.detach().clone().contiguous()
                tensors[f"{key}.gradient.{name}"] = gradients[own].contiguous()
    save_file(tensors, pathlib.Path(__file__).parent / "adapter_reference.safetensors", metadata={"made_by": f"peft {peft.__version__}, torch {torch.__version__}"})


if __name__ == "__main__":
    main()
