"""Which recipe teaches the starter's denoiser most for the same arithmetic? Small runs side by side on one GPU, each with the
operations that a CPU would do in some hours, sampled and judged at four points of the way:

    compare_recipes.py --data DATA --plan compare_recipes.json --out OUT [--hours 2] [--seconds 500] [--together 4]

DATA is what make_data.py wrote. A plan is a list of what differs from DEFAULT below; "hours" are those of two CPU cores at
130 GFLOP/s, forward and backward counted. OUT/results.json then holds the curves: shares of held-out phrasings (plain) and of
things in colours they were never shown in (both: thing and colour) that are right by metrics.py. The autoencoder is model/'s.
Needs PyTorch, numpy, Pillow, safetensors; a GPU, or tiny plans.
"""
import argparse, json, sys, time
from collections import defaultdict
from pathlib import Path
import numpy as np
import safetensors.torch
import torch
import torch.nn.functional as F

import captions as c, metrics, pictures
from autoencoder import Autoencoder
from compare_network import Run, forward, step_flops
from train_autoencoder import decoded, encoded
from training_data import Data

MOST = {"plain": 1 << 30, "background": 4300, "colour": 5700, "pair": 7900, "count": 1100, "mirrored": 350}
MIXES = {
    "today": ({"plain": 0.46, "background": 0.12, "colour": 0.16, "pair": 0.22, "count": 0.03, "mirrored": 0.01}, {"skin": 0.15, "flag": 0.4, "variant": 0.5}),
    "base": ({"plain": 0.55, "background": 0.12, "colour": 0.22, "pair": 0.09, "count": 0.02}, {"skin": 0.0, "flag": 0.4, "variant": 0.25}),
    "only": ({"plain": 0.55, "background": 0.12, "colour": 0.22, "pair": 0.09, "count": 0.02}, {"skin": 0.0, "flag": 0.4, "variant": 0.0}),
    "plainer": ({"plain": 0.68, "background": 0.10, "colour": 0.17, "pair": 0.04, "count": 0.01}, {"skin": 0.0, "flag": 0.4, "variant": 0.25}),
}
DEFAULT = {"patch": 2, "width": 320, "layers": 8, "opt": "muon", "lr": 1.5e-3, "batch": 64, "mix": "base", "schedule": "linear", "hours": 4}
start = time.monotonic()


def log(line):
    print(f"[{time.monotonic() - start:6.1f}] {line}", flush=True)


