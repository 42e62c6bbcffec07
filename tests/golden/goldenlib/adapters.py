"""More adapters: LyCORIS' convolutions, DoRA in kohya's files, original SDXL names, textual inversion."""

from __future__ import annotations

import copy
import math
import traceback
from collections.abc import Callable
from typing import Any

import diffusers as df
import torch
from safetensors.torch import save_file

from . import pipelines
from .common import CaseFolder, Context, Tensors, randn, reference_name, tolerance
from .denoisers import call
from .lora import base_model, combine, doubled, kohya_name, low_rank, sd_inputs

SCALES = [1.0, 0.6]
# The weight with an adapter at some strength, from the weight without it.
Change = Callable[[torch.Tensor, float], torch.Tensor]


def additive(delta: torch.Tensor) -> Change:
    return lambda weight, scale: weight + (scale * delta.double()).reshape(weight.shape).to(weight.dtype)


def decomposed(delta: torch.Tensor, magnitude: torch.Tensor, columns: bool) -> Change:
    """DoRA: the sum's rows (or its input channels) have the given norms."""

    def change(weight: torch.Tensor, scale: float) -> torch.Tensor:
        total = weight.double() + scale * delta.double().reshape(weight.shape)
        axes = [a for a in range(total.ndim) if a != (1 if columns else 0)]
        return (total * magnitude.double() / torch.linalg.vector_norm(total, dim=axes, keepdim=True)).to(weight.dtype)

    return change


@torch.no_grad()
def changed(model: torch.nn.Module, changes: dict[str, Change], scale: float) -> torch.nn.Module:
    result = copy.deepcopy(model)
    params = dict(result.named_parameters())
    for name, change in changes.items():
        params[name].copy_(change(params[name], scale))
    return result


