#!/usr/bin/env python3
"""Latents of diffusers' ensemble of experts (SDXL's base, then its refiner), for refiner_run_test.cpp.

Usage: refiner_reference.py [CASES]; prints the values that the test holds. CASES: tests/golden/cases."""
import sys
from pathlib import Path

import torch
from diffusers import StableDiffusionXLImg2ImgPipeline, StableDiffusionXLPipeline

cases = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "golden/cases")
words = {"prompt": "a fox in the rain", "negative_prompt": "blurry"}


def pipeline(kind, name):
    made = kind.from_pretrained(cases / name / "model", torch_dtype=torch.float32)
    made.set_progress_bar_config(disable=True)
    return made


base = pipeline(StableDiffusionXLPipeline, "pipeline_sdxl")
refiner = pipeline(StableDiffusionXLImg2ImgPipeline, "pipeline_sdxl_refiner")
for switch_at in (0.3, 0.6, 0.8):
    noise = torch.randn(1, 4, 8, 16, generator=torch.Generator().manual_seed(7))
    run = {**words, "num_inference_steps": 10, "guidance_scale": 5.0, "output_type": "latent"}
    with torch.no_grad():
        half = base(**run, height=16, width=32, latents=noise, denoising_end=switch_at).images
        whole = refiner(**run, image=half, denoising_start=switch_at).images
    values = whole.flatten()
    picked = ", ".join(f"{values[i].item():.6f}f" for i in range(0, values.numel(), 47))
    print(f"{{{switch_at}, {{{picked}}}}},  // {refiner.scheduler.config._class_name}")
