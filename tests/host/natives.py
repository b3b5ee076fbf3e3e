"""The host's own nodes on our MODEL: each row is one of them in a graph, and what its latent has to be.

Tests run a selection, benchmarks/host.py runs all and prints them as a table.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from graphs import SAMPLER, latent, save_latent, up_to_sampler, with_nodes
from server import Outcome, Server
from torch import Tensor

SEED = 7
BRANCHES = {"model": ["2", 0], "positive": ["12", 0], "negative": ["12", 1]}
MODEL = {"model": ["2", 0]}
EMPTY = ["13", 0]  # the empty latent
EULER = {"seed": SEED, "steps": 20, "cfg": 4.5, "sampler_name": "euler", "scheduler": "simple"}
# The host's schedules take sigmas from a table of thousandths in float32: 20 even steps, but for rounding,
# which the steps carry on. The latents' own deviation is about 1.3.
ROUNDING = 1e-5
# Root mean square distance in units of the latents' deviation. Solvers of the flow's differential equation
# meet in its solution, stochastic ones end at other sounds of the same level (0.6 to 0.8 away; noise would
# be at 1.4).
OTHER_SOUND = 0.9
SOLVED, COARSE = 0.25, 0.6  # 20 to 30 even steps; steps that crowd at the end, or are left out
NO_EFFECT = 1e-3  # largest difference to ours
LEVEL = (0.67, 1.5)  # deviation of a sound's latent, over that of ours; guidance changes it


@dataclass(frozen=True)
class Row:
    """`nodes` from id 20 on end in the LATENT `out`.

    `same`: equal to Foley MM-DiT Sampler's with 20 steps, within this largest difference. `solution`: within
    this distance of the flow's solution. Neither: a sound of sane level. `remark` goes into the table.
    """

    name: str
    nodes: dict[str, tuple[str, dict]]
    out: tuple[str, int]
    same: float | None = None
    solution: float | None = None
    remark: str = ""
    needs: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", frozenset(kind for kind, _ in self.nodes.values()))


@dataclass(frozen=True)
class Found:
    outcome: Outcome
    latent: Tensor | None
    difference: float = float("nan")  # largest, to ours
    distance: float = float("nan")  # to the solution
    level: float = float("nan")


def ksampler(sampler: str, scheduler: str, model: str = "2", **inputs) -> tuple[str, dict]:
    given = {"sampler_name": sampler, "scheduler": scheduler, "latent_image": EMPTY, "denoise": 1.0}
    return "KSampler", BRANCHES | EULER | {"model": [model, 0]} | given | inputs


def sampler_row(sampler: str, scheduler: str = "simple", steps: int = 30, **truth) -> Row:
    name = f"KSampler {sampler}, {scheduler}"
    return Row(name, {"n20": ksampler(sampler, scheduler, steps=steps)}, ("20", 0), **truth)


def patched(node: str, inputs: dict, name: str = "", cfg: float = 4.5, **truth) -> Row:
    """A node that takes a MODEL and gives one, then KSampler."""
    nodes = {"n20": (node, MODEL | inputs), "n21": ksampler("euler", "simple", "20", cfg=cfg)}
    return Row(name or node, nodes, ("21", 0), **truth)


def guided(node: str, inputs: dict, name: str = "", **truth) -> Row:
    """A guider in SamplerCustomAdvanced, with our sigmas."""
    nodes = {
        "n20": ("KlingFoleySigmas", {"steps": 20}),
        "n21": ("RandomNoise", {"noise_seed": SEED}),
        "n22": (node, inputs),
        "n23": ("KSamplerSelect", {"sampler_name": "euler"}),
        "n24": ("SamplerCustomAdvanced", advanced(["21", 0], ["20", 0], EMPTY)),
    }
    return Row(name or f"{node}, SamplerCustomAdvanced", nodes, ("24", 0), **truth)


def advanced(noise: list, sigmas: list, start: list) -> dict:
    return {
        "noise": noise,
        "guider": ["22", 0],
        "sampler": ["23", 0],
        "sigmas": sigmas,
        "latent_image": start,
    }


def in_two_parts() -> list[Row]:
    first = {
        "add_noise": "enable",
        "start_at_step": 0,
        "end_at_step": 8,
        "return_with_leftover_noise": "enable",
    }
    rest = {"add_noise": "disable", "start_at_step": 8, "end_at_step": 10000}
    shared = BRANCHES | {k: v for k, v in EULER.items() if k != "seed"} | {"noise_seed": SEED}
    ksamplers = {
        "n20": ("KSamplerAdvanced", shared | first | {"latent_image": EMPTY}),
        "n21": (
            "KSamplerAdvanced",
            shared | rest | {"latent_image": ["20", 0], "return_with_leftover_noise": "disable"},
        ),
    }
    split = guided("CFGGuider", BRANCHES | {"cfg": 4.5}).nodes | {
        "n24": ("SamplerCustomAdvanced", advanced(["21", 0], ["25", 0], EMPTY)),
        "n25": ("SplitSigmas", {"sigmas": ["20", 0], "step": 8}),
        "n26": ("DisableNoise", {}),
        "n27": ("SamplerCustomAdvanced", advanced(["26", 0], ["25", 1], ["24", 0])),
    }
    return [
        Row("KSamplerAdvanced, 8 + 12 steps", ksamplers, ("21", 0), same=ROUNDING),
        Row("SplitSigmas, 8 + 12 steps", split, ("27", 0), same=ROUNDING),
    ]


DUAL = MODEL | {"cond1": ["12", 0], "cond2": ["12", 1], "negative": ["12", 1]}
DUAL |= {"cfg_conds": 4.5, "cfg_cond2_negative": 1.0}
CACHE = {"reuse_threshold": 0.1, "start_percent": 0.15, "end_percent": 0.95, "verbose": False}
LAYERS = {"double_layers": "0", "single_layers": "0", "scale": 3.0, "rescaling_scale": 0.0}
LAYERS |= {"start_percent": 0.0, "end_percent": 1.0}
CUSTOM = BRANCHES | {"cfg": 4.5, "add_noise": True, "noise_seed": SEED, "latent_image": EMPTY}
WINDOWS = {"context_length": 20, "context_overlap": 8, "context_schedule": "standard_static"}
WINDOWS |= {"context_stride": 1, "closed_loop": False, "fuse_method": "pyramid", "dim": 2, "freenoise": False}
WINDOWS |= {"cond_retain_index_list": "", "latent_retain_index_list": "", "split_conds_to_windows": False}
WINDOWS |= {"causal_window_fix": True}
UNCHANGED = "no effect: acts on parts that this network does not have"

SAMPLERS = [
    sampler_row("euler", steps=20, same=ROUNDING),
    sampler_row("heun", solution=SOLVED),
    sampler_row("dpmpp_2m", solution=SOLVED),
    sampler_row("uni_pc", solution=SOLVED),
    sampler_row("res_multistep", solution=SOLVED),
    sampler_row("euler_ancestral"),
    sampler_row("dpmpp_2m_sde"),
    sampler_row("lcm"),
    sampler_row("euler", "sgm_uniform", solution=SOLVED),
    sampler_row("euler", "beta", solution=SOLVED),
    sampler_row("euler", "normal", solution=SOLVED),
    sampler_row("euler", "karras", solution=COARSE),
]
NODES = [
    *in_two_parts(),
    guided("CFGGuider", BRANCHES | {"cfg": 4.5}, same=0.0),
    guided("BasicGuider", MODEL | {"conditioning": ["12", 0]}, remark="no guidance"),
    guided("DualCFGGuider", DUAL | {"style": "regular"}, same=ROUNDING),
    guided("DualCFGGuider", DUAL | {"style": "nested"}, "DualCFGGuider, nested", same=ROUNDING),
    guided("DualModelGuider", BRANCHES | {"model_negative": ["2", 0], "cfg": 4.5}, same=ROUNDING),
    guided(
        "PerpNegGuider",
        BRANCHES | {"empty_conditioning": ["12", 1], "cfg": 4.5, "neg_scale": 1.0},
        same=ROUNDING,
    ),
    Row(
        "SamplerCustom",
        {
            "n20": ("KlingFoleySigmas", {"steps": 20}),
            "n21": ("KSamplerSelect", {"sampler_name": "euler"}),
            "n22": ("SamplerCustom", CUSTOM | {"sampler": ["21", 0], "sigmas": ["20", 0]}),
        },
        ("22", 0),
        same=0.0,
    ),
    patched(  # by its formula, cfg + 1
        "APG",
        {"eta": 1.0, "norm_threshold": 0.0, "momentum": 0.0},
        "APG, eta 1, no threshold, cfg 3.5",
        cfg=3.5,
        same=ROUNDING,
    ),
    patched(
        "APG",
        {"eta": 0.5, "norm_threshold": 5.0, "momentum": -0.5},
        "APG, eta 0.5, threshold 5, momentum -0.5",
        remark="takes the norm of the whole batch: batch 1",
    ),
    patched("CFGZeroStar", {}),
    patched("CFGNorm", {"strength": 1.0, "pre_cfg": False}),
    patched("TCFG", {}),
    patched("Mahiro", {}),
    patched("FreSca", {"scale_low": 1.0, "scale_high": 1.25, "freq_cutoff": 20}),
    patched("RescaleCFG", {"multiplier": 0.7}, remark="on 0.3.64 an error: made for pictures there"),
    patched("ModelSamplingSD3", {"shift": 1.0}, "ModelSamplingSD3, shift 1", same=ROUNDING),
    patched("ModelSamplingSD3", {"shift": 3.0}, "ModelSamplingSD3, shift 3", solution=SOLVED),
    patched("ModelSamplingAuraFlow", {"shift": 1.0}, "ModelSamplingAuraFlow, shift 1", same=ROUNDING),
    patched("ModelSamplingAuraFlow", {"shift": 1.73}, "ModelSamplingAuraFlow, shift 1.73", solution=SOLVED),
    patched(
        "ModelSamplingFlux",
        {"max_shift": 1.15, "base_shift": 0.5, "width": 1024, "height": 1024},
        solution=SOLVED,
        remark="its shift follows from a picture's size",
    ),
    patched("EasyCache", CACHE, solution=COARSE, remark="threshold 0.1"),
    patched("LazyCache", CACHE, solution=COARSE, remark="threshold 0.1"),
    patched("ContextWindowsManual", WINDOWS, remark="dim 2; see windows"),
    patched("ContextWindowsManual", WINDOWS | {"context_length": 500}, "one window over all", same=ROUNDING),
    patched("DifferentialDiffusion", {"strength": 1.0}, same=ROUNDING, remark="acts with a mask"),
    patched("SkipLayerGuidanceDiT", LAYERS, same=ROUNDING, remark=UNCHANGED),
    patched("TomePatchModel", {"ratio": 0.3}, same=ROUNDING, remark=UNCHANGED),
    patched(
        "UNetSelfAttentionMultiply",
        {"q": 0.9, "k": 1.0, "v": 1.0, "out": 1.0},
        same=ROUNDING,
        remark=UNCHANGED,
    ),
]
SOLUTION = sampler_row("dpm_2", steps=60)  # the flow followed finely


def run(server: Server, graph: dict, row: Row, solution: Tensor | None = None) -> Found:
    """The row in the whole `graph`, with ours beside it."""
    graph = up_to_sampler(graph)
    graph[SAMPLER]["inputs"] |= {"seed": SEED, "cfg": EULER["cfg"]}
    name = row.out[0]
    saved = {"n30": save_latent(SAMPLER), "n31": save_latent(name, row.out[1])}
    outcome = server.run(with_nodes(graph, **row.nodes, **saved), seconds=600)
    if outcome.status != "success":
        return Found(outcome, None)
    ours, theirs = latent(server, outcome, "30"), latent(server, outcome, "31")
    spread = ours.std()
    distance = (
        float("nan") if solution is None else float((theirs - solution).square().mean().sqrt() / spread)
    )
    difference = float((theirs - ours).abs().max())
    return Found(outcome, theirs, difference, distance, float(theirs.std() / spread))


def verdict(row: Row, found: Found) -> str:
    """ "" where the row is as it should be, else what is not."""
    if found.latent is None:
        return found.outcome.error or found.outcome.status
    if not found.latent.isfinite().all():
        return "not finite"
    if row.same is not None:
        return "" if found.difference <= row.same else f"{found.difference:.1e} from ours"
    if found.difference <= NO_EFFECT:
        return "no effect"
    limit = OTHER_SOUND if row.solution is None else row.solution
    if not found.distance <= limit:
        return f"{found.distance:.2f} from the solution"
    return "" if LEVEL[0] <= found.level <= LEVEL[1] else f"level {found.level:.2f}"
