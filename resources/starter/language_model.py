"""Hidden states of the first layers of SmolLM2-135M (GGUF, Q4_1), dequantized: what the starter model reads.

A text is read as [bos, its tokens, eos]; its condition is what the last of the layers puts out, without the final norm
and without the state of bos: that one takes the attention nothing else asks for, and is large and always the same.
"""

import numpy as np
import torch
import torch.nn.functional as F

LAYERS = 7
MAX_TOKENS = 32  # bos and eos not counted
HEADS, KEY_HEADS, HEAD_DIM, ROPE_BASE, NORM_EPS = 9, 3, 64, 100000.0, 1e-5
PARTS = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")


class Tokenizer:
    """The byte pairs of the GGUF, split as SmolLM's."""

    def __init__(self, reader):
        from tokenizers import Tokenizer as Fast, decoders, models, pre_tokenizers

        tokens = reader.fields["tokenizer.ggml.tokens"].contents()
        merges = [tuple(pair.split(" ")) for pair in reader.fields["tokenizer.ggml.merges"].contents()]
        self.bos = reader.fields["tokenizer.ggml.bos_token_id"].contents()
        self.eos = reader.fields["tokenizer.ggml.eos_token_id"].contents()
        self.fast = Fast(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
        digits = pre_tokenizers.Digits(individual_digits=True)
        self.fast.pre_tokenizer = pre_tokenizers.Sequence([digits, pre_tokenizers.ByteLevel(add_prefix_space=False)])
        self.fast.decoder = decoders.ByteLevel()

    def __call__(self, texts):
        return [[self.bos, *one.ids[:MAX_TOKENS], self.eos] for one in self.fast.encode_batch(texts)]


def cut(reader, used_tokens, layers=LAYERS):
    """The tensors that the first layers need, as the file has them, and the rows of the tokens alone."""
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    rows = np.array(sorted(used_tokens), dtype=np.int32)
    result = {"rows": rows, "token_embd": np.ascontiguousarray(tensors["token_embd.weight"].data[rows])}
    for layer in range(layers):
        for part in (*PARTS, "attn_norm", "ffn_norm"):
            name = f"blk.{layer}.{part}"
            result[name] = np.ascontiguousarray(tensors[name + ".weight"].data)
    return result


def from_q8_0(blocks):  # [rows, bytes] of a half scale and 32 values
    blocks = blocks.reshape(blocks.shape[0], -1, 34)
    scale = blocks[..., :2].copy().view(np.float16).astype(np.float32)
    return (blocks[..., 2:].view(np.int8) * scale).reshape(blocks.shape[0], -1)


def from_q4_1(blocks):  # [rows, bytes] of scale and minimum, and 32 half bytes: the low ones first
    blocks = blocks.reshape(blocks.shape[0], -1, 20)
    scale, least = (blocks[..., i : i + 2].copy().view(np.float16).astype(np.float32) for i in (0, 2))
    values = np.concatenate([blocks[..., 4:] & 15, blocks[..., 4:] >> 4], axis=-1)
    return (values * scale + least).reshape(blocks.shape[0], -1)


def rotate(x, cos, sin):  # neighbours are pairs, as GGUF orders the rows of queries and keys
    a, b = x[..., ::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)


class LanguageModel:
    def __init__(self, tensors, device="cpu", layers=LAYERS):
        def load(value):
            return torch.from_numpy(value).to(device)

        self.row_of = np.full(1 << 16, -1, dtype=np.int64)
        self.row_of[tensors["rows"]] = np.arange(len(tensors["rows"]))
        self.embedding = load(from_q8_0(tensors["token_embd"]))
        self.blocks = []
        for i in range(layers):
            block = {part: load(from_q4_1(tensors[f"blk.{i}.{part}"])) for part in PARTS}
            block |= {part: load(tensors[f"blk.{i}.{part}"].copy()) for part in ("attn_norm", "ffn_norm")}
            self.blocks.append(block)

    def states(self, ids, every_layer=False):
        """[n, tokens] -> [n, tokens, 576] of the last layer, or of all in a list. Texts end in padding of any token."""
        device = self.embedding.device
        x = self.embedding[torch.from_numpy(self.row_of[np.asarray(ids)]).to(device)]
        n, tokens, width = x.shape
        angles = torch.arange(tokens, device=device)[:, None] * ROPE_BASE ** (
            -torch.arange(0, HEAD_DIM, 2, device=device) / HEAD_DIM
        )
        cos, sin = angles.cos(), angles.sin()
        found = [x]
        for w in self.blocks:
            h = F.rms_norm(x, (width,), w["attn_norm"], NORM_EPS)
            q, k, v = (
                F.linear(h, w[part]).view(n, tokens, heads, HEAD_DIM).transpose(1, 2)
                for part, heads in (("attn_q", HEADS), ("attn_k", KEY_HEADS), ("attn_v", KEY_HEADS))
            )
            k, v = (one.repeat_interleave(HEADS // KEY_HEADS, dim=1) for one in (rotate(k, cos, sin), v))
            a = F.scaled_dot_product_attention(rotate(q, cos, sin), k, v, is_causal=True)
            x = x + F.linear(a.transpose(1, 2).reshape(n, tokens, width), w["attn_output"])
            h = F.rms_norm(x, (width,), w["ffn_norm"], NORM_EPS)
            x = x + F.linear(F.silu(F.linear(h, w["ffn_gate"])) * F.linear(h, w["ffn_up"]), w["ffn_down"])
            found.append(x)
        return found if every_layer else x
