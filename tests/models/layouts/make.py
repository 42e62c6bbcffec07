#!/usr/bin/env python3
"""Writes the tables of this folder: tiny image models under their original names and under diffusers' names.

A line is: original name, shape, and the diffusers name of each of its parts, or `~` and a name where the matrix is
transposed. A line that begins with `[` opens a component and gives its configuration. Original names are written down
here; diffusers' own converters must turn them back into exactly the weights that they came from.

usage: make.py [NAME…]   (with diffusers and transformers installed)
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import diffusers as df
import torch
import transformers as tf
from diffusers.loaders import single_file_utils as convert

Tensors = dict[str, torch.Tensor]
Table = list[tuple[str, list[int], list[str]]]  # original name, shape, diffusers names of its parts


def randomized(model: torch.nn.Module) -> Tensors:
    return {name: torch.randn(value.shape) for name, value in model.state_dict().items() if value.is_floating_point()}


def unet_original(name: str, config: Any) -> str:
    """The latent diffusion name of a diffusers UNet weight."""
    per_level = config["layers_per_block"] + 1
    fixed = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2", "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
             "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2"}
    stem, kind = name.rsplit(".", 1)
    if stem in fixed:
        return f"{fixed[stem]}.{kind}"
    resnet = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
    if m := re.match(r"mid_block\.(resnets|attentions)\.(\d)\.(.*)", name):
        where = f"middle_block.{1 if m[1] == 'attentions' else 2 * int(m[2])}"
        rest = m[3]
    elif m := re.match(r"down_blocks\.(\d+)\.(resnets|attentions|downsamplers)\.(\d)\.(.*)", name):
        level, index = int(m[1]), int(m[3])
        if m[2] == "downsamplers":
            return f"input_blocks.{per_level * (level + 1)}.0.op.{kind}"
        where = f"input_blocks.{1 + per_level * level + index}.{1 if m[2] == 'attentions' else 0}"
        rest = m[4]
    else:
        m = re.match(r"up_blocks\.(\d+)\.(resnets|attentions|upsamplers)\.(\d)\.(.*)", name)
        assert m, name
        level, index = int(m[1]), int(m[3])
        if m[2] == "upsamplers":
            attends = config["up_block_types"][level] == "CrossAttnUpBlock2D"
            return f"output_blocks.{per_level * (level + 1) - 1}.{2 if attends else 1}.conv.{kind}"
        where = f"output_blocks.{per_level * level + index}.{1 if m[2] == 'attentions' else 0}"
        rest = m[4]
    if m[1 if name.startswith("mid") else 2] == "resnets":
        part, kind = rest.rsplit(".", 1)
        rest = f"{resnet[part]}.{kind}"
    return f"{where}.{rest}"


def vae_original(name: str, levels: int) -> str:
    name = name.replace("mid_block.resnets.0", "mid.block_1").replace("mid_block.resnets.1", "mid.block_2").replace("mid_block.attentions.0", "mid.attn_1")
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    for new, old in (("group_norm", "norm"), ("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "proj_out")):
        name = name.replace(f"attn_1.{new}", f"attn_1.{old}")
    name = re.sub(r"encoder\.down_blocks\.(\d)\.resnets\.", r"encoder.down.\1.block.", name)
    name = re.sub(r"encoder\.down_blocks\.(\d)\.downsamplers\.0", r"encoder.down.\1.downsample", name)
    name = re.sub(r"decoder\.up_blocks\.(\d)\.resnets\.", lambda m: f"decoder.up.{levels - 1 - int(m[1])}.block.", name)
    return re.sub(r"decoder\.up_blocks\.(\d)\.upsamplers\.0", lambda m: f"decoder.up.{levels - 1 - int(m[1])}.upsample", name)


class Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def component(self, folder: str, prefix: str, config: dict[str, Any], table: Table) -> None:
        kept = {k: v for k, v in config.items() if not k.startswith("_diffusers") and k not in ("_name_or_path",)}
        self.lines.append(f"[ {folder} {prefix or '-'} {json.dumps(kept, separators=(',', ':'))}")
        for original, shape, names in table:
            self.lines.append(f"{original} {'x'.join(map(str, shape))} {' '.join(names)}")


def check(expected: Tensors, made: Tensors, what: str) -> None:
    missing, extra = set(expected) - set(made), set(made) - set(expected)
    assert not missing and not extra, (what, sorted(missing)[:5], sorted(extra)[:5])
    for name, value in expected.items():
        assert torch.equal(made[name].reshape(value.shape), value), (what, name)


def add_unet(writer: Writer, config: dict[str, Any]) -> None:
    with torch.device("cpu"):
        model = df.UNet2DConditionModel(**config)
    weights = randomized(model)
    table: Table = [(unet_original(name, config), list(value.shape), [name]) for name, value in weights.items()]
    original = {f"model.diffusion_model.{name}": weights[parts[0]] for name, _, parts in table}
    check(weights, convert.convert_ldm_unet_checkpoint(dict(original), dict(model.config)), "unet")
    writer.component("unet", "model.diffusion_model.", {**config, "_class_name": "UNet2DConditionModel"}, table)


def add_vae(writer: Writer, config: dict[str, Any], prefix: str = "first_stage_model.") -> None:
    model = df.AutoencoderKL(**config)
    weights = randomized(model)
    table: Table = []
    original: Tensors = {}
    for name, value in weights.items():
        old = vae_original(name, len(config["block_out_channels"]))
        attention = ".attn_1." in old and old.endswith(".weight") and value.dim() == 2
        shape = [*value.shape, 1, 1] if attention else list(value.shape)
        table.append((old, shape, [name]))
        original[f"first_stage_model.{old}"] = value.reshape(shape)
    check(weights, convert.convert_ldm_vae_checkpoint(dict(original), dict(model.config)), "vae")
    writer.component("vae", prefix, {**config, "_class_name": "AutoencoderKL"}, table)


def clip_config(hidden: int, layers: int, act: str, projection: int | None) -> dict[str, Any]:
    return dict(model_type="clip_text_model", vocab_size=49408, hidden_size=hidden, intermediate_size=2 * hidden, num_hidden_layers=layers, num_attention_heads=hidden // 64, max_position_embeddings=77,
                hidden_act=act, eos_token_id=49407, **({"projection_dim": projection} if projection else {}))


def clip_weights(config: dict[str, Any], projection: bool) -> Tensors:
    made = (tf.CLIPTextModelWithProjection if projection else tf.CLIPTextModel)(tf.CLIPTextConfig(**config))
    weights = randomized(made)
    return {name if name.startswith(("text_model.", "text_projection")) else "text_model." + name: value for name, value in weights.items()}


def add_clip(writer: Writer, folder: str, prefix: str, config: dict[str, Any], projection: bool = False) -> None:
    weights = clip_weights(config, projection)
    writer.component(folder, prefix, config, [(name, list(value.shape), [name]) for name, value in weights.items()])


def add_open_clip(writer: Writer, folder: str, prefix: str, config: dict[str, Any], projection: bool, more_layers: int = 0) -> None:
    """OpenCLIP's names; `more_layers` at the end that diffusers leaves out."""
    weights = clip_weights(config, projection)
    hidden = config["hidden_size"]
    table: Table = [("positional_embedding", [77, hidden], ["text_model.embeddings.position_embedding.weight"]), ("token_embedding.weight", [49408, hidden], ["text_model.embeddings.token_embedding.weight"]),
                    ("ln_final.weight", [hidden], ["text_model.final_layer_norm.weight"]), ("ln_final.bias", [hidden], ["text_model.final_layer_norm.bias"])]
    table.append(("text_projection", [hidden, config.get("projection_dim", hidden)], ["~text_projection.weight"] if projection else ["-"]))
    for layer in range(config["num_hidden_layers"] + more_layers):
        old = f"transformer.resblocks.{layer}."
        new = f"text_model.encoder.layers.{layer}." if layer < config["num_hidden_layers"] else None
        for kind, width in (("weight", [hidden]), ("bias", [])):
            table.append((f"{old}attn.in_proj_{kind}", [3 * hidden, *width], [f"{new}self_attn.{p}_proj.{kind}" for p in "qkv"] if new else ["-"]))
            for source, target, shape in (("attn.out_proj", "self_attn.out_proj", [hidden, *width]), ("mlp.c_fc", "mlp.fc1", [2 * hidden, *width]), ("mlp.c_proj", "mlp.fc2", [hidden, *([2 * hidden] if width else [])]),
                                          ("ln_1", "layer_norm1", [hidden]), ("ln_2", "layer_norm2", [hidden])):
                table.append((f"{old}{source}.{kind}", shape, [f"{new}{target}.{kind}"] if new else ["-"]))
    original: Tensors = {}
    for name, shape, parts in table:
        if parts == ["-"]:
            original[prefix + name] = torch.randn(shape)
        elif parts[0].startswith("~"):
            original[prefix + name] = weights[parts[0][1:]].T.contiguous()
        else:
            original[prefix + name] = torch.cat([weights[p] for p in parts])
    shell = (tf.CLIPTextModelWithProjection if projection else tf.CLIPTextModel)(tf.CLIPTextConfig(**config))
    made = convert.convert_open_clip_checkpoint(shell, dict(original), prefix=prefix)
    made = {name if name.startswith(("text_model.", "text_projection")) else "text_model." + name: value for name, value in made.items()}
    check(weights, {name: value for name, value in made.items() if name in weights}, "open_clip")
    writer.component(folder, prefix, config, table)


