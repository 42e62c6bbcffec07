#!/usr/bin/env python3
"""A text encoder of T5-XXL's width in Q8_0 against transformers in float32, two threads, alternating runs.

usage: text_encoder_peers.py FLUX_FOLDER [--layers 6] [--pairs 3] [--type Q8_0] [--isa avx2]
                             [--diptych build/bin/diptych] [--work FOLDER]

FLUX_FOLDER is a pipeline that bench/image_models.py wrote; its own T5 (of one layer) is replaced by a GGUF file with random weights
that this script makes. Ours is the time for a whole prompt, CLIP included; theirs is T5's 512 tokens alone. Without --layers 6 but
with the published 24, only ours is run (`--pairs 0`): float32 would need 19 GB.
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import isa  # before torch

import gguf
import numpy as np
import torch
import transformers

D_MODEL, D_FF, HEADS, D_KV, TOKENS = 4096, 10240, 64, 64, 512
NAMES = {"attn_q": (HEADS * D_KV, D_MODEL), "attn_k": (HEADS * D_KV, D_MODEL), "attn_v": (HEADS * D_KV, D_MODEL), "attn_o": (D_MODEL, HEADS * D_KV),
         "ffn_gate": (D_FF, D_MODEL), "ffn_up": (D_FF, D_MODEL), "ffn_down": (D_MODEL, D_FF)}


def write_gguf(path: Path, layers: int, kind: gguf.GGMLQuantizationType, vocabulary: int = 32128) -> None:
    writer = gguf.GGUFWriter(path, "t5encoder")
    writer.add_block_count(layers)
    writer.add_embedding_length(D_MODEL)
    writer.add_feed_forward_length(D_FF)
    writer.add_head_count(HEADS)
    writer.add_key_length(D_KV)
    writer.add_relative_attn_buckets_count(32)
    writer.add_layer_norm_rms_eps(1e-6)
    source = np.random.default_rng(1)

    def matrix(name: str, rows: int, columns: int) -> None:
        # One block of rows many times: speed does not depend on values, and drawing billions takes minutes.
        part = source.standard_normal((128, columns), dtype=np.float32) * (0.5 / columns ** 0.5)
        whole = np.tile(gguf.quantize(part, kind), (-(-rows // 128), 1))[:rows]
        writer.add_tensor(name, np.ascontiguousarray(whole), raw_dtype=kind)

    matrix("token_embd.weight", vocabulary, D_MODEL)
    writer.add_tensor("enc.blk.0.attn_rel_b.weight", source.standard_normal((32, HEADS), dtype=np.float32))
    for layer in range(layers):
        for name, (rows, columns) in NAMES.items():
            matrix(f"enc.blk.{layer}.{name}.weight", rows, columns)
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"enc.blk.{layer}.{name}.weight", np.ones(D_MODEL, np.float32))
    writer.add_tensor("enc.output_norm.weight", np.ones(D_MODEL, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def ours(args: argparse.Namespace, encoder: Path) -> dict:
    command = [str(args.diptych), "bench", "image", str(args.folder), "--text-encoder", str(encoder), "--width", "64", "--height", "64", "--steps", "1",
               "--repeat", "1", "--threads", str(args.threads), "--json"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return next(row for row in report["rows"] if row["component"] == "text_encoder")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", default=6, type=int)
    parser.add_argument("--pairs", default=3, type=int)
    parser.add_argument("--type", default="Q8_0")
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--diptych", default=Path("build/bin/diptych"), type=Path)
    parser.add_argument("--work", type=Path, help="where the GGUF file is written (default: a temporary folder)")
    isa.add_option(parser)
    args = parser.parse_args()
    isa.check(isa.of_diptych(args.diptych), "PyTorch", isa.of_torch())
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory(dir=args.work) as scratch:
        encoder = Path(scratch) / "t5.gguf"
        write_gguf(encoder, args.layers, gguf.GGMLQuantizationType[args.type])
        if args.pairs == 0:
            row = ours(args, encoder)
            return print(f"{args.layers} layers, {args.type}: {row['seconds_per_step']:.2f} s, {row['peak_memory_bytes'] / 1e9:.2f} GB")
        with torch.no_grad():
            model = transformers.T5EncoderModel(transformers.T5Config(vocab_size=32128, d_model=D_MODEL, d_kv=D_KV, d_ff=D_FF, num_layers=args.layers,
                                                                      num_heads=HEADS, feed_forward_proj="gated-gelu")).eval()
            ids, mask = torch.randint(3, 32000, (1, TOKENS)), torch.ones(1, TOKENS, dtype=torch.long)
            model(input_ids=ids, attention_mask=mask)
            pairs = []
            for index in range(args.pairs):
                first = ours(args, encoder)["seconds_per_step"] if index % 2 == 0 else None
                begin = time.perf_counter()
                model(input_ids=ids, attention_mask=mask)
                theirs = time.perf_counter() - begin
                pairs.append((first or ours(args, encoder)["seconds_per_step"], theirs))
                print(f"pair {index + 1}: {pairs[-1][0]:.2f} s against {theirs:.2f} s", file=sys.stderr, flush=True)
    ratios = sorted(theirs / mine for mine, theirs in pairs)
    print(f"| T5-XXL's width, {args.layers} layers, {args.type} | encoding | {statistics.median(p[0] for p in pairs):.2f} | "
          f"{statistics.median(p[1] for p in pairs):.2f} | {statistics.median(ratios):.2f} | {ratios[0]:.2f}–{ratios[-1]:.2f} | {len(pairs)} |")


if __name__ == "__main__":
    main()