class Set:
    def __init__(self, folder, device, part, tests):
        self.device = device
        data = self.data = Data(folder, device)
        rows = data.columns["train_recipes"].astype(np.int64)
        keep = np.zeros(len(rows), bool)
        for kind, name in enumerate(c.KINDS):
            found = defaultdict(list)
            for i in np.flatnonzero(data.kinds == kind):
                found[tuple(rows[i])].append(i)
            found = list(found.values())[::part]
            most = min(len(found), max(1, MOST[name] // part))
            for j in range(most):
                keep[found[j * len(found) // most]] = True
        self.rows, self.kinds = rows[keep], data.kinds[keep]
        recipes, of = np.unique(self.rows, axis=0, return_inverse=True)
        self.picture_of = torch.from_numpy(of.reshape(-1)).to(device)
        self.vae = Autoencoder().to(device)
        self.vae.load_state_dict({k: v.float() for k, v in safetensors.torch.load_file(Path(__file__).parent / "model/vae/diffusion_pytorch_model.safetensors").items()})
        self.vae.eval()
        self.latents = torch.cat([encoded(self.vae, data.pictures(recipes[i : i + 2048])) for i in range(0, len(recipes), 2048)])
        log(f"{len(self.rows)} captions, {len(recipes)} pictures")
        self.states, self.lengths = data.states(data.ids[keep], data.lengths[keep])
        sample = self.states[::5].float()
        used = torch.arange(data.tokens, device=device) < self.lengths[::5, None]
        self.mean, self.deviation = sample[used].mean(0), sample[used].std(0).clamp_min(1e-3)
        self.null, self.null_length = data.test_texts("null")
        self.range = torch.arange(data.tokens, device=device)
        held = data.description["held_out"]
        kinds = np.array([one["kind"] for one in held])
        at = np.concatenate([np.flatnonzero(kinds == k)[:tests] for k in ("plain", "colour")])
        self.held = [held[i] for i in at]
        self.plain = torch.tensor([one["kind"] == "plain" for one in self.held])
        states, lengths = data.test_texts()
        self.test_states, self.test_lengths = states[at], lengths[at]
        self.test_latents = encoded(self.vae, data.pictures([one["recipe"] for one in self.held])).float()
        log("texts")
        self.prepare_metrics()
        log("metrics")

    def scaled(self, states):
        return (states.float() - self.mean) / self.deviation

    def draw(self, mix, count, generator):
        shares, rare = MIXES[mix]
        emoji = self.data.description["emoji"]
        rarity = np.array([np.prod([rare[k] for k in ("skin", "flag", "variant") if one[k]]) for one in emoji])
        w = rarity[self.rows[:, c.FIRST]]
        each = np.bincount(self.rows[:, c.FIRST][self.kinds == 0], minlength=len(emoji))
        w[self.kinds == 0] /= each[self.rows[:, c.FIRST][self.kinds == 0]]
        for kind, name in enumerate(c.KINDS):
            at = self.kinds == kind
            w[at] *= shares.get(name, 0) / max(w[at].sum(), 1e-9)
        w = torch.from_numpy(w).to(self.device)
        return torch.multinomial(w, count, replacement=True, generator=generator)

    def prepare_metrics(self):
        """metrics.py's candidates and colours once for all."""
        data, self.scenes, self.scene_of = self.data, {}, []
        self.inside, self.drawn = [], []
        for one in self.held:
            recipe = one["recipe"]
            scene = (*recipe[c.SECOND :], recipe[c.FIRST_COLOUR])
            if scene not in self.scenes:
                rows = metrics.candidates(data, recipe)
                made = torch.cat([metrics.small(data.pictures(rows[i : i + 512])) for i in range(0, len(rows), 512)])
                self.scenes[scene] = rows[:, c.FIRST], made.half()
            self.scene_of.append(scene)
            if one["kind"] != "colour":
                self.inside.append(None), self.drawn.append(None)
                continue
            rows = torch.tensor([recipe], device=data.device)
            x = data.rgba[rows[:, c.FIRST]].float() / 255
            hue, saturation, _ = pictures.hue_saturation(x[:, :3])
            near = pictures.distance(hue, data.hues[rows[:, c.FIRST], None, None]) < pictures.HUE_WIDTH
            painted = (near & (x[:, 3] > 0.5) & (saturation > 0.3))[:, None].float()
            if recipe[c.BACKGROUND] > 0:
                margin = x.shape[-1] // 8
                painted = F.pad(pictures.smaller(painted, x.shape[-1] * 3 // 4), (margin,) * 4)
            inside = painted[0, 0] > 0.5
            self.inside.append(inside)
            self.drawn.append(torch.stack([p[:, inside].float().mean(1) for p in metrics.shown_colours(data, rows)]))

    def right(self, images):
        small = metrics.small(images)
        thing = []
        for i, scene in enumerate(self.scene_of):
            emoji, made = self.scenes[scene]
            near = (made.float() - small[i]).square().mean(1).argmin()
            thing.append(near)
        near = torch.stack(thing).tolist()
        thing = [self.scenes[s][0][n].item() == one["recipe"][c.FIRST] for s, n, one in zip(self.scene_of, near, self.held)]
        colour = []
        for i, one in enumerate(self.held):
            if self.inside[i] is None:
                continue
            mean = images[i][:, self.inside[i]].float().mean(1)
            colour.append((self.drawn[i] - mean).square().sum(1).argmin())
        colour = torch.stack(colour).tolist()
        wanted = [one["recipe"][c.FIRST_COLOUR] for one in self.held if one["kind"] == "colour"]
        colour = [a == b for a, b in zip(colour, wanted)]
        plain = [a for a, p in zip(thing, self.plain) if p]
        things = [a for a, p in zip(thing, self.plain) if not p]
        both = [a and b for a, b in zip(things, colour)]
        return np.array([np.mean(one) for one in (plain, both, things, colour)])

    @torch.no_grad()
    def measure(self, run, seeds=(1, 2), guidance=3.0, steps=20):
        P = run.views(run.ema.to(run.half))
        n, dev = len(self.held), self.device
        text = self.scaled(torch.cat([self.null.expand(n, -1, -1), self.test_states]))
        lengths = torch.cat([self.null_length.expand(n), self.test_lengths])
        mask = (self.range < lengths[:, None])[:, None, None]
        gen = torch.Generator(dev).manual_seed(3)
        loss = []
        for t in (0.3, 0.5, 0.7, 0.85, 0.95):
            noise = torch.randn(self.test_latents.shape, device=dev, generator=gen)
            at = torch.full((n,), t, device=dev)
            v = forward(P, run.spec, (1 - t) * self.test_latents + t * noise, at, text[n:], mask[n:], run.pos)
            loss.append((v.float() - (noise - self.test_latents)).square().mean())
        found = []
        for seed in seeds:
            x = torch.randn(n, 8, 16, 16, generator=torch.Generator(dev).manual_seed(seed), device=dev)
            for i in range(steps):
                t = torch.full((2 * n,), 1 - i / steps, device=dev)
                a, b = forward(P, run.spec, torch.cat([x, x]), t, text, mask, run.pos).float().chunk(2)
                x = x - (a + guidance * (b - a)) / steps
            images = decoded(self.vae, x)
            found.append(self.right(images))
        return np.mean(found, 0), torch.stack(loss).tolist(), images


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--plan", required=True)
    p.add_argument("--seconds", type=float, default=400)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--together", type=int, default=4)
    p.add_argument("--hours", type=float)
    p.add_argument("--part", type=int, default=1)
    p.add_argument("--tests", type=int, default=1000)
    p.add_argument("--check", action="store_true")
    args = p.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    dev = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.benchmark = True
    data = Set(args.data, dev, args.part, args.tests)
    if args.check:
        noisy = (data.data.pictures([one["recipe"] for one in data.held]).float()
                 + 60 * torch.randn(len(data.held), 3, 128, 128)).clamp(0, 255).byte()
        noisy[::3] = noisy[::3].roll(1, 0)
        print(metrics.report(data.data, noisy, data.held)[0], data.right(noisy))
    plan = [{**DEFAULT, **one} for one in json.loads(Path(args.plan).read_text())]
    for one in plan:
        one["name"] = one.get("name") or " ".join(f"{k}={v}" for k, v in one.items() if DEFAULT.get(k) != v) or "default"
    fractions = (0.25, 0.5, 0.75, 1.0)
    waiting, active, finished = list(plan), [], []
    ended = None

    def measured(run):
        if dev == "cuda":
            run.stream.synchronize()
        right, loss, images = data.measure(run)
        point = {"steps": run.done, "of": run.steps, "hours": run.done * step_flops(run.spec) / 130e9 / 3600,
                 "plain": right[0], "both": right[1], "thing": right[2], "colour": right[3], "losses": loss,
                 "train": (run.loss_sum.item() - run.logged) / max(1, run.done - run.before)}
        run.logged, run.before = run.loss_sum.item(), run.done
        run.points.append(point)
        log(f"{run.spec['name']:40s} {point['hours']:5.2f} h {run.done:6d}/{run.steps} plain {right[0]:.3f} both {right[1]:.3f} "
            f"thing {right[2]:.3f} colour {right[3]:.3f} train {point['train']:.4f} held {np.mean(loss):.4f} "
            + " ".join(f"{one:.3f}" for one in loss))
        return images

    def write():
        rows = [{"spec": run.spec, "points": run.points} for run in finished + active]
        (args.out / "results.json").write_text(json.dumps(rows, indent=1))

    while (waiting or active) and time.monotonic() - start < args.seconds:
        while waiting and len(active) < args.together:
            spec = waiting.pop(0)
            if dev == "cuda":
                torch.cuda.synchronize()
            try:
                run = Run(spec, data, args.hours or spec["hours"], dev)
                run.capture()
            except Exception as error:
                import traceback
                traceback.print_exc()
                continue
            run.before, run.next, run.events = 0, 0, []
            run.began = time.monotonic()
            active.append(run)
        worked = False
        for run in list(active):
            if len(run.events) >= 2:
                if not run.events[0].query():
                    continue
                run.events.pop(0)
            goal = int(run.steps * fractions[run.next])
            count = min(8, goal - run.done)
            worked = True
            if dev == "cuda":
                with torch.cuda.stream(run.stream):
                    run.advance(count)
                    event = torch.cuda.Event()
                    event.record()
                run.events.append(event)
            else:
                run.advance(count)
            if run.done >= goal:
                images = measured(run)
                run.next += 1
                if run.next == len(fractions):
                    active.remove(run)
                    finished.append(run)
                    log(f"  {run.spec['name']}: {time.monotonic() - run.began:.1f} s")
                    run.graph = None
                    for name in ("leaves", "small", "grad", "grads", "moment", "square", "draws"):
                        setattr(run, name, None)
                    write()
        if not worked:
            time.sleep(0.0003)
    if dev == "cuda":
        torch.cuda.synchronize()
    for run in active:
        log(f"stopped: {run.spec['name']} at {run.done}/{run.steps}")
    write()
    log("finished")
    if dev == "cuda":
        log(f"{torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")


if __name__ == "__main__":
    main()