def unet(cross: int, **more: Any) -> dict[str, Any]:
    return dict(sample_size=64, in_channels=4, out_channels=4, block_out_channels=[32, 64], layers_per_block=1, down_block_types=["CrossAttnDownBlock2D", "DownBlock2D"], up_block_types=["UpBlock2D", "CrossAttnUpBlock2D"],
                cross_attention_dim=cross, attention_head_dim=8) | more


def vae(channels: int = 4, **more: Any) -> dict[str, Any]:
    return dict(block_out_channels=[32, 64], layers_per_block=1, latent_channels=channels, norm_num_groups=32, down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2) | more


def sd1() -> Writer:
    writer = Writer()
    add_unet(writer, unet(64))
    add_vae(writer, vae(scaling_factor=0.18215))
    add_clip(writer, "text_encoder", "cond_stage_model.transformer.", clip_config(64, 2, "quick_gelu", None))
    return writer


def sd2_inpaint() -> Writer:
    writer = Writer()
    add_unet(writer, unet(64, in_channels=9, block_out_channels=[64, 128], attention_head_dim=[1, 2], use_linear_projection=True))
    add_vae(writer, vae(scaling_factor=0.18215))
    add_open_clip(writer, "text_encoder", "cond_stage_model.model.", clip_config(64, 2, "gelu", None), False, more_layers=1)
    return writer


