"""Diptych's own pipeline: PixArt's transformer, conditioned on a layer of a language model. No library has it as a whole:
its parts are those of transformers and diffusers, put together here as engine/diffusion/condition/causal_text.h describes it."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import diffusers as df
import numpy as np
import torch
import transformers as tf
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from .common import CaseFolder, Context, Tensors, randn, randomize, tolerance
from .pipelines import NEGATIVE, PROMPT
from .tiny_tokenizers import corpus
from .vae import kl

LAYER, MAX_TOKENS = 2, 12
STARTER = Path(__file__).resolve().parents[3] / "resources/starter"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
ROUNDINGS = 4  # a tolerance is as many times what rounding activations changes


def as_stored(model: Any) -> Any:
    for parameter in model.parameters():  # files hold halves; buffers such as rope's frequencies are in none
        parameter.data = parameter.data.half().float()
    return model


def write_tokenizer(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(corpus(), trainers.BpeTrainer(vocab_size=300, special_tokens=["<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"bos_token": "<s>", "eos_token": "</s>", "tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    return tokenizer


def states_of(text: tf.LlamaModel, tokenizer: Tokenizer, prompts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """What the layer puts out behind bos, and the mask of the padding."""
    rows = [[tokenizer.token_to_id("<s>"), *tokenizer.encode(p).ids[:MAX_TOKENS], tokenizer.token_to_id("</s>")] for p in prompts]
    states = [text(torch.tensor([row]), output_hidden_states=True).hidden_states[LAYER][:, 1:] for row in rows]
    longest = max(s.shape[1] for s in states)
    padded = torch.cat([torch.nn.functional.pad(s, (0, 0, 0, longest - s.shape[1])) for s in states])
    mask = torch.tensor([[1.0] * s.shape[1] + [0.0] * (longest - s.shape[1]) for s in states])
    return padded, mask.to(padded.dtype)


@torch.no_grad()
def run(parts: dict[str, Any], tokenizer: Tokenizer, call: dict[str, Any], dtype: torch.dtype) -> Tensors:
    text, transformer, vae = (copy.deepcopy(parts[name]).to(dtype) for name in ("text_encoder", "transformer", "vae"))
    scheduler = type(parts["scheduler"]).from_config(parts["scheduler"].config)
    states, mask = states_of(text, tokenizer, [call["negative_prompt"], call["prompt"]])
    steps = call["num_inference_steps"]
    scheduler.set_timesteps(sigmas=np.linspace(1.0, 1.0 / steps, steps))
    latents, seen = call["latents"].to(dtype), []
    for t in scheduler.timesteps:
        both = transformer(torch.cat([latents, latents]), encoder_hidden_states=states, encoder_attention_mask=mask, timestep=t.to(dtype).expand(2), added_cond_kwargs={"resolution": None, "aspect_ratio": None}).sample
        without, towards = both.chunk(2)
        latents = scheduler.step(without + call["guidance_scale"] * (towards - without), t, latents).prev_sample
        seen.append(latents)
    image = (vae.decode(latents / vae.config.scaling_factor).sample / 2 + 0.5).clamp(0, 1)
    return {"image": image, "latents": latents, "latents_per_step": torch.stack(seen)}


def in_8_bits(x: torch.Tensor) -> torch.Tensor:
    """As activations meet block-quantized weights: 32 at a time, as whole numbers up to 127."""
    blocks = x.unflatten(-1, (-1, 32))
    scale = blocks.abs().amax(-1, keepdim=True) / 127
    return torch.where(scale > 0, (blocks / scale).round() * scale, blocks).flatten(-2)


@torch.no_grad()
def starter(ctx: Context) -> None:
    """The shipped model, with the code that it was trained with."""
    sys.path.insert(0, str(STARTER))
    import denoiser
    import gguf
    import language_model
    from safetensors.torch import load_file

    reader = gguf.GGUFReader(ctx.gguf_dir / GGUF)
    tokenizer = language_model.Tokenizer(reader)
    network = denoiser.Denoiser()
    network.load_state_dict({k: v.float() for k, v in load_file(STARTER / "model/transformer/diffusion_pytorch_model.safetensors").items()})
    case = CaseFolder(ctx, "pipeline_starter", "pipeline")
    call = dict(prompt="a red car on a blue background", guidance_scale=3.0, num_inference_steps=3, height=128, width=128)
    ids = tokenizer(["", call["prompt"]])
    tensors = language_model.cut(reader, {token for row in ids for token in row})
    exact = language_model.F
    noise = randn(case.gen, 1, 8, 16, 16)

    def run_starter() -> Tensors:
        states = [language_model.LanguageModel(tensors).states([row])[:, 1:] for row in ids]
        latents, seen, steps = noise, [], call["num_inference_steps"]
        for i in range(steps):
            t = torch.tensor([1 - i / steps])
            without, towards = (network(latents, t, text, torch.ones(1, 1, 1, text.shape[1], dtype=torch.bool)) for text in states)
            latents = latents - (without + call["guidance_scale"] * (towards - without)) / steps
            seen.append(latents)
        return {"latents": latents, "latents_per_step": torch.stack(seen)}

    expected = run_starter()
    language_model.F = SimpleNamespace(**{**vars(exact), "linear": lambda x, w: exact.linear(in_8_bits(x), w)})
    rounded = run_starter()
    language_model.F = exact
    atol = {name: ROUNDINGS * (rounded[name] - value).abs().max().item() for name, value in expected.items()}
    tol = {"rtol": 1e-4, "atol": max(atol.values()), "per_tensor_atol": atol, "measured": f"{ROUNDINGS} x what rounding the language model's activations to 8 bits changes"}
    case.finish("PyTorch, resources/starter", {"latents": noise}, expected, tol, "latents is the last step's result, latents_per_step all of them.", arguments=call, model="../../../../resources/starter/model", gguf_file=GGUF)


def generate(ctx: Context) -> None:
    if ctx.wants("pipeline_starter") and ctx.gguf_dir:
        starter(ctx)
    if not ctx.wants("pipeline_causal_text"):
        return
    case = CaseFolder(ctx, "pipeline_causal_text", "pipeline")
    tokenizer = write_tokenizer(case.model_dir / "text_encoder")
    config = tf.LlamaConfig(vocab_size=tokenizer.get_vocab_size(), hidden_size=24, intermediate_size=40, num_hidden_layers=3, num_attention_heads=3, num_key_value_heads=1, head_dim=8, max_position_embeddings=64, tie_word_embeddings=True)
    config._attn_implementation = "eager"
    language_model = as_stored(randomize(tf.LlamaForCausalLM(config), case.gen))
    transformer = df.PixArtTransformer2DModel(num_attention_heads=3, attention_head_dim=8, in_channels=5, out_channels=5, num_layers=1, patch_size=1, cross_attention_dim=24, sample_size=4, caption_channels=24, use_additional_conditions=False, interpolation_scale=1)
    parts: dict[str, Any] = dict(text_encoder=language_model.model, transformer=as_stored(randomize(transformer, case.gen)), vae=as_stored(randomize(df.AutoencoderKL(**kl([8], 5, 4, mid_block_add_attention=False, scaling_factor=0.7)), case.gen)),
                                 scheduler=df.FlowMatchEulerDiscreteScheduler(shift=1.0))
    copy.deepcopy(language_model).half().save_pretrained(case.model_dir / "text_encoder")
    for name in ("transformer", "vae"):
        copy.deepcopy(parts[name]).half().save_pretrained(case.model_dir / name)
    parts["scheduler"].save_pretrained(case.model_dir / "scheduler")
    index = {"_class_name": "CausalTextPixArtPipeline", "text_encoder": {"model": "text_encoder", "layer": LAYER, "max_tokens": MAX_TOKENS},
             "transformer": ["diffusers", "PixArtTransformer2DModel"], "vae": ["diffusers", "AutoencoderKL"], "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"]}
    (case.model_dir / "model_index.json").write_text(json.dumps(index, indent=2), encoding="utf-8")
    call = dict(prompt=PROMPT, negative_prompt=NEGATIVE, guidance_scale=3.0, num_inference_steps=4, height=4, width=8, latents=randn(case.gen, 1, 5, 4, 8))
    expected, high = (run(parts, tokenizer, call, dtype) for dtype in (torch.float32, torch.float64))
    arguments = {k: v for k, v in call.items() if not isinstance(v, torch.Tensor)}
    case.finish("transformers and diffusers, see goldenlib/causal_text.py", {"latents": call["latents"]}, expected, tolerance(expected, high),
                "latents is the last step's result, latents_per_step all of them; image is the decoded image in 0..1. The prompt is longer than what is read of it.", arguments=arguments)
