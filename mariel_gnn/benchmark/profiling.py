"""Where the time of a training step goes: its parts, and the kinds of operations in them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from torch.profiler import ProfilerActivity, profile

from mariel_gnn.benchmark.loops import PARTS
from mariel_gnn.benchmark.models import Subject, row_name
from mariel_gnn.benchmark.rows import Case, Prepared

SECTION = "profile"
STEPS = 3  # in one measurement
PRODUCTS, NORMS, COPIES, RANDOM, ELEMENTS, CALLS = (
    "products",
    "norms",
    "copies",
    "random",
    "elements",
    "calls",
)
KINDS: Mapping[str, str] = {
    PRODUCTS: "mm bmm addmm baddbmm convolution convolution_backward mkldnn_convolution "
    "mkldnn_rnn_layer mkldnn_rnn_layer_backward _scaled_dot_product_flash_attention_for_cpu "
    "_scaled_dot_product_flash_attention_for_cpu_backward",
    NORMS: "_softmax _softmax_backward_data native_layer_norm native_layer_norm_backward "
    "native_group_norm native_group_norm_backward",
    COPIES: "copy_ cat index index_select gather _index_put_impl_ index_put_ index_add_ fill_ zero_ "
    "flip roll _local_scalar_dense",
    RANDOM: "bernoulli_ normal_ uniform_ random_",
    CALLS: "view _unsafe_view as_strided transpose t expand reshape permute detach empty empty_strided "
    "empty_like to _to_copy matmul linear unsqueeze squeeze select slice unflatten flatten contiguous clone "
    "zeros zeros_like ones ones_like split chunk unbind narrow alias resize_ einsum stack "
    "select_backward slice_backward result_type item is_nonzero expand_as view_as",
}
"""Kind -> the names of its operations, as torch's profiler has them; `elements` are all others."""
_OF_NAME = {name: kind for kind, names in KINDS.items() for name in names.split()}


def kind_of(name: str) -> str:
    """The kind of an event of torch's profiler; what is no operation of torch is a call."""
    library, _, operation = name.partition("::")
    return _OF_NAME.get(operation, ELEMENTS) if library == "aten" else CALLS


def profile_cases(subjects: Sequence[Subject], size: int) -> list[Case]:
    """A row for each model that computes on a CPU; the profile of a GPU needs its own tools."""
    on_cpu = [subject for subject in subjects if subject.device.type == "cpu"]
    return [
        Case(SECTION, row_name(subject.name, size), partial(_prepare, subject, size))
        for subject in on_cpu
    ]


def _prepare(subject: Subject, size: int) -> Prepared:
    subject.loop.step(size)
    return Prepared(partial(shares_of_step, subject.loop, size))


def shares_of_step(loop: Any, size: int) -> dict[str, float]:
    """`profiled_ms` of a step, and the share of each part and kind in it, as `data_share` and so on.

    A share of a kind counts the time inside its operations, without what they call.

    Args:
        loop: a `BareLoop` on a CPU.
        size: windows of a step.
    """
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # the profiler says on stderr that it works
    with profile(activities=[ProfilerActivity.CPU]) as found:
        for _ in range(STEPS):
            loop.step(size)
    events = found.key_averages()
    part_us = {each.key: each.cpu_time_total for each in events if each.key in PARTS}
    total_us = sum(part_us.values())
    kind_us: Counter[str] = Counter()
    for each in events:
        kind_us[kind_of(each.key)] += each.self_cpu_time_total
    shares = {f"{name}_share": us / total_us for name, us in part_us.items()}
    whole_us = sum(kind_us.values())
    shares |= {f"{kind}_share": kind_us[kind] / whole_us for kind in (*KINDS, ELEMENTS)}
    return {"profiled_ms": total_us / STEPS / 1e3} | shares
