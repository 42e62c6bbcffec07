"""Tiny decoder-only language models: logits over a prompt and a greedy continuation."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import transformers as tf

from .common import CaseFolder, Context, Tensors, randint, randomize, reference_name, round_weights, run_both, tolerance

PROMPT, STEPS = 24, 16
NUMBERS = {1: "one prompt", 2: "two prompts", 3: "three prompts"}
MARGIN, VARIETY, ATTEMPTS = 0.01, 6, 400  # what a greedy continuation must show, and how many prompts are tried


@dataclass
class Spec:
    name: str
    config: Any
    cls: type
    notes: str = ""
    legacy_rope: bool = False
    short_prompt: int = 0
    gain: float = 1.0
    embed_std: float | None = None
    store: torch.dtype = torch.float32
    batch: int = 2
    prompt: int = PROMPT
    shard: str | None = None  # largest file of a sharded folder, as save_pretrained reads it: "100KB"

    def embedding_std(self) -> float:
        """Small where the output layer is tied: a large embedding would always predict its own token again."""
        if self.embed_std is not None:
            return self.embed_std
        return 0.1 if self.config.tie_word_embeddings else 0.6


BASE: dict[str, Any] = dict(vocab_size=256, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
                            num_key_value_heads=2, max_position_embeddings=256, bos_token_id=1, eos_token_id=2, pad_token_id=0)


def base(**changes: Any) -> dict[str, Any]:
    return {**BASE, **changes}


def rope(theta: float, kind: str = "default", **more: Any) -> dict[str, Any]:
    return {"rope_type": kind, "rope_theta": theta, **more}


LONG = [1.0, 1.1, 1.3, 1.7, 2.2, 3.0, 4.5, 7.0]
SHORT = [1.0, 1.0, 1.02, 1.05, 1.1, 1.15, 1.2, 1.3]


def specs() -> Iterator[Spec]:
    llama3 = rope(10000.0, "llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)
    yield Spec("llama_gqa", tf.LlamaConfig(**base(num_hidden_layers=3, tie_word_embeddings=False, rms_norm_eps=1e-5, rope_parameters=rope(10000.0))), tf.LlamaForCausalLM)
    yield Spec("llama_tied_llama3rope", tf.LlamaConfig(**base(tie_word_embeddings=True, rope_parameters=llama3)), tf.LlamaForCausalLM,
               "config.json is written the way transformers 4 wrote it (rope_theta and rope_scaling at the top level), as most published models have it.", legacy_rope=True)
    yield Spec("mistral_swa", tf.MistralConfig(**base(head_dim=24, sliding_window=8, rope_parameters=rope(10000.0), tie_word_embeddings=False)), tf.MistralForCausalLM,
               "sliding_window 8 is shorter than the prompt; head_dim is not hidden_size / heads.")
    yield Spec("qwen2_bias", tf.Qwen2Config(**base(tie_word_embeddings=True, rms_norm_eps=1e-6, rope_parameters=rope(1e6))), tf.Qwen2ForCausalLM, "q, k and v have biases; o has none.")
    yield Spec("qwen3_qknorm", tf.Qwen3Config(**base(tie_word_embeddings=True, head_dim=32, rope_parameters=rope(1e6))), tf.Qwen3ForCausalLM)
    yield Spec("qwen3_moe", tf.Qwen3MoeConfig(**base(head_dim=16, num_hidden_layers=3, num_experts=8, num_experts_per_tok=2, moe_intermediate_size=24, norm_topk_prob=True,
                                                    mlp_only_layers=[0], decoder_sparse_step=1, tie_word_embeddings=False, rope_parameters=rope(1e6))), tf.Qwen3MoeForCausalLM,
               "Layer 0 is dense (mlp_only_layers), the others route to 2 of 8 experts with renormalised weights.")
    types = ["sliding_attention"] * 2 + ["full_attention"] + ["sliding_attention"] * 2 + ["full_attention"]
    yield Spec("gemma3_text", tf.Gemma3TextConfig(**base(num_hidden_layers=6, intermediate_size=96, head_dim=16, query_pre_attn_scalar=24, sliding_window=8, num_key_value_heads=1, layer_types=types,
                                                        rope_parameters={"full_attention": rope(1e6), "sliding_attention": rope(1e4)})), tf.Gemma3ForCausalLM,
               "Norm weights are used as (1 + w); embeddings are scaled by sqrt(hidden_size); local and global layers have different rope bases.", embed_std=0.05)
    yield Spec("gemma2", tf.Gemma2Config(**base(vocab_size=97, hidden_size=36, intermediate_size=40, num_hidden_layers=3, num_attention_heads=3, num_key_value_heads=1, head_dim=12, query_pre_attn_scalar=20, sliding_window=7,
                                                layer_types=["sliding_attention", "full_attention", "sliding_attention"], attn_logit_softcapping=2.0, final_logit_softcapping=3.0, rope_parameters=rope(10000.0))), tf.Gemma2ForCausalLM,
               "Scores of attention and logits are soft-capped; every second layer sees a window, which is shorter than the prompt.", embed_std=0.05, store=torch.bfloat16, batch=1, prompt=21)
    yield Spec("phi3_fused", tf.Phi3Config(**base(tie_word_embeddings=False, rope_parameters=rope(10000.0), sliding_window=8)), tf.Phi3ForCausalLM, "Fused qkv_proj and gate_up_proj.")
    yield Spec("phi3_longrope", tf.Phi3Config(**base(tie_word_embeddings=False, original_max_position_embeddings=16, sliding_window=None,
                                                    rope_parameters=rope(10000.0, "longrope", short_factor=SHORT, long_factor=LONG, original_max_position_embeddings=16))),
               tf.Phi3ForCausalLM, "The prompt is longer than original_max_position_embeddings, so long_factor applies; short_* is a 10-token prompt, where short_factor applies.", short_prompt=10)
    yield from other_shapes()


def other_shapes() -> Iterator[Spec]:
    """Extents that are no multiple of a vector or a block, half precision, every rope scaling, long prompts, shards."""
    linear, yarn = dict(factor=4.0), dict(factor=4.0, original_max_position_embeddings=32)
    yield Spec("llama_odd_f16", tf.LlamaConfig(**base(vocab_size=131, hidden_size=90, intermediate_size=70, num_attention_heads=5, num_key_value_heads=1, attention_bias=True, mlp_bias=True, tie_word_embeddings=False,
                                                     rope_parameters=rope(10000.0))), tf.LlamaForCausalLM, "Biases everywhere; head_dim 18.", store=torch.float16, batch=3, prompt=7)
    yield Spec("llama_linear_bf16", tf.LlamaConfig(**base(vocab_size=77, hidden_size=72, intermediate_size=100, num_attention_heads=3, num_key_value_heads=3, tie_word_embeddings=True,
                                                         rope_parameters=rope(10000.0, "linear", **linear))), tf.LlamaForCausalLM, store=torch.bfloat16, batch=1, prompt=45)
    yield Spec("llama_yarn", tf.LlamaConfig(**base(tie_word_embeddings=False, rope_parameters=rope(10000.0, "yarn", **yarn))), tf.LlamaForCausalLM, batch=1, prompt=70)
    yield Spec("llama_yarn_legacy", tf.LlamaConfig(**base(tie_word_embeddings=True, rope_parameters=rope(5000.0, "yarn", beta_fast=16.0, beta_slow=2.0, attention_factor=1.3, **yarn))), tf.LlamaForCausalLM, legacy_rope=True)
    yield Spec("llama_sharded", tf.LlamaConfig(**base(hidden_size=56, num_attention_heads=7, num_key_value_heads=7, tie_word_embeddings=False, rope_parameters=rope(10000.0))), tf.LlamaForCausalLM,
               "The weights are in several files with an index.", shard="100KB")
    yield Spec("mistral_long", tf.MistralConfig(**base(num_key_value_heads=1, num_attention_heads=3, head_dim=20, sliding_window=37, max_position_embeddings=512, rope_parameters=rope(10000.0), tie_word_embeddings=False)), tf.MistralForCausalLM,
               "The prompt is longer than four windows.", batch=1, prompt=161)
    yield Spec("mistral_no_window", tf.MistralConfig(**base(sliding_window=None, rope_parameters=rope(1e6), tie_word_embeddings=True)), tf.MistralForCausalLM, store=torch.bfloat16, batch=1)
    yield Spec("qwen2_window", tf.Qwen2Config(**base(hidden_size=84, num_attention_heads=6, num_hidden_layers=3, use_sliding_window=True, sliding_window=6, max_window_layers=1, tie_word_embeddings=False, rope_parameters=rope(1e6))), tf.Qwen2ForCausalLM,
               "The layers from the second on see a window.", store=torch.float16, batch=3, prompt=17)
    yield Spec("qwen3_odd_bf16", tf.Qwen3Config(**base(vocab_size=203, hidden_size=60, intermediate_size=90, num_attention_heads=3, num_key_value_heads=1, head_dim=20, attention_bias=True, tie_word_embeddings=False,
                                                      rope_parameters=rope(1e6, "yarn", **yarn))), tf.Qwen3ForCausalLM, store=torch.bfloat16)
    yield Spec("qwen3_moe_odd_f16", tf.Qwen3MoeConfig(**base(vocab_size=89, hidden_size=36, intermediate_size=28, num_attention_heads=3, num_key_value_heads=1, head_dim=12, num_experts=5, num_experts_per_tok=3, moe_intermediate_size=12, norm_topk_prob=False,
                                                             num_hidden_layers=2, mlp_only_layers=[], decoder_sparse_step=2, tie_word_embeddings=False, rope_parameters=rope(1e6))), tf.Qwen3MoeForCausalLM,
               "Every second layer has experts, whose weights are not made to sum to 1.", store=torch.float16, batch=2, prompt=13)
    yield Spec("phi3_odd_bf16", tf.Phi3Config(**base(vocab_size=91, hidden_size=40, intermediate_size=36, num_attention_heads=2, num_key_value_heads=1, sliding_window=9, tie_word_embeddings=True,
                                                     rope_parameters={**rope(10000.0), "partial_rotary_factor": 0.8})), tf.Phi3ForCausalLM, "A part of each head turns.", store=torch.bfloat16, batch=2, prompt=19)
    yield Spec("phi3_longrope_legacy_f16", tf.Phi3Config(**base(vocab_size=83, hidden_size=32, intermediate_size=24, num_attention_heads=2, num_key_value_heads=2, original_max_position_embeddings=16, sliding_window=None, tie_word_embeddings=False,
                                                                rope_parameters=rope(10000.0, "longrope", short_factor=SHORT, long_factor=LONG, original_max_position_embeddings=16))),
               tf.Phi3ForCausalLM, "short_* is a prompt to which short_factor applies. config.json is written the way transformers 4 wrote it.", store=torch.float16, legacy_rope=True, batch=1, prompt=20, short_prompt=16)
    types = ["sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "full_attention"]
    yield Spec("gemma3_odd_bf16", tf.Gemma3TextConfig(**base(vocab_size=149, hidden_size=54, num_hidden_layers=5, intermediate_size=70, num_attention_heads=3, num_key_value_heads=3, head_dim=20, query_pre_attn_scalar=20, sliding_window=11,
                                                            layer_types=types, final_logit_softcapping=5.0, attn_logit_softcapping=8.0,
                                                            rope_parameters={"full_attention": rope(1e6, "linear", factor=8.0), "sliding_attention": rope(1e4)})), tf.Gemma3ForCausalLM,
               "Logits are soft-capped, attention is not, although the configuration asks for it: transformers ignores that. Global layers scale their positions.", embed_std=0.05, store=torch.bfloat16, batch=1, prompt=90)


def write_legacy_config(path: Any) -> None:
    config = json.loads(path.read_text())
    params = config.pop("rope_parameters")
    config["rope_theta"] = params.pop("rope_theta")
    config["rope_scaling"] = params if params.get("rope_type") != "default" else None
    config["torch_dtype"] = config.pop("dtype", "float32")
    config["transformers_version"] = "4.44.0"
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


@torch.no_grad()
def forward_all(model: Any, inputs: Tensors) -> Tensors:
    out = model(input_ids=inputs["input_ids"], output_hidden_states=True, use_cache=False)
    result = {"logits": out.logits}
    for index, hidden in enumerate(out.hidden_states):
        result[f"hidden_states.{index}"] = hidden
    if "short_input_ids" in inputs:
        result["short_logits"] = model(input_ids=inputs["short_input_ids"], use_cache=False).logits
    return result


@torch.no_grad()
def greedy(model: Any, ids: torch.Tensor, steps: int = STEPS) -> tuple[torch.Tensor, float]:
    """Greedy continuation without a cache; also the smallest gap between the two best logits."""
    margin, current = float("inf"), ids
    for _ in range(steps):
        logits = model(input_ids=current, use_cache=False).logits[:, -1]
        top = logits.topk(2, dim=-1).values
        margin = min(margin, float((top[:, 0] - top[:, 1]).min()))
        current = torch.cat([current, logits.argmax(-1, keepdim=True)], dim=1)
    return current[:, ids.shape[1]:], margin


def make_case(ctx: Context, spec: Spec) -> None:
    case = CaseFolder(ctx, f"causal_lm_{spec.name}", "causal_lm")
    spec.config._attn_implementation = "eager"
    model = randomize(spec.cls(spec.config), case.gen, gain=spec.gain, embed_std=spec.embedding_std())
    round_weights(model, spec.store)
    model.generation_config = tf.GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=0)
    for _ in range(ATTEMPTS):
        inputs = {"input_ids": randint(case.gen, 3, spec.config.vocab_size, spec.batch, spec.prompt)}
        if spec.short_prompt:
            inputs["short_input_ids"] = inputs["input_ids"][:1, : spec.short_prompt].contiguous()
        ids, margin = greedy(model, inputs["input_ids"])
        if margin > MARGIN and min(len(set(row)) for row in ids.tolist()) >= VARIETY:
            break
    else:
        raise ValueError(f"{case.name}: no prompt with a clear and varied greedy continuation")
    expected, high, note = run_both(model, inputs, forward_all)
    tol = tolerance(expected, high)
    copy.deepcopy(model).to(spec.store).save_pretrained(case.model_dir, **({"max_shard_size": spec.shard} if spec.shard else {}))
    if spec.legacy_rope:
        write_legacy_config(case.model_dir / "config.json")
    reloaded = spec.cls.from_pretrained(case.model_dir, attn_implementation="eager", dtype=torch.float32).eval()
    again = forward_all(reloaded, inputs)["logits"]
    if (again - expected["logits"]).abs().max() > 1e-6:
        raise ValueError(f"{case.name}: the saved model does not reproduce the logits")
    expected["greedy_ids"] = ids
    text = ("logits and hidden_states.N (0 = embeddings, last = after the final norm) of a forward pass over " + f"{NUMBERS[spec.batch]} of {spec.prompt} tokens without padding; "
            "greedy_ids are the 16 argmax continuations of each prompt. " + (f"Weights are stored as {str(spec.store).removeprefix('torch.')}; the reference computes in float32. " if spec.store != torch.float32 else "") + spec.notes + (" " + note if note else ""))
    case.finish(reference_name("transformers", spec.cls.__name__), inputs, expected, tol, text.strip(), min_greedy_margin=round(margin, 4))


def generate(ctx: Context) -> None:
    for spec in specs():
        if ctx.wants(f"causal_lm_{spec.name}"):
            make_case(ctx, spec)