def sdxl() -> Writer:
    writer = Writer()
    add_unet(writer, unet(192, sample_size=128, block_out_channels=[32, 64, 64], down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"], up_block_types=["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
                          transformer_layers_per_block=[1, 1, 2], attention_head_dim=[1, 1, 1], use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256,
                          projection_class_embeddings_input_dim=6 * 256 + 40))
    add_vae(writer, vae(scaling_factor=0.13025))
    add_clip(writer, "text_encoder", "conditioner.embedders.0.transformer.", clip_config(64, 2, "quick_gelu", None))
    add_open_clip(writer, "text_encoder_2", "conditioner.embedders.1.model.", clip_config(128, 2, "gelu", 40), True)
    return writer


def sdxl_refiner() -> Writer:
    writer = Writer()
    add_unet(writer, unet(128, sample_size=128, down_block_types=["DownBlock2D", "CrossAttnDownBlock2D"], up_block_types=["CrossAttnUpBlock2D", "UpBlock2D"], transformer_layers_per_block=[1, 2], attention_head_dim=[1, 1],
                          use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256, projection_class_embeddings_input_dim=5 * 256 + 128))
    add_vae(writer, vae(scaling_factor=0.13025))
    add_open_clip(writer, "text_encoder_2", "conditioner.embedders.0.model.", clip_config(128, 2, "gelu", 128), True)
    return writer