class LycorisFile:
    """Layers of one UNet, each with another kind of adapter; tensors are rounded to f16, as files have them."""

    def __init__(self, case: CaseFolder, unet: Any) -> None:
        self.case, self.params = case, dict(unet.named_parameters())
        self.tensors: Tensors = {}
        self.changes: dict[str, Change] = {}

    def draw(self, *shape: int, scale: float = 0.3) -> torch.Tensor:
        return randn(self.case.gen, *shape, scale=scale).half().float()

    def put(self, layer: str, **parts: torch.Tensor) -> str:
        for part, value in parts.items():
            self.tensors[f"{kohya_name('lora_unet', layer)}.{part.replace('__', '.')}"] = value.half()
        return f"{layer}.weight"

    def locon(self, layer: str, rank: int, alpha: float) -> None:
        out, into, *kernel = self.params[f"{layer}.weight"].shape
        down, mid, up = self.draw(rank, into, 1, 1), self.draw(rank, rank, *kernel), self.draw(out, rank, 1, 1)
        delta = torch.einsum("oi,ijkl,jc->ockl", up[..., 0, 0].double(), mid.double(), down[..., 0, 0].double())
        self.changes[self.put(layer, lora_down__weight=down, lora_mid__weight=mid, lora_up__weight=up, alpha=torch.tensor(alpha))] = additive(delta * (alpha / rank))

    def dora(self, layer: str, rank: int, columns: bool) -> None:
        weight = self.params[f"{layer}.weight"]
        down, up = (t.half().float() for t in low_rank(self.case.gen, weight, rank))
        shape = [n if a == (1 if columns else 0) else 1 for a, n in enumerate(weight.shape)]
        magnitude = (self.draw(*shape, scale=0.2) + 1.2).half().float()
        self.changes[self.put(layer, lora_down__weight=down, lora_up__weight=up, dora_scale=magnitude)] = decomposed(combine(down, up), magnitude, columns)

    def tucker_loha(self, layer: str, rank: int, alpha: float) -> None:
        out, into, *kernel = self.params[f"{layer}.weight"].shape
        parts = dict(hada_t1=self.draw(rank, rank, *kernel), hada_w1_a=self.draw(rank, out), hada_w1_b=self.draw(rank, into, scale=1.0),
                     hada_t2=self.draw(rank, rank, *kernel), hada_w2_a=self.draw(rank, out), hada_w2_b=self.draw(rank, into, scale=1.0))
        p = {k: v.double() for k, v in parts.items()}
        delta = math.prod(torch.einsum("ijkl,jr,ip->prkl", p[f"hada_t{n}"], p[f"hada_w{n}_b"], p[f"hada_w{n}_a"]) for n in (1, 2))
        self.changes[self.put(layer, **parts, alpha=torch.tensor(alpha))] = additive(delta * (alpha / rank))

    def tucker_lokr(self, layer: str, rank: int, alpha: float) -> None:
        out, into, *kernel = self.params[f"{layer}.weight"].shape
        parts = dict(lokr_w1_a=self.draw(2, 1), lokr_w1_b=self.draw(1, 4, scale=1.0), lokr_t2=self.draw(rank, rank, *kernel, scale=0.5), lokr_w2_a=self.draw(rank, out // 2, scale=0.6), lokr_w2_b=self.draw(rank, into // 4, scale=1.0))
        p = {k: v.double() for k, v in parts.items()}
        second = torch.einsum("ijkl,jr,ip->prkl", p["lokr_t2"], p["lokr_w2_b"], p["lokr_w2_a"])
        delta = torch.kron((p["lokr_w1_a"] @ p["lokr_w1_b"])[..., None, None].contiguous(), second.contiguous())
        self.changes[self.put(layer, **parts, alpha=torch.tensor(alpha))] = additive(delta * (alpha / rank))

    def full(self, layer: str, part: str = "diff", bias: str = "diff_b") -> None:
        weight, own = self.draw(*self.params[f"{layer}.weight"].shape, scale=0.05), self.draw(*self.params[f"{layer}.bias"].shape, scale=0.1)
        self.changes[self.put(layer, **{part: weight, bias: own})] = additive(weight)
        self.changes[f"{layer}.bias"] = additive(own)


def unet_outputs(unet: Any, inputs: Tensors, tag: str) -> Tensors:
    with torch.no_grad():
        return {f"{tag}.sample": call(unet, inputs, {})}


def finish(case: CaseFolder, unet: Any, changes: dict[str, Change], inputs: Tensors, notes: str, model: str) -> None:
    expected: Tensors = {}
    high: Tensors = {}
    for scale in SCALES:
        tag = f"scale_{scale:g}"
        expected |= unet_outputs(changed(unet, changes, scale), inputs, tag)
        high |= unet_outputs(changed(copy.deepcopy(unet).double(), changes, scale), doubled(inputs), tag)
    case.finish("merge by definition", inputs, expected, tolerance(expected, high), notes, model=f"../{model}/model", submodel="unet", adapter="lora.safetensors", scales=SCALES)


def lycoris(ctx: Context) -> None:
    case = CaseFolder(ctx, "lora_sd15_lycoris", "lora")
    pipe = df.StableDiffusionPipeline.from_pretrained(base_model(ctx, "pipeline_sd15"), safety_checker=None, requires_safety_checker=False)
    unet = pipe.unet.eval()
    file = LycorisFile(case, unet)
    file.locon("down_blocks.0.resnets.0.conv1", 3, 2.0)
    file.locon("down_blocks.0.downsamplers.0.conv", 2, 1.0)
    file.dora("mid_block.resnets.0.conv2", 3, False)
    file.dora("mid_block.attentions.0.transformer_blocks.0.attn1.to_q", 2, False)
    file.dora("mid_block.attentions.0.transformer_blocks.0.attn2.to_k", 2, True)
    file.dora("up_blocks.0.resnets.0.conv1", 2, True)
    file.tucker_loha("mid_block.resnets.1.conv1", 2, 1.0)
    file.tucker_lokr("mid_block.resnets.1.conv2", 2, 1.0)
    file.full("up_blocks.1.resnets.0.conv2")
    file.full("mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj")
    file.full("up_blocks.1.resnets.0.norm2", "w_norm", "b_norm")
    save_file({k: v.contiguous() for k, v in file.tensors.items()}, str(case.path / "lora.safetensors"))
    inputs = {k: v for k, v in sd_inputs(case, unet, pipe.text_encoder).items() if k != "input_ids"}
    finish(case, unet, file.changes, inputs, "f16 tensors. LoCon with a core, DoRA over rows and over columns, LoHa and LoKr with cores, full differences of kernels, matrices, biases and norms.", "pipeline_sd15")


def original_names(ctx: Context) -> None:
    """kohya's names for SDXL are those of Stability's layout, numbered through the blocks."""
    case = CaseFolder(ctx, "lora_sdxl_original_names", "lora")
    pipe = df.StableDiffusionXLPipeline.from_pretrained(base_model(ctx, "pipeline_sdxl"))
    unet = pipe.unet.eval()
    names = {
        "down_blocks.0.resnets.0.conv1": "input_blocks_1_0_in_layers_2",
        "down_blocks.0.downsamplers.0.conv": "input_blocks_2_0_op",
        "down_blocks.1.resnets.0.conv_shortcut": "input_blocks_3_0_skip_connection",
        "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q": "input_blocks_3_1_transformer_blocks_0_attn1_to_q",
        "down_blocks.1.attentions.0.proj_in": "input_blocks_3_1_proj_in",
        "mid_block.resnets.0.time_emb_proj": "middle_block_0_emb_layers_1",
        "mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj": "middle_block_1_transformer_blocks_0_ff_net_0_proj",
        "mid_block.resnets.1.conv2": "middle_block_2_out_layers_3",
        "up_blocks.0.attentions.1.transformer_blocks.0.attn2.to_v": "output_blocks_1_1_transformer_blocks_0_attn2_to_v",
        "up_blocks.0.upsamplers.0.conv": "output_blocks_1_2_conv",
        "up_blocks.1.resnets.1.conv1": "output_blocks_3_0_in_layers_2",
        "time_embedding.linear_1": "time_embed_0",
        "add_embedding.linear_2": "label_emb_0_2",
        "conv_in": "input_blocks_0_0",
        "conv_out": "out_2",
    }
    params = dict(unet.named_parameters())
    tensors: Tensors = {}
    changes: dict[str, Change] = {}
    for layer, original in names.items():
        if f"{layer}.weight" not in params:
            raise ValueError(f"the model has no {layer}")
        down, up = low_rank(case.gen, params[f"{layer}.weight"], 2)
        tensors[f"lora_unet_{original}.lora_down.weight"], tensors[f"lora_unet_{original}.lora_up.weight"] = down, up
        changes[f"{layer}.weight"] = additive(combine(down, up))
    save_file({k: v.contiguous() for k, v in tensors.items()}, str(case.path / "lora.safetensors"))
    config, gen = unet.config, case.gen
    inputs = {"sample": randn(gen, 1, config.in_channels, 8, 12), "timestep": torch.tensor([421]), "encoder_hidden_states": randn(gen, 1, 7, config.cross_attention_dim),
              "added_cond_kwargs.text_embeds": randn(gen, 1, 20), "added_cond_kwargs.time_ids": torch.tensor([[64.0, 96.0, 0.0, 8.0, 64.0, 96.0]])}
    finish(case, unet, changes, inputs, "Names of Stability AI's layout.", "pipeline_sdxl")


def textual_inversion(ctx: Context) -> None:
    case = CaseFolder(ctx, "pipeline_sd15_textual_inversion", "pipeline")
    pipe = df.StableDiffusionPipeline.from_pretrained(base_model(ctx, "pipeline_sd15"), safety_checker=None, requires_safety_checker=False)
    width = pipe.text_encoder.config.hidden_size
    files = {"ink-style": randn(case.gen, 3, width, scale=0.6), "bad": randn(case.gen, width, scale=0.6)}
    for name, values in files.items():
        save_file({"emb_params": values}, str(case.path / f"{name}.safetensors"))
        pipe.load_textual_inversion({name: values}, token=name)
    height, width = 16, 24
    settings = dict(prompt="A photo of a fox, ink-style, in the rain", negative_prompt="bad blurry", guidance_scale=5.0, num_inference_steps=4, height=height, width=width, latents=randn(case.gen, 1, 4, height // 2, width // 2))
    expected, _ = pipelines.run(pipe, settings, case.gen, None, torch.float32)
    high = pipelines.run(pipelines.double_pipe(pipe), settings, None, [], torch.float64)[0]
    arguments = {k: v for k, v in settings.items() if not isinstance(v, torch.Tensor)}
    case.finish(reference_name("diffusers", "StableDiffusionPipeline.load_textual_inversion"), {"latents": settings["latents"]}, expected, tolerance(expected, high, fallback=2e-4),
                "Words of the prompts stand for the vectors in the files of their names.", model="../pipeline_sd15/model", arguments=arguments, embeddings=[f"{name}.safetensors" for name in files])


def textual_inversion_sdxl(ctx: Context) -> None:
    """One file with vectors for both encoders, loaded as diffusers' documentation does it."""
    case = CaseFolder(ctx, "pipeline_sdxl_textual_inversion", "pipeline")
    pipe = df.StableDiffusionXLPipeline.from_pretrained(base_model(ctx, "pipeline_sdxl"), add_watermarker=False)
    values = {"clip_g": randn(case.gen, 2, pipe.text_encoder_2.config.hidden_size, scale=0.6), "clip_l": randn(case.gen, 2, pipe.text_encoder.config.hidden_size, scale=0.6)}
    save_file(values, str(case.path / "ink-style.safetensors"))
    pipe.load_textual_inversion(values["clip_g"], token="ink-style", text_encoder=pipe.text_encoder_2, tokenizer=pipe.tokenizer_2)
    pipe.load_textual_inversion(values["clip_l"], token="ink-style", text_encoder=pipe.text_encoder, tokenizer=pipe.tokenizer)
    settings = dict(prompt="A photo of a fox, ink-style, in the rain", negative_prompt="blurry", guidance_scale=5.0, num_inference_steps=3, height=8, width=16, latents=randn(case.gen, 1, 4, 4, 8))
    expected, _ = pipelines.run(pipe, settings, case.gen, None, torch.float32)
    high = pipelines.run(pipelines.double_pipe(pipe), settings, None, [], torch.float64)[0]
    arguments = {k: v for k, v in settings.items() if not isinstance(v, torch.Tensor)}
    case.finish(reference_name("diffusers", "StableDiffusionXLPipeline.load_textual_inversion"), {"latents": settings["latents"]}, expected, tolerance(expected, high, fallback=2e-4),
                "A word of the prompt stands for vectors of both encoders, which one file holds.", model="../pipeline_sdxl/model", arguments=arguments, embeddings=["ink-style.safetensors"])


def generate(ctx: Context) -> None:
    failed: list[str] = []
    for name, build in {"lora_sd15_lycoris": lycoris, "lora_sdxl_original_names": original_names, "pipeline_sd15_textual_inversion": textual_inversion,
                        "pipeline_sdxl_textual_inversion": textual_inversion_sdxl}.items():
        if not ctx.wants(name):
            continue
        try:
            build(ctx)
        except Exception:
            traceback.print_exc()
            failed.append(name)
    if failed:
        raise RuntimeError(", ".join(failed))
