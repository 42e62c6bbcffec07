"""Control models (ControlNet, T2I-Adapter), image prompts (CLIP's image encoder, IP-Adapter) and perturbed attention: forwards, and pipelines over the parts of pipeline_sd15."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import diffusers as df
import torch
import transformers as tf
from diffusers.models.embeddings import ImageProjection
from diffusers.pipelines.stable_diffusion import StableDiffusionPipelineOutput
from safetensors.torch import load_file, save_file

from .common import CaseFolder, Context, NoiseTape, Tensors, randn, randomize, reference_name, round_weights, run_both, to_double, tolerance
from .lora import base_model
from .pipelines import NEGATIVE, PROMPT

CONTROLNET = dict(in_channels=4, conditioning_channels=3, layers_per_block=1, block_out_channels=[8, 16], norm_num_groups=4, cross_attention_dim=24, attention_head_dim=2,
                  down_block_types=["CrossAttnDownBlock2D", "DownBlock2D"], conditioning_embedding_out_channels=[4, 8])
CONTROLNET_XL = {**CONTROLNET, "cross_attention_dim": 32, "attention_head_dim": [1, 2], "transformer_layers_per_block": [1, 2], "use_linear_projection": True, "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
                 "addition_embed_type": "text_time", "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 48 + 20, "conditioning_embedding_out_channels": [3, 5]}  # as pipeline_sdxl's UNet


def save(case: CaseFolder, model: Any, store: torch.dtype) -> None:
    copy.deepcopy(model).to(store).save_pretrained(case.model_dir)


def stored_as(store: torch.dtype) -> str:
    return "" if store == torch.float32 else f" Weights are stored as {str(store).removeprefix('torch.')}; the reference computes in float32."


@torch.no_grad()
def controlnet(ctx: Context, name: str, config: dict[str, Any], shapes: dict[str, Any], plain: dict[str, Any], store: torch.dtype, notes: str) -> None:
    case = CaseFolder(ctx, name, "control_model")
    model = randomize(df.ControlNetModel(**config), case.gen)
    round_weights(model, store)
    inputs: Tensors = {k: (randn(case.gen, *v) if isinstance(v, tuple) else v) for k, v in shapes.items()}
    inputs["controlnet_cond"] = inputs["controlnet_cond"].sigmoid()

    def evaluate(m: Any, i: Tensors) -> Tensors:
        added = {k.split(".", 1)[1]: v for k, v in i.items() if k.startswith("added_cond_kwargs.")}
        down, mid = m(**{k: v for k, v in i.items() if "." not in k}, **plain, added_cond_kwargs=added or None, return_dict=False)
        return {**{f"down_block_res_samples.{n}": x for n, x in enumerate(down)}, "mid_block_res_sample": mid}

    expected, high, note = run_both(model, inputs, evaluate)
    save(case, model, store)
    case.finish(reference_name("diffusers", "ControlNetModel"), inputs, expected, tolerance(expected, high), f"{notes}{stored_as(store)} {note}".strip(), arguments=plain)


@torch.no_grad()
def t2i_adapter(ctx: Context, name: str, config: dict[str, Any], shape: tuple[int, ...], store: torch.dtype, notes: str) -> None:
    case = CaseFolder(ctx, name, "control_model")
    model = randomize(df.T2IAdapter(**config), case.gen)
    round_weights(model, store)
    inputs = {"x": randn(case.gen, *shape).sigmoid()}
    expected, high, note = run_both(model, inputs, lambda m, i: {f"features.{n}": x for n, x in enumerate(m(i["x"]))})
    save(case, model, store)
    case.finish(reference_name("diffusers", "T2IAdapter"), inputs, expected, tolerance(expected, high), f"features.N are the list that forward() returns. {notes}{stored_as(store)} {note}".strip())


@torch.no_grad()
def controlled_unet(ctx: Context, name: str, base: str, sample: tuple[int, ...], down: list[tuple[int, ...]], mid: tuple[int, ...] | None, levels: list[tuple[int, ...]], notes: str) -> None:
    case = CaseFolder(ctx, name, "denoiser")
    folder = ctx.out / base / "model"
    if not folder.exists():
        raise FileNotFoundError(f"make {base} first")
    model = df.UNet2DConditionModel.from_pretrained(folder).eval()
    inputs: Tensors = {"sample": randn(case.gen, *sample), "timestep": torch.tensor([431]), "encoder_hidden_states": randn(case.gen, sample[0], 5, model.config.cross_attention_dim)}
    if model.config.addition_embed_type:
        inputs["added_cond_kwargs.text_embeds"] = randn(case.gen, sample[0], 20)
        inputs["added_cond_kwargs.time_ids"] = torch.tensor([[64.0, 64, 0, 0, 64, 64]] * sample[0])
    for n, shape in enumerate(down):
        inputs[f"down_block_additional_residuals.{n}"] = randn(case.gen, *shape)
    if mid:
        inputs["mid_block_additional_residual"] = randn(case.gen, *mid)
    for n, shape in enumerate(levels):
        inputs[f"down_intrablock_additional_residuals.{n}"] = randn(case.gen, *shape)

    def evaluate(m: Any, i: Tensors) -> Tensors:
        def several(prefix: str) -> list[torch.Tensor] | None:
            return [v for k, v in i.items() if k.startswith(prefix + ".")] or None

        added = {k.split(".", 1)[1]: v for k, v in i.items() if k.startswith("added_cond_kwargs.")}
        return {"sample": m(i["sample"], i["timestep"], i["encoder_hidden_states"], added_cond_kwargs=added or None, down_block_additional_residuals=several("down_block_additional_residuals"),
                            mid_block_additional_residual=i.get("mid_block_additional_residual"), down_intrablock_additional_residuals=several("down_intrablock_additional_residuals"), return_dict=False)[0]}

    expected, high, note = run_both(model, inputs, evaluate)
    case.finish(reference_name("diffusers", "UNet2DConditionModel"), inputs, expected, tolerance(expected, high), f"{notes} {note}".strip(), model=f"../{base}/model")


@torch.no_grad()
def image_encoder(ctx: Context, name: str, store: torch.dtype, rows: int, changes: dict[str, Any]) -> None:
    case = CaseFolder(ctx, name, "image_encoder")
    config = tf.CLIPVisionConfig(**{**dict(hidden_size=24, intermediate_size=52, num_hidden_layers=3, num_attention_heads=3, projection_dim=20, image_size=16, patch_size=4, hidden_act="gelu"), **changes})
    config._attn_implementation = "eager"
    model = randomize(tf.CLIPVisionModelWithProjection(config), case.gen)
    round_weights(model, store)
    inputs = {"pixel_values": randn(case.gen, rows, 3, config.image_size, config.image_size)}

    def evaluate(m: Any, i: Tensors) -> Tensors:
        out = m(i["pixel_values"], output_hidden_states=True)
        return {"image_embeds": out.image_embeds, "last_hidden_state": out.last_hidden_state, **{f"hidden_states.{n}": x for n, x in enumerate(out.hidden_states)}}

    expected, high, note = run_both(model, inputs, evaluate)
    save(case, model, store)
    case.finish(reference_name("transformers", "CLIPVisionModelWithProjection"), inputs, expected, tolerance(expected, high), f"hidden_states.N are taken in front of the last norm, last_hidden_state too.{stored_as(store)} {note}".strip())


def ip_adapter_file(case: CaseFolder, kind: str, widths: list[int], cross: int, embed: int, store: torch.dtype) -> str:
    """A file as published, with the image projection's own names. Widths: of the cross attentions in the order of attn_processors."""
    def matrix(rows: int, cols: int) -> torch.Tensor:
        return randn(case.gen, rows, cols, scale=cols**-0.5)

    def vector(n: int, mean: float = 0.0) -> torch.Tensor:
        return mean + randn(case.gen, n, scale=0.1)

    weights: Tensors = {}
    if kind == "plain":
        weights = {"proj.weight": matrix(4 * cross, embed), "proj.bias": vector(4 * cross), "norm.weight": vector(cross, 1), "norm.bias": vector(cross)}
    elif kind == "full":
        weights = {"proj.0.weight": matrix(embed, embed), "proj.0.bias": vector(embed), "proj.2.weight": matrix(cross, embed), "proj.2.bias": vector(cross), "proj.3.weight": vector(cross, 1), "proj.3.bias": vector(cross)}
    else:
        hidden, inner = 4, 128
        weights = {"latents": randn(case.gen, 1, 5, hidden), "proj_in.weight": matrix(hidden, embed), "proj_in.bias": vector(hidden), "proj_out.weight": matrix(cross, hidden), "proj_out.bias": vector(cross),
                   "norm_out.weight": vector(cross, 1), "norm_out.bias": vector(cross)}
        for n in range(4):  # as many as the reference always makes
            for norm in ("0.norm1", "0.norm2", "1.0"):
                weights |= {f"layers.{n}.{norm}.weight": vector(hidden, 1), f"layers.{n}.{norm}.bias": vector(hidden)}
            weights |= {f"layers.{n}.0.to_q.weight": matrix(inner, hidden), f"layers.{n}.0.to_kv.weight": matrix(2 * inner, hidden), f"layers.{n}.0.to_out.weight": matrix(hidden, inner),
                        f"layers.{n}.1.1.weight": matrix(4 * hidden, hidden), f"layers.{n}.1.3.weight": matrix(hidden, 4 * hidden)}
    tensors = {f"image_proj.{k}": v for k, v in weights.items()}
    for n, width in enumerate(widths):
        tensors |= {f"ip_adapter.{2 * n + 1}.to_k_ip.weight": matrix(width, cross), f"ip_adapter.{2 * n + 1}.to_v_ip.weight": matrix(width, cross)}
    name = "ip-adapter.safetensors"
    save_file({k: v.to(store) for k, v in tensors.items()}, str(case.path / name))
    return name


