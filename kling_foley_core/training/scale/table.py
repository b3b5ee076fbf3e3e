"""Plans as tables of Markdown, which read well on a terminal too. GB are 10^9 bytes."""

from __future__ import annotations

from collections.abc import Sequence

from .hardware import GPUS
from .plan import Plan

GB, MILLION = 1e9, 10**6
COLUMNS = {
    "weights": "weights",
    "gradients": "gradients",
    "optimiser": "AdamW moments",
    "average": "EMA",
    "gathered": "gathered",
    "activations": "activations",
}


def tables(plans: Sequence[Plan]) -> str:
    return "\n\n".join((_heading(plans[0]), _memory(plans), _work(plans), _disk(plans)))


def _heading(plan: Plan) -> str:
    r = plan.request
    return (
        f"{r.gpus} x {r.gpu}, {r.parallel}, {r.precision}; {r.batch} clips of {r.seconds:g} s a GPU, "
        f"{r.batch * r.gpus} a step. GB on one GPU:"
    )


def _memory(plans: Sequence[Plan]) -> str:
    room = GPUS[plans[0].request.gpu].memory
    names = ("preset", "checkpointing", *COLUMNS.values(), "sum", f"of {room / GB:.0f} GB")
    rows = []
    for p in plans:
        parts = [f"{getattr(p.memory, name) / GB:.2f}" for name in COLUMNS]
        total = p.memory.total
        rows.append((p.preset, _yes(p), *parts, f"{total / GB:.2f}", f"{100 * total / room:.0f} %"))
    return _table(names, rows)


def _work(plans: Sequence[Plan]) -> str:
    r = plans[0].request
    peak = getattr(GPUS[r.gpu], r.precision) / 1e12
    names = ("preset", "checkpointing", "TFLOP a clip", "steps", "GPU hours", f"days on {r.gpus}", "cost")
    rows = []
    for p in plans:
        days = f"{p.gpu_hours / r.gpus / 24:,.1f}"
        cost = "-" if p.cost is None else f"{p.cost:,.0f}"
        rows.append(
            (p.preset, _yes(p), f"{p.flops / 1e12:.3f}", f"{p.steps:,.0f}", f"{p.gpu_hours:,.0f}", days, cost)
        )
    assumed = (
        f"{r.samples:,} clips, {r.epochs:g} epoch(s), at {100 * r.utilisation:g} % (assumed) of "
        f"{peak:g} TFLOP/s"
    )
    price = "" if r.price is None else f", {r.price:g} a GPU hour (assumed)"
    return f"{assumed}{price}:\n\n" + _table(names, rows)


def _disk(plans: Sequence[Plan]) -> str:
    names = (
        "preset",
        "parameters",
        *(f"{n} tokens" for n in plans[0].tokens),
        "kB a clip",
        "1 M clips",
        "100 M clips",
    )
    rows = {}
    for p in plans:
        sizes = [f"{p.sample_bytes * count / 1e12:,.2f} TB" for count in (MILLION, 100 * MILLION)]
        tokens = [f"{n}" for n in p.tokens.values()]
        rows[p.preset] = (p.preset, f"{p.parameters:,}", *tokens, f"{p.sample_bytes / 1e3:.0f}", *sizes)
    return "One clip, and shards of many:\n\n" + _table(names, list(rows.values()))


def _yes(plan: Plan) -> str:
    return "yes" if plan.checkpointing else "no"


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