def t5_table(config: dict[str, Any]) -> Table:
    weights = randomized(tf.T5EncoderModel(tf.T5Config(**config, is_encoder_decoder=False)))
    return [(name, list(value.shape), [name]) for name, value in weights.items() if name != "encoder.embed_tokens.weight"]


T5 = dict(model_type="t5", vocab_size=32128, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, feed_forward_proj="gated-gelu")


def transformer_table(model: torch.nn.Module, original: Table, converter: Any) -> Table:
    """Parts in the order of `original`; the converter must turn them into the model's weights."""
    weights = randomized(model)
    made: Tensors = {}
    for name, shape, parts in original:
        value = torch.cat([weights[p] for p in parts]) if not parts[0].startswith("%") else torch.cat(weights[parts[0][1:]].chunk(2)[::-1])
        made[name] = value.reshape(shape or value.shape)
    check(weights, converter(dict(made), **({"config": dict(model.config)} if "config" in converter.__code__.co_varnames[:1] else {})), type(model).__name__)
    return [(name, list(made[name].shape), parts) for name, _, parts in original]


def pairs(table: Table, original: str, *names: str) -> None:
    for kind in ("weight", "bias"):
        table.append((f"{original}.{kind}", [], [f"{name[1:] if name.startswith('%') else name}.{kind}" if not name.startswith('%') else f"%{name[1:]}.{kind}" for name in names]))


def flux_converter(width: int) -> Any:
    """diffusers' own, which is written for the published width."""
    source = inspect.getsource(convert.convert_flux_transformer_checkpoint_to_diffusers)
    assert "inner_dim = 3072" in source
    scope = dict(vars(convert))
    exec(source.replace("inner_dim = 3072", f"inner_dim = {width}"), scope)
    return scope["convert_flux_transformer_checkpoint_to_diffusers"]


def flux() -> Writer:
    writer = Writer()
    config = dict(num_layers=1, num_single_layers=2, num_attention_heads=1, attention_head_dim=128, in_channels=64, joint_attention_dim=32, pooled_projection_dim=64, guidance_embeds=True)
    model = df.FluxTransformer2DModel(**config)
    table: Table = []
    pairs(table, "img_in", "x_embedder")
    pairs(table, "txt_in", "context_embedder")
    for new, old in (("timestep_embedder", "time_in"), ("text_embedder", "vector_in"), ("guidance_embedder", "guidance_in")):
        pairs(table, f"{old}.in_layer", f"time_text_embed.{new}.linear_1")
        pairs(table, f"{old}.out_layer", f"time_text_embed.{new}.linear_2")
    new, old = "transformer_blocks.0", "double_blocks.0"
    for stream, norm, qkv, qk, out, ff in (("img", "norm1", ["to_q", "to_k", "to_v"], "norm_", "to_out.0", "ff"), ("txt", "norm1_context", ["add_q_proj", "add_k_proj", "add_v_proj"], "norm_added_", "to_add_out", "ff_context")):
        pairs(table, f"{old}.{stream}_mod.lin", f"{new}.{norm}.linear")
        pairs(table, f"{old}.{stream}_attn.qkv", *[f"{new}.attn.{p}" for p in qkv])
        table.append((f"{old}.{stream}_attn.norm.query_norm.scale", [], [f"{new}.attn.{qk}q.weight"]))
        table.append((f"{old}.{stream}_attn.norm.key_norm.scale", [], [f"{new}.attn.{qk}k.weight"]))
        pairs(table, f"{old}.{stream}_attn.proj", f"{new}.attn.{out}")
        pairs(table, f"{old}.{stream}_mlp.0", f"{new}.{ff}.net.0.proj")
        pairs(table, f"{old}.{stream}_mlp.2", f"{new}.{ff}.net.2")
    for i in range(2):
        new, old = f"single_transformer_blocks.{i}", f"single_blocks.{i}"
        pairs(table, f"{old}.modulation.lin", f"{new}.norm.linear")
        pairs(table, f"{old}.linear1", f"{new}.attn.to_q", f"{new}.attn.to_k", f"{new}.attn.to_v", f"{new}.proj_mlp")
        table.append((f"{old}.norm.query_norm.scale", [], [f"{new}.attn.norm_q.weight"]))
        table.append((f"{old}.norm.key_norm.scale", [], [f"{new}.attn.norm_k.weight"]))
        pairs(table, f"{old}.linear2", f"{new}.proj_out")
    pairs(table, "final_layer.adaLN_modulation.1", "%norm_out.linear")
    pairs(table, "final_layer.linear", "proj_out")
    writer.component("transformer", "model.diffusion_model.", {**config, "_class_name": "FluxTransformer2DModel"}, transformer_table(model, table, flux_converter(128)))
    add_vae(writer, vae(16, use_quant_conv=False, use_post_quant_conv=False, scaling_factor=0.3611, shift_factor=0.1159), "vae.")
    add_clip(writer, "text_encoder", "text_encoders.clip_l.transformer.", clip_config(64, 2, "quick_gelu", None))
    writer.component("text_encoder_2", "text_encoders.t5xxl.transformer.", T5, t5_table(T5))
    return writer