def ip_adapter_state(path: Any) -> dict[str, Tensors]:
    tensors = load_file(str(path))
    return {part: {k.split(".", 1)[1]: v.float() for k, v in tensors.items() if k.startswith(part + ".")} for part in ("image_proj", "ip_adapter")}


@torch.no_grad()
def ip_adapter(ctx: Context, name: str, kind: str, shape: tuple[int, ...], store: torch.dtype, notes: str, base: str = "pipeline_sd15") -> None:
    case = CaseFolder(ctx, name, "ip_adapter")
    unet = df.UNet2DConditionModel.from_pretrained(base_model(ctx, base) / "unet").eval()
    widths = [unet.get_submodule(key.removesuffix(".processor")).to_out[0].out_features for key in unet.attn_processors if key.endswith("attn2.processor")]
    file = ip_adapter_file(case, kind, widths, unet.config.cross_attention_dim, shape[-1], store)
    unet._load_ip_adapter_weights([ip_adapter_state(case.path / file)], low_cpu_mem_usage=False)
    inputs = {"image_embeds": randn(case.gen, *shape)}
    projection = unet.encoder_hid_proj.image_projection_layers[0].eval()
    expected, high, note = run_both(projection, inputs, lambda m, i: {"image_tokens": m(i["image_embeds"])})
    case.finish(reference_name("diffusers", type(projection).__name__), inputs, expected, tolerance(expected, high), f"image_tokens is what the image projection returns. {notes}{stored_as(store)} {note}".strip(), model=file)


