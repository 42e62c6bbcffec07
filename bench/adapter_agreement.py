#!/usr/bin/env python3
"""Whether an adapter that Diptych trained says the same in other programs: llama.cpp, and PEFT on transformers.

usage: adapter_agreement.py MODEL.gguf ADAPTER --data FILE.jsonl [--diptych PROGRAM] [--export PROGRAM] [--answers N]

ADAPTER is the output folder of `diptych finetune`, as PEFT writes it. The first N conversations of FILE are read token by
token with the true tokens before each (teacher forcing), and predictions of the answers' tokens are compared: ours,
llama.cpp's with the adapter exported to GGUF, and PEFT's on transformers. Reported are the mean Kullback-Leibler divergence
KL(peer || ours) in nats per token and the share of positions at which both name the same most likely token; and the same
between the two peers, which says how much of it is theirs.

All three compute with the dequantized weights first, where nothing but the adapter can make a difference: the limits hold
there. Then the quantized file is used, in which Diptych and llama.cpp round activations to 8 bits, each in its own way.

llama.cpp is used through llama-cpp-python's bindings (LLAMA_CPP_LIB_PATH may name the folder of a libllama of your own).
Needs torch, transformers, peft, gguf, safetensors and numpy. Exit code: 0 within the limits, 1 not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TQDM_DISABLE", "1")

import numpy as np
from quality import distance
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).resolve().parent
sys.path = [path for path in sys.path if Path(path).resolve() != HERE]  # llama_cpp.py here is not the bindings
LARGEST_KL, SMALLEST_AGREEMENT = 0.01, 0.98


@dataclass
class Answer:
    """A conversation's tokens, and the positions whose next token belongs to an answer."""

    ids: list[int]
    positions: list[int]


def tokenize(diptych: Path, model: Path, texts: list[str], scratch: Path) -> list[list[int]]:
    file = scratch / "texts.json"
    file.write_text(json.dumps(texts), encoding="utf-8")
    # Control tokens of the template are recognised; it says itself what stands at the beginning.
    out = subprocess.run([diptych, "tokenize", model, "--file", file, "--special"], check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def rendered(diptych: Path, model: Path, messages: list[dict], scratch: Path, *more: str) -> str:
    file = scratch / "messages.json"
    file.write_text(json.dumps(messages), encoding="utf-8")
    return subprocess.run([diptych, "template", model, "--messages", file, *more], check=True, capture_output=True, text=True).stdout


def answers_of(args: argparse.Namespace, scratch: Path) -> list[Answer]:
    records = [json.loads(line)["messages"] for line in args.data.read_text(encoding="utf-8").splitlines() if line.strip()]
    answers = []
    for messages in records[: args.answers]:
        last = max(i for i, message in enumerate(messages) if message["role"] == "assistant")
        prompt = rendered(args.diptych, args.model, messages[:last], scratch)
        whole, before = tokenize(args.diptych, args.model, [prompt + messages[last]["content"], prompt], scratch)
        if whole[: len(before)] != before:
            raise ValueError(f"the prompt's tokens change with the answer behind it: {messages[last]['content']}")
        answers.append(Answer(whole, list(range(len(before) - 1, len(whole) - 1))))
    return answers


def dequantized(model: Path, path: Path) -> Path:
    """The same file with all its weights in f32."""
    import gguf

    reader = gguf.GGUFReader(model)
    writer = gguf.GGUFWriter(path, reader.get_field("general.architecture").contents())
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        array = field.types[0] == gguf.GGUFValueType.ARRAY
        writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=field.types[-1] if array else None)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def ours(args: argparse.Namespace, model: Path, answers: list[Answer], scratch: Path) -> np.ndarray:
    columns = max(len(answer.ids) for answer in answers)
    ids, mask = np.zeros((len(answers), columns), np.int64), np.zeros((len(answers), columns), np.int64)
    for row, answer in enumerate(answers):
        ids[row, : len(answer.ids)] = answer.ids
        mask[row, : len(answer.ids)] = 1
    save_file({"input_ids": ids, "attention_mask": mask}, scratch / "inputs.safetensors")
    out = scratch / "logits.safetensors"
    subprocess.run([args.diptych, "eval", model, "--lora", f"{args.adapter}:1", "--inputs", scratch / "inputs.safetensors", "--out", out], check=True)
    logits = load_file(out)["logits"]
    return np.concatenate([logits[row][answer.positions] for row, answer in enumerate(answers)])


def head_dim(model: Path) -> int:
    import gguf

    reader = gguf.GGUFReader(model)
    architecture = reader.get_field("general.architecture").contents()
    number = lambda key: reader.get_field(f"{architecture}.{key}").contents()
    if reader.get_field(f"{architecture}.attention.key_length"):
        return number("attention.key_length")
    return number("embedding_length") // number("attention.head_count")


def llama_cpp(args: argparse.Namespace, model: Path, answers: list[Answer], scratch: Path) -> np.ndarray:
    from llama_cpp import Llama

    exported = scratch / "adapter.gguf"
    subprocess.run([args.export, args.adapter, "gguf", exported, str(head_dim(model))], check=True)
    llama = Llama(str(model), lora_path=str(exported), logits_all=True, n_ctx=max(len(answer.ids) for answer in answers) + 8, n_threads=os.cpu_count(), verbose=False)
    rows = []
    for answer in answers:
        llama.reset()
        llama.eval(answer.ids)
        rows.append(np.array(llama.scores[answer.positions], dtype=np.float32))
    return np.concatenate(rows)


def peft_on_transformers(args: argparse.Namespace, answers: list[Answer]) -> np.ndarray:
    import peft
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    model = AutoModelForCausalLM.from_pretrained(args.model.parent, gguf_file=args.model.name, dtype=torch.float32, attn_implementation="eager")
    model = peft.PeftModel.from_pretrained(model, args.adapter).eval()
    with torch.no_grad():
        return np.concatenate([model(input_ids=torch.tensor([answer.ids]), use_cache=False).logits[0, answer.positions].float().numpy() for answer in answers])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("adapter", type=Path)
    parser.add_argument("--data", type=Path, default=HERE.parent / "resources/ada/validation.jsonl")
    parser.add_argument("--diptych", type=Path, default=HERE.parent / "build/bin/diptych")
    parser.add_argument("--export", type=Path, default=HERE.parent / "build/tests/engine_train_export")
    parser.add_argument("--answers", type=int, default=20)
    args = parser.parse_args()
    args.model = args.model.resolve()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        answers = answers_of(args, scratch)
        reference = peft_on_transformers(args, answers)
        print(f"{args.model.name} with {args.adapter}: {len(answers)} answers, {len(reference)} tokens")
        for name, model in [("dequantized", dequantized(args.model, scratch / "f32.gguf")), ("as it is", args.model)]:
            said = ours(args, model, answers, scratch)[:, : reference.shape[1]]
            llama = llama_cpp(args, model, answers, scratch)[:, : reference.shape[1]]
            print(f"{name}:")
            for program, peer in [("llama.cpp", llama), ("PEFT", reference)]:
                result = distance(peer, said)
                fine = result.kl_mean <= LARGEST_KL and result.agreement >= SMALLEST_AGREEMENT
                failed |= not fine and name == "dequantized"
                print(f"  {'ok  ' if fine else 'over'} ours from {program}: {result}")
            print(f"       llama.cpp from PEFT: {distance(reference, llama)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