def sd3() -> Writer:
    writer = Writer()
    config = dict(sample_size=128, patch_size=2, in_channels=16, out_channels=16, num_layers=2, attention_head_dim=64, num_attention_heads=1, joint_attention_dim=192, caption_projection_dim=64, pooled_projection_dim=104,
                  pos_embed_max_size=96, qk_norm="rms_norm", dual_attention_layers=[0])
    model = df.SD3Transformer2DModel(**config)
    table: Table = [("pos_embed", [1, 96 * 96, 64], ["pos_embed.pos_embed"])]
    pairs(table, "x_embedder.proj", "pos_embed.proj")
    pairs(table, "context_embedder", "context_embedder")
    for new, old in (("timestep_embedder", "t_embedder"), ("text_embedder", "y_embedder")):
        pairs(table, f"{old}.mlp.0", f"time_text_embed.{new}.linear_1")
        pairs(table, f"{old}.mlp.2", f"time_text_embed.{new}.linear_2")
    for i in range(2):
        new, image, text, last = f"transformer_blocks.{i}", f"joint_blocks.{i}.x_block", f"joint_blocks.{i}.context_block", i == 1
        pairs(table, f"{image}.adaLN_modulation.1", f"{new}.norm1.linear")
        pairs(table, f"{text}.adaLN_modulation.1", f"{'%' if last else ''}{new}.norm1_context.linear")
        streams = [(f"{image}.attn", "attn", ["to_q", "to_k", "to_v"], "norm_", "to_out.0"), (f"{text}.attn", "attn", ["add_q_proj", "add_k_proj", "add_v_proj"], "norm_added_", None if last else "to_add_out")]
        if i == 0:
            streams.append((f"{image}.attn2", "attn2", ["to_q", "to_k", "to_v"], "norm_", "to_out.0"))
        for old, attn, qkv, qk, out in streams:
            pairs(table, f"{old}.qkv", *[f"{new}.{attn}.{p}" for p in qkv])
            table.append((f"{old}.ln_q.weight", [], [f"{new}.{attn}.{qk}q.weight"]))
            table.append((f"{old}.ln_k.weight", [], [f"{new}.{attn}.{qk}k.weight"]))
            if out:
                pairs(table, f"{old}.proj", f"{new}.{attn}.{out}")
        for old, ff in ((image, "ff"), *([] if last else [(text, "ff_context")])):
            pairs(table, f"{old}.mlp.fc1", f"{new}.{ff}.net.0.proj")
            pairs(table, f"{old}.mlp.fc2", f"{new}.{ff}.net.2")
    pairs(table, "final_layer.adaLN_modulation.1", "%norm_out.linear")
    pairs(table, "final_layer.linear", "proj_out")
    weights = randomized(model)
    assert "pos_embed.pos_embed" in weights
    writer.component("transformer", "model.diffusion_model.", {**config, "_class_name": "SD3Transformer2DModel"}, transformer_table(model, table, convert.convert_sd3_transformer_checkpoint_to_diffusers))
    add_vae(writer, vae(16, use_quant_conv=False, use_post_quant_conv=False, scaling_factor=1.5305, shift_factor=0.0609))
    add_clip(writer, "text_encoder", "text_encoders.clip_l.transformer.", clip_config(64, 2, "quick_gelu", 64), True)
    add_clip(writer, "text_encoder_2", "text_encoders.clip_g.transformer.", clip_config(128, 2, "gelu", 40), True)
    t5 = {**T5, "d_model": 192}
    writer.component("text_encoder_3", "text_encoders.t5xxl.transformer.", t5, t5_table(t5))
    return writer


