"""PixArt with parameters in one flat buffer, and a training step that can be captured as a CUDA graph."""
import math
import torch
import torch.nn.functional as F

HEAD = 64
EPS = 1e-6


def waves(values, channels):
    f = torch.exp(-math.log(10000) * torch.arange(channels // 2, device=values.device) / (channels // 2))
    a = values.float()[:, None] * f
    return torch.cat([a.cos(), a.sin()], dim=-1)


def places(side, width):
    row, column = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    halves = [waves(one.flatten(), width // 2).chunk(2, dim=-1) for one in (column, row)]
    return torch.cat([p for cos, sin in halves for p in (sin, cos)], dim=-1)


def shapes(d, layers, patch):
    """name -> shape; those of Muon first, square ones in front."""
    v = 8 * patch * patch
    muon, rest = {}, {}
    for kind, rows in (("qkv", 3), ("o", 1), ("q2", 1), ("kv2", 2), ("o2", 1)):
        for i in range(layers):
            muon[f"{kind}.{i}"] = (rows * d, d)
    for i in range(layers):
        muon[f"w1.{i}"] = (4 * d, d)
    for i in range(layers):
        muon[f"w2.{i}"] = (d, 4 * d)
    for i in range(layers):
        for kind, n in (("qkv", 3), ("o", 1), ("q2", 1), ("kv2", 2), ("o2", 1), ("w1", 4), ("w2", 1)):
            rest[f"{kind}b.{i}"] = (n * d,)
        rest[f"table.{i}"] = (6, d)
    rest |= {"in": (d, v), "inb": (d,), "t1": (d, 256), "t1b": (d,), "t2": (d, d), "t2b": (d,), "ada": (6 * d, d),
             "adab": (6 * d,), "c1": (d, 576), "c1b": (d,), "c2": (d, d), "c2b": (d,), "tableo": (2, d),
             "out": (v, d), "outb": (v,)}
    return muon, rest


def heads(x):
    return x.unflatten(-1, (-1, HEAD)).transpose(1, 2)


def modulate(x, shift, one_scale):
    return torch.addcmul(shift, F.layer_norm(x, x.shape[-1:], eps=EPS), one_scale)


def forward(P, spec, x, time, text, mask, pos):
    d, L, p = spec["width"], spec["layers"], spec["patch"]
    n, c, h, w = x.shape
    kind = P["in"].dtype
    lin = F.linear
    cond = lin(F.silu(lin(waves(time * 1000, 256).to(kind), P["t1"], P["t1b"])), P["t2"], P["t2b"])
    parts = lin(F.silu(cond), P["ada"], P["adab"]).view(n, 6, d)
    text = lin(F.gelu(lin(text.to(kind), P["c1"], P["c1b"]), approximate="tanh"), P["c2"], P["c2b"])
    x = x.view(n, c, h // p, p, w // p, p).permute(0, 2, 4, 1, 3, 5).reshape(n, -1, c * p * p)
    x = lin(x.to(kind), P["in"], P["inb"]) + pos
    for i in range(L):
        s1, c1, g1, s2, c2, g2 = (P[f"table.{i}"] + parts).unsqueeze(2).unbind(1)
        q, k, v = lin(modulate(x, s1, 1 + c1), P[f"qkv.{i}"], P[f"qkvb.{i}"]).chunk(3, dim=-1)
        a = F.scaled_dot_product_attention(heads(q), heads(k), heads(v)).transpose(1, 2).flatten(2)
        x = torch.addcmul(x, g1, lin(a, P[f"o.{i}"], P[f"ob.{i}"]))
        q = lin(x, P[f"q2.{i}"], P[f"q2b.{i}"])
        k, v = lin(text, P[f"kv2.{i}"], P[f"kv2b.{i}"]).chunk(2, dim=-1)
        a = F.scaled_dot_product_attention(heads(q), heads(k), heads(v), attn_mask=mask).transpose(1, 2).flatten(2)
        x = x + lin(a, P[f"o2.{i}"], P[f"o2b.{i}"])
        m = F.gelu(lin(modulate(x, s2, 1 + c2), P[f"w1.{i}"], P[f"w1b.{i}"]), approximate="tanh")
        x = torch.addcmul(x, g2, lin(m, P[f"w2.{i}"], P[f"w2b.{i}"]))
    s, c1 = (P["tableo"] + cond[:, None]).chunk(2, dim=1)
    x = lin(modulate(x, s, 1 + c1), P["out"], P["outb"])  # [n, T, p p c]
    return x.view(n, h // p, w // p, p, p, c).permute(0, 5, 1, 3, 2, 4).reshape(n, c, h, w)


def forward_flops(spec, words=18):
    d, L, p = spec["width"], spec["layers"], spec["patch"]
    T = (16 // p) ** 2
    block = 28 * T * d * d + words * 4 * d * d + 4 * T * T * d + 4 * T * words * d
    return L * block + 2 * words * (576 * d + d * d) + 2 * 6 * d * d + 4 * T * 8 * p * p * d


def step_flops(spec):
    """What our trainer's step costs on a CPU, in its usual FLOP."""
    d, L = spec["width"], spec["layers"]
    total = 3 * forward_flops(spec) * spec["batch"] + 4e9 * d * d * L / (320 * 320 * 8)
    if spec["opt"] == "muon":
        ns = spec.get("ns", 5)
        total += L * ns * (8 * 6 * d**3 + 2 * (4 * d * d * 4 * d + 2 * d**3))
    return total


def orthogonal(x, steps, half):
    a, b, c = 3.4445, -4.7750, 2.0315
    x = x.to(half)
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        s = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(s, s, s, beta=b, alpha=c), x, beta=a)
    return x


def rate_at(spec, part):
    warm = min(1.0, part / 0.02 + 0.002)
    if spec["schedule"] == "cosine":
        return warm * (0.5 + 0.5 * math.cos(math.pi * part))
    if spec["schedule"] == "linear":
        return warm * (1 - part)
    tail = spec.get("tail", 0.25)
    return warm * (1.0 if part < 1 - tail else (1 - part) / tail)


class Run:
    def __init__(self, spec, data, hours, device):
        self.spec, self.data, self.device = spec, data, device
        self.steps = max(4, int(hours * 3600 * 130e9 / step_flops(spec)))
        d, L, B = spec["width"], spec["layers"], spec["batch"]
        muon, rest = shapes(d, L, spec["patch"])
        if spec["opt"] != "muon":
            muon, rest = {}, {**muon, **rest}
        self.half = torch.bfloat16 if device == "cuda" else torch.float32
        names = {**muon, **rest}
        size = {k: math.prod(v) for k, v in names.items()}
        self.cut = sum(size[k] for k in muon)
        total = sum(size.values())
        g = torch.Generator().manual_seed(spec.get("seed", 1))
        self.flat = torch.zeros(total)
        self.where, at = {}, 0
        for k, shape in names.items():
            kind = k.split(".")[0]
            zero = kind.endswith("b") or kind in ("table", "tableo", "ada", "out", "o2")
            if not zero:
                bound = 1 / math.sqrt(shape[1])
                self.flat[at : at + size[k]] = (torch.rand(size[k], generator=g) * 2 - 1) * bound
            self.where[k] = (at, at + size[k], shape)
            at += size[k]
        self.flat = self.flat.to(device)
        self.ema = self.flat.clone()
        self.small = self.flat.to(self.half)
        self.grad = torch.zeros_like(self.small)
        self.moment = torch.zeros_like(self.flat)
        self.square = torch.zeros(total - self.cut, device=device)
        self.leaves = {k: v.detach().requires_grad_() for k, v in self.views(self.small).items()}
        self.grads = self.views(self.grad)
        self.pos = places(16 // spec["patch"], d).to(device).to(self.half)
        parts = [i / self.steps for i in range(self.steps + 1)]
        self.rates = torch.tensor([spec["lr"] * rate_at(spec, p) for p in parts], device=device)
        decay = spec.get("ema", 0.999)
        self.blend = torch.tensor([1 - min(decay, (2 + i) / (11 + i)) for i in range(self.steps + 1)], device=device)
        gen = torch.Generator(device).manual_seed(7)
        self.draws = data.draw(spec["mix"], self.steps * B, gen).view(self.steps, B)
        self.step_no = torch.zeros(1, dtype=torch.int64, device=device)
        self.loss_sum = torch.zeros(1, device=device)
        self.rng = torch.Generator(device).manual_seed(11)
        self.done, self.logged, self.points, self.graph = 0, 0, [], None
        self.stream = torch.cuda.Stream() if device == "cuda" else None

    def views(self, flat):
        return {k: flat[a:b].view(shape) for k, (a, b, shape) in self.where.items()}

    def step(self):
        spec, data, dev = self.spec, self.data, self.device
        B = spec["batch"]
        chosen = self.draws.index_select(0, self.step_no)[0]
        x = data.latents[data.picture_of[chosen]].float()
        without = torch.rand(B, device=dev, generator=self.rng) < spec.get("drop", 0.1)
        text = torch.where(without[:, None, None], data.null, data.states[chosen])
        lengths = torch.where(without, data.null_length, data.lengths[chosen])
        mask = (data.range < lengths[:, None])[:, None, None]
        t = torch.sigmoid(torch.randn(B, device=dev, generator=self.rng))
        s = spec.get("shift", 1.0)
        t = s * t / (1 + (s - 1) * t)
        noise = torch.randn(x.shape, device=dev, generator=self.rng)
        at = t[:, None, None, None]
        v = forward(self.leaves, spec, (1 - at) * x + at * noise, t, data.scaled(text), mask, self.pos)
        loss = F.mse_loss(v.float(), noise - x)
        grads = torch.autograd.grad(loss, list(self.leaves.values()))
        with torch.no_grad():
            torch._foreach_copy_(list(self.grads.values()), list(grads))
            self.loss_sum += loss.detach()
            self.update()

    def update(self):
        spec, cut = self.spec, self.cut
        g = self.grad.float()
        g.mul_((1 / (g.norm() + 1e-6)).clamp(max=1))
        lr = self.rates.index_select(0, self.step_no)
        if cut:
            beta = spec.get("momentum", 0.95)
            m = self.moment[:cut]
            m.lerp_(g[:cut], 1 - beta)
            ahead = g[:cut].lerp(m, beta)
            d, L = spec["width"], spec["layers"]
            n = 8 * L * d * d
            ns = spec.get("ns", 5)
            p = self.flat[:cut]
            p.mul_(1 - lr * spec.get("decay", 0.05))
            square = orthogonal(ahead[:n].view(-1, d, d), ns, self.half).float()
            p[:n].view(-1, d, d).sub_(square * (lr * 0.2 * math.sqrt(d)))
            w1 = ahead[n : n + 4 * L * d * d].view(L, 4 * d, d).mT
            w2 = ahead[n + 4 * L * d * d :].view(L, d, 4 * d)
            both = orthogonal(torch.cat([w1, w2]), ns, self.half).float() * (lr * 0.2 * math.sqrt(4 * d))
            p[n : n + 4 * L * d * d].view(L, 4 * d, d).sub_(both[:L].mT)
            p[n + 4 * L * d * d :].view(L, d, 4 * d).sub_(both[L:])
        b1, b2 = 0.9, 0.98
        r, m, v, p = g[cut:], self.moment[cut:], self.square, self.flat[cut:]
        m.lerp_(r, 1 - b1)
        v.mul_(b2).addcmul_(r, r, value=1 - b2)
        k = (self.step_no + 1).float()
        c1, c2 = 1 - b1**k, 1 - b2**k
        p.sub_(m / c1 / ((v / c2).sqrt() + 1e-8) * lr)
        self.ema.lerp_(self.flat, self.blend.index_select(0, self.step_no))
        self.small.copy_(self.flat)
        self.step_no += 1

    def capture(self):
        if self.device != "cuda":
            return
        s = self.stream
        s.wait_stream(torch.cuda.current_stream())
        kept = [one.clone() for one in (self.flat, self.ema, self.moment, self.square)]
        with torch.cuda.stream(s):
            for _ in range(3):
                self.step()
        s.synchronize()
        self.graph = torch.cuda.CUDAGraph()
        self.graph.register_generator_state(self.rng)
        with torch.cuda.graph(self.graph, stream=s):
            self.step()
        for one, old in zip((self.flat, self.ema, self.moment, self.square), kept):
            one.copy_(old)
        self.small.copy_(self.flat)
        self.step_no.zero_()
        self.loss_sum.zero_()
        torch.cuda.synchronize()

    def advance(self, count):
        for _ in range(count):
            self.graph.replay() if self.graph else self.step()
        self.done += count