Build = Callable[[], Any]


@torch.no_grad()
def run(pipe: Any, call: dict[str, Any], gen: torch.Generator | None, noise: list[torch.Tensor] | None) -> tuple[Tensors, NoiseTape]:
    pipe.set_progress_bar_config(disable=True)
    seen: list[torch.Tensor] = []

    def on_step(_pipe: Any, _index: int, _t: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        seen.append(tensors["latents"].clone())
        return {}

    old = isinstance(pipe, (df.StableDiffusionAdapterPipeline, df.PixArtSigmaPAGPipeline))
    steps: dict[str, Any] = {"callback": lambda _i, _t, latents: seen.append(latents.clone()), "callback_steps": 1} if old else {"callback_on_step_end": on_step}
    tape = NoiseTape(gen, noise)
    with tape.active():
        out: StableDiffusionPipelineOutput = pipe(**call, **steps, output_type="pt")
    image = out.images if isinstance(out.images, torch.Tensor) else torch.from_numpy(out.images).permute(0, 3, 1, 2)
    steps_seen = {} if old else {"latents_per_step": torch.stack(seen)}  # the old callback leaves some out
    return {"image": image, "latents": seen[-1], **steps_seen}, tape


def finish(case: CaseFolder, build: Build, call: dict[str, Any], images: Tensors, extra: dict[str, Any], settings: dict[str, Any], notes: str, base: str = "pipeline_sd15") -> None:
    """`call`: the pipeline's arguments; `images`: inputs under the names of case.json; `settings`: arguments of the case that are not the call's."""
    expected, tape = run(build(), call, case.gen, None)
    pipe = build()
    for part in pipe.components.values():
        if isinstance(part, torch.nn.Module):
            part.double()
    high, _ = run(pipe, to_double(call), None, [t.double() for t in tape.used])
    inputs: Tensors = {**images, "latents": call["latents"], **{f"noise.{n}": v for n, v in enumerate(tape.used)}}
    tensors = ("latents", "image", "ip_adapter_image")
    arguments = {**{k: v for k, v in call.items() if k not in tensors}, **settings}
    case.finish(reference_name("diffusers", type(pipe).__name__), inputs, expected, tolerance(expected, high), notes, arguments=arguments, model=f"../{base}/model", **extra)


def parts(ctx: Context) -> dict[str, Any]:
    pipe = df.StableDiffusionPipeline.from_pretrained(base_model(ctx, "pipeline_sd15"), safety_checker=None)
    return {k: v for k, v in pipe.components.items() if k not in ("safety_checker", "feature_extractor", "image_encoder")}


def call_of(case: CaseFolder, **more: Any) -> dict[str, Any]:
    return dict(prompt=PROMPT, negative_prompt=NEGATIVE, guidance_scale=6.0, num_inference_steps=5, height=8, width=16, latents=randn(case.gen, 1, 4, 4, 8), **more)


PLAIN = dict(safety_checker=None, feature_extractor=None, requires_safety_checker=False)


def pipeline_controlnet(ctx: Context) -> None:
    case = CaseFolder(ctx, "pipeline_sd15_controlnet", "pipeline")
    images = {f"control_image.{n}": torch.rand(1, 3, 8, 16, generator=case.gen) for n in range(2)}
    net = df.ControlNetModel.from_pretrained(ctx.out / "controlnet_sd15" / "model").float().eval()
    call = call_of(case, image=list(images.values()), controlnet_conditioning_scale=[0.8, 0.5], control_guidance_start=[0.0, 0.3], control_guidance_end=[0.7, 1.0])
    finish(case, lambda: df.StableDiffusionControlNetPipeline(**copy.deepcopy(parts(ctx)), controlnet=[copy.deepcopy(net), copy.deepcopy(net)], **PLAIN), call, images,
           {"control_models": ["../controlnet_sd15/model"] * 2}, {}, "Two control models, each for a part of the run.")


def pipeline_guess(ctx: Context) -> None:
    case = CaseFolder(ctx, "pipeline_sd15_controlnet_guess", "pipeline")
    images = {"control_image.0": torch.rand(1, 3, 8, 16, generator=case.gen)}
    net = df.ControlNetModel.from_pretrained(ctx.out / "controlnet_sd15" / "model").float().eval()
    call = call_of(case, image=images["control_image.0"], controlnet_conditioning_scale=1.0, guess_mode=True)
    finish(case, lambda: df.StableDiffusionControlNetPipeline(**copy.deepcopy(parts(ctx)), controlnet=copy.deepcopy(net), **PLAIN), call, images,
           {"control_models": ["../controlnet_sd15/model"]}, {}, "The unconditional half is left alone, what is added grows with depth.")


def pipeline_pooled(ctx: Context) -> None:
    case = CaseFolder(ctx, "pipeline_sd15_controlnet_pooled", "pipeline")
    images = {"control_image.0": torch.rand(1, 3, 8, 16, generator=case.gen)}
    net = df.ControlNetModel.from_pretrained(ctx.out / "controlnet_pooled" / "model").float().eval()
    call = call_of(case, image=images["control_image.0"], controlnet_conditioning_scale=0.9)
    finish(case, lambda: df.StableDiffusionControlNetPipeline(**copy.deepcopy(parts(ctx)), controlnet=copy.deepcopy(net), **PLAIN), call, images,
           {"control_models": ["../controlnet_pooled/model"]}, {}, "A control model that pools leaves the unconditional half alone.")


def pipeline_t2i(ctx: Context) -> None:
    case = CaseFolder(ctx, "pipeline_sd15_t2i", "pipeline")
    images = {"control_image.0": torch.rand(1, 3, 8, 16, generator=case.gen)}
    adapter = df.T2IAdapter.from_pretrained(ctx.out / "t2i_adapter_full" / "model").float().eval()
    call = call_of(case, image=images["control_image.0"], adapter_conditioning_scale=0.9)
    finish(case, lambda: df.StableDiffusionAdapterPipeline(**copy.deepcopy(parts(ctx)), adapter=copy.deepcopy(adapter), **PLAIN), call, images, {"control_models": ["../t2i_adapter_full/model"]}, {}, "")


def pipeline_ip(ctx: Context) -> None:
    case = CaseFolder(ctx, "pipeline_sd15_ip_adapter", "pipeline")
    images = {f"ip_adapter_image.{n}": randn(case.gen, 1, 3, 16, 16) for n in range(2)}
    encoder = tf.CLIPVisionModelWithProjection.from_pretrained(ctx.out / "image_encoder_clip" / "model").float().eval()
    files = ["ip_adapter_sd15", "ip_adapter_plus_f16"]
    scales = [0.7, 0.4]

    def build() -> Any:
        pipe = df.StableDiffusionPipeline(**copy.deepcopy(parts(ctx)), image_encoder=copy.deepcopy(encoder), **PLAIN)
        pipe.unet._load_ip_adapter_weights([ip_adapter_state(ctx.out / name / "ip-adapter.safetensors") for name in files], low_cpu_mem_usage=False)
        pipe.unet.eval()
        pipe.set_ip_adapter_scale(scales)
        return pipe

    call = call_of(case, ip_adapter_image=list(images.values()))
    finish(case, build, call, images, {"ip_adapters": [f"../{name}/ip-adapter.safetensors" for name in files], "image_encoder": "../image_encoder_clip/model"}, {"ip_adapter_scale": scales},
           "Two pictures, one for each adapter; ip_adapter_image.N is normalised and as large as the encoder wants it.")


def pipeline_pag(ctx: Context, name: str, layers: list[str], notes: str, **more: Any) -> None:
    case = CaseFolder(ctx, name, "pipeline")
    call = {**call_of(case), **more}
    finish(case, lambda: df.StableDiffusionPAGPipeline(**copy.deepcopy(parts(ctx)), pag_applied_layers=layers, **PLAIN), call, {}, {}, {"pag_applied_layers": layers}, notes)


def pipeline_sdxl_control(ctx: Context) -> None:
    case = CaseFolder(ctx, "pipeline_sdxl_control", "pipeline")
    base = base_model(ctx, "pipeline_sdxl")
    images = {"control_image.0": torch.rand(1, 3, 8, 16, generator=case.gen), "ip_adapter_image.0": randn(case.gen, 1, 3, 16, 16)}
    net = df.ControlNetModel.from_pretrained(ctx.out / "controlnet_sdxl_f16" / "model").float().eval()
    encoder = tf.CLIPVisionModelWithProjection.from_pretrained(ctx.out / "image_encoder_clip" / "model").float().eval()

    def build() -> Any:
        known = {k: v for k, v in copy.deepcopy(df.StableDiffusionXLPipeline.from_pretrained(base).components).items() if k not in ("image_encoder", "feature_extractor")}
        pipe = df.StableDiffusionXLControlNetPipeline(**known, controlnet=copy.deepcopy(net), image_encoder=copy.deepcopy(encoder), feature_extractor=None, add_watermarker=False)
        pipe.unet._load_ip_adapter_weights([ip_adapter_state(ctx.out / "ip_adapter_sdxl_f16" / "ip-adapter.safetensors")], low_cpu_mem_usage=False)
        pipe.unet.eval()
        pipe.set_ip_adapter_scale(0.6)
        return pipe

    call = call_of(case, image=images["control_image.0"], controlnet_conditioning_scale=0.8, control_guidance_end=0.8, ip_adapter_image=images["ip_adapter_image.0"])
    finish(case, build, call, images, {"control_models": ["../controlnet_sdxl_f16/model"], "ip_adapters": ["../ip_adapter_sdxl_f16/ip-adapter.safetensors"], "image_encoder": "../image_encoder_clip/model"},
           {"ip_adapter_scale": 0.6}, "A ControlNet and a picture at once.", "pipeline_sdxl")


def pipeline_pixart_pag(ctx: Context) -> None:
    base = "pipeline_pixart_sigma"
    case = CaseFolder(ctx, "pipeline_pixart_sigma_pag", "pipeline")
    call = {**call_of(case), "pag_scale": 1.0, "guidance_scale": 2.0, "num_inference_steps": 3, "max_sequence_length": 30, "clean_caption": False, "use_resolution_binning": False}
    layers = ["blocks.1"]
    finish(case, lambda: df.PixArtSigmaPAGPipeline(**copy.deepcopy(df.PixArtSigmaPipeline.from_pretrained(base_model(ctx, base)).components), pag_applied_layers=layers), call, {}, {}, {"pag_applied_layers": layers}, "", base)


def pipeline_sd3_pag(ctx: Context) -> None:
    base = "pipeline_sd3"
    case = CaseFolder(ctx, "pipeline_sd3_pag", "pipeline")
    call = {**call_of(case), "latents": randn(case.gen, 1, 16, 4, 8), "guidance_scale": 3.0, "pag_scale": 1.5, "num_inference_steps": 3, "max_sequence_length": 24}
    layers = ["blocks.(0|1)"]  # the last one, whose text asks nothing, as well
    finish(case, lambda: df.StableDiffusion3PAGPipeline(**{k: v for k, v in copy.deepcopy(df.StableDiffusion3Pipeline.from_pretrained(base_model(ctx, base)).components).items() if k not in ("image_encoder", "feature_extractor")}, pag_applied_layers=layers), call, {}, {}, {"pag_applied_layers": layers}, "", base)


def jobs() -> dict[str, Callable[[Context], None]]:
    f16, f32 = torch.float16, torch.float32
    text = dict(encoder_hidden_states=(2, 7, 24))
    sizes = {"added_cond_kwargs.text_embeds": (1, 20), "added_cond_kwargs.time_ids": torch.tensor([[14.0, 20, 0, 0, 14, 20]])}
    return {
        "controlnet_sd15": lambda c: controlnet(c, "controlnet_sd15", CONTROLNET, dict(sample=(2, 4, 8, 8), timestep=torch.tensor([981, 17]), controlnet_cond=(2, 3, 16, 16), **text), dict(conditioning_scale=0.7), f16, ""),
        "controlnet_sdxl_f16": lambda c: controlnet(c, "controlnet_sdxl_f16", CONTROLNET_XL, dict(sample=(1, 4, 7, 10), timestep=torch.tensor([250]), controlnet_cond=(1, 3, 14, 20), encoder_hidden_states=(1, 5, 32), **sizes),
                                                        dict(guess_mode=True), f16, "Guess mode: what is added grows with depth."),
        "controlnet_pooled": lambda c: controlnet(c, "controlnet_pooled", {**CONTROLNET, "global_pool_conditions": True}, dict(sample=(2, 4, 5, 6), timestep=torch.tensor([500, 20]), controlnet_cond=(2, 3, 10, 12), **text), dict(conditioning_scale=0.7, guess_mode=True), f16,
                                                  "What is added is the mean of all pixels, and does not grow in guess mode."),
        "t2i_adapter_full": lambda c: t2i_adapter(c, "t2i_adapter_full", dict(in_channels=3, channels=[8, 16], num_res_blocks=1, downscale_factor=2, adapter_type="full_adapter"), (2, 3, 12, 20), f16, ""),
        "t2i_adapter_xl_f16": lambda c: t2i_adapter(c, "t2i_adapter_xl_f16", dict(in_channels=3, channels=[4, 6, 5, 5], num_res_blocks=1, downscale_factor=4, adapter_type="full_adapter_xl"), (1, 3, 16, 24), f16, ""),
        "t2i_adapter_light_odd": lambda c: t2i_adapter(c, "t2i_adapter_light_odd", dict(in_channels=1, channels=[4, 8, 13], num_res_blocks=2, downscale_factor=2, adapter_type="light_adapter"), (1, 1, 14, 18), f16, "Sides that cannot be halved."),
        "denoiser_unet_sd15_controlled": lambda c: controlled_unet(c, "denoiser_unet_sd15_controlled", "denoiser_unet_sd15", (2, 4, 4, 6), [(2, 8, 4, 6), (2, 8, 4, 6), (2, 8, 2, 3), (2, 16, 2, 3)], (2, 16, 2, 3), [(2, 8, 4, 6), (2, 16, 2, 3)],
                                                                   "Residuals of a ControlNet and of a T2I-Adapter at once."),
        "denoiser_unet_sdxl_adapter": lambda c: controlled_unet(c, "denoiser_unet_sdxl_adapter", "denoiser_unet_sdxl", (1, 4, 8, 10), [], None, [(1, 8, 4, 5), (1, 16, 4, 5), (1, 16, 4, 5)], "The third feature is added behind the middle block."),
        "image_encoder_clip": lambda c: image_encoder(c, "image_encoder_clip", f16, 1, dict(num_hidden_layers=2)),
        "image_encoder_clip_odd_f16": lambda c: image_encoder(c, "image_encoder_clip_odd_f16", f16, 2, dict(num_hidden_layers=2, intermediate_size=23, hidden_size=15, num_attention_heads=3, projection_dim=11, image_size=21, patch_size=7, hidden_act="quick_gelu", layer_norm_eps=1e-4)),
        "ip_adapter_sd15": lambda c: ip_adapter(c, "ip_adapter_sd15", "plain", (2, 20), f32, ""),
        "ip_adapter_plus_f16": lambda c: ip_adapter(c, "ip_adapter_plus_f16", "plus", (2, 17, 24), f16, "Perceiver resampler over the encoder's last hidden states but one."),
        "ip_adapter_full": lambda c: ip_adapter(c, "ip_adapter_full", "full", (1, 17, 24), f16, "A token for each of the encoder's."),
        "pipeline_sd15_controlnet": pipeline_controlnet,
        "pipeline_sd15_controlnet_guess": pipeline_guess,
        "pipeline_sd15_controlnet_pooled": pipeline_pooled,
        "pipeline_sd15_t2i": pipeline_t2i,
        "pipeline_sd15_ip_adapter": pipeline_ip,
        "pipeline_sd15_pag": lambda c: pipeline_pag(c, "pipeline_sd15_pag", ["mid", r"up_blocks\.1"], "", pag_scale=2.5, pag_adaptive_scale=0.002, guidance_rescale=0.3),
        "pipeline_sd15_pag_alone": lambda c: pipeline_pag(c, "pipeline_sd15_pag_alone", ["down_blocks.0"], "Without classifier-free guidance.", pag_scale=3.0, guidance_scale=1.0),
        "ip_adapter_sdxl_f16": lambda c: ip_adapter(c, "ip_adapter_sdxl_f16", "plain", (1, 20), f16, "Of pipeline_sdxl's UNet.", "pipeline_sdxl"),
        "pipeline_sdxl_control": pipeline_sdxl_control,
        "pipeline_sd3_pag": pipeline_sd3_pag,
        "pipeline_pixart_sigma_pag": pipeline_pixart_pag,
    }


def generate(ctx: Context) -> None:
    errors: list[str] = []
    for name, job in jobs().items():
        if ctx.wants(name):
            try:
                job(ctx)
            except Exception as error:
                import traceback

                traceback.print_exc()
                errors.append(f"{name}: {error}")
    if errors:
        raise RuntimeError("; ".join(errors))