def z_image() -> Writer:
    """Without text encoder, which is a language model's folder or GGUF file."""
    writer = Writer()
    config = dict(all_patch_size=[2], all_f_patch_size=[1], in_channels=16, dim=128, n_layers=1, n_refiner_layers=1, n_heads=1, n_kv_heads=1, cap_feat_dim=24, axes_dims=[32, 48, 48])
    model = df.ZImageTransformer2DModel(**config)
    table: Table = []
    for name in model.state_dict():
        old = name.replace("all_final_layer.2-1.", "final_layer.").replace("all_x_embedder.2-1.", "x_embedder.").replace("to_out.0", "out").replace("norm_q", "q_norm").replace("norm_k", "k_norm")
        if ".to_q." in name:
            table.append((old.replace("to_q", "qkv"), [], [name, name.replace("to_q", "to_k"), name.replace("to_q", "to_v")]))
        elif ".to_k." not in name and ".to_v." not in name:
            table.append((old, [], [name]))
    writer.component("transformer", "model.diffusion_model.", {**config, "_class_name": "ZImageTransformer2DModel"}, transformer_table(model, table, convert.convert_z_image_transformer_checkpoint_to_diffusers))
    add_vae(writer, vae(16, use_quant_conv=False, use_post_quant_conv=False, scaling_factor=0.3611, shift_factor=0.1159))
    return writer


def controlnet(cross: int, **more: Any) -> Writer:
    writer = Writer()
    config = dict(in_channels=4, block_out_channels=[32, 64], layers_per_block=1, down_block_types=["CrossAttnDownBlock2D", "DownBlock2D"], cross_attention_dim=cross, attention_head_dim=8,
                  conditioning_embedding_out_channels=[16, 16, 24, 32]) | more
    model = df.ControlNetModel(**config)
    hints = 2 * len(config["conditioning_embedding_out_channels"])
    table: Table = []
    for name, value in model.state_dict().items():
        stem, kind = name.rsplit(".", 1)
        if m := re.match(r"controlnet_cond_embedding\.(conv_in|conv_out|blocks\.(\d+))", stem):
            place = 0 if m[1] == "conv_in" else hints - 1 if m[1] == "conv_out" else int(m[2]) + 1
            old = f"input_hint_block.{2 * place}.{kind}"
        elif m := re.match(r"controlnet_down_blocks\.(\d+)", stem):
            old = f"zero_convs.{m[1]}.0.{kind}"
        elif stem == "controlnet_mid_block":
            old = f"middle_block_out.0.{kind}"
        else:
            old = unet_original(name, config)
        table.append((old, list(value.shape), [name]))
    weights = randomized(model)
    original = {f"control_model.{name}": weights[parts[0]] for name, _, parts in table}
    made = convert.convert_controlnet_checkpoint(dict(original), dict(model.config))
    check({name: value for name, value in weights.items() if not name.startswith("add_embedding.")}, made, "controlnet")  # which it forgets
    writer.component("controlnet", "control_model.", {**config, "_class_name": "ControlNetModel"}, table)
    return writer


def sd1_control() -> Writer:
    return controlnet(64)


def sdxl_control() -> Writer:
    return controlnet(192, block_out_channels=[32, 64, 64], down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"], transformer_layers_per_block=[1, 1, 2], attention_head_dim=[1, 1, 1],
                      use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256, projection_class_embeddings_input_dim=6 * 256 + 40)


def wan_vae_original(name: str, layers: int) -> str:
    stem, kind = name.rsplit(".", 1)
    for new, old in (("mid_block.resnets.0", "middle.0"), ("mid_block.resnets.1", "middle.2"), ("mid_block.attentions.0", "middle.1"), ("norm_out", "head.0"), ("conv_out", "head.2"), ("conv_in", "conv1")):
        stem = stem.replace(new, old)
    if stem in ("quant_conv", "post_quant_conv"):
        return f"{'conv1' if stem == 'quant_conv' else 'conv2'}.{kind}"
    stem = stem.replace("encoder.down_blocks", "encoder.downsamples")
    stem = re.sub(r"decoder\.up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"decoder.upsamples.{int(m[1]) * (layers + 2) + int(m[2])}", stem)
    stem = re.sub(r"decoder\.up_blocks\.(\d)\.upsamplers\.0", lambda m: f"decoder.upsamples.{int(m[1]) * (layers + 2) + layers + 1}", stem)
    if "samples" in stem or "middle.0" in stem or "middle.2" in stem:
        for new, old in ((r"\.norm1$", ".residual.0"), (r"\.conv1$", ".residual.2"), (r"\.norm2$", ".residual.3"), (r"\.conv2$", ".residual.6"), (r"\.conv_shortcut$", ".shortcut")):
            stem = re.sub(new, old, stem)
    return f"{stem}.{kind}"


def add_wan_vae(writer: Writer, prefix: str) -> None:
    """Its converter knows the published levels and layers alone."""
    model = df.AutoencoderKLQwenImage(base_dim=4, z_dim=16, dim_mult=[1, 2, 4, 4], num_res_blocks=2, temperal_downsample=[False, True, True])
    weights = randomized(model)
    table: Table = [(wan_vae_original(name, 2), list(value.shape), [name]) for name, value in weights.items()]
    check(weights, convert.convert_wan_vae_to_diffusers({name: weights[parts[0]] for name, _, parts in table}), "wan vae")
    writer.component("vae", prefix, {**dict(model.config), "_class_name": "AutoencoderKLQwenImage"}, table)


def qwen_image() -> Writer:
    """Without text encoder, which is a language model's folder or GGUF file. The transformer's original names are diffusers'."""
    writer = Writer()
    config = dict(patch_size=2, in_channels=64, out_channels=16, num_layers=1, attention_head_dim=128, num_attention_heads=1, joint_attention_dim=24, axes_dims_rope=[16, 56, 56])
    model = df.QwenImageTransformer2DModel(**config)
    table: Table = [(name, list(value.shape), [name]) for name, value in model.state_dict().items()]
    writer.component("transformer", "model.diffusion_model.", {**config, "_class_name": "QwenImageTransformer2DModel"}, table)
    add_wan_vae(writer, "vae.")
    return writer


BUILDERS = {"sd1": sd1, "sd2_inpaint": sd2_inpaint, "sdxl": sdxl, "sdxl_refiner": sdxl_refiner, "flux": flux, "sd3": sd3, "z_image": z_image, "sd1_control": sd1_control, "sdxl_control": sdxl_control, "qwen_image": qwen_image}

if __name__ == "__main__":
    for name in sys.argv[1:] or BUILDERS:
        Path(__file__).with_name(f"{name}.txt").write_text("\n".join(BUILDERS[name]().lines) + "\n")
        print(name)
