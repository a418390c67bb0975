"""The training step on a GPU: captured once as a CUDA graph, then replayed.

Launching the kernels of a step one by one takes longer than they run; a graph launches all of them at once.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from tqdm import tqdm

WARM_UP = 3  # steps before a capture: libraries choose their algorithms, and Adam makes its state
MAX_GRAPHS = 12  # a model's graphs; each keeps the memory of one step


class StepOutput(NamedTuple):
    """What a step computes: losses () and images for the plots, both by name."""

    losses: dict[str, Tensor]
    images: dict[str, Tensor]


Step = Callable[..., StepOutput]


class Graphs(Protocol):
    """How steps are captured: `CudaGraphs`; the tests have one that runs on a CPU."""

    def run(self, step: Step, inputs: list[Tensor]) -> StepOutput:
        """Executes the step so that it can be captured later."""

    def capture(self, step: Step, inputs: list[Tensor]) -> Callable[[], StepOutput]:
        """A call that repeats the step on what `inputs` hold then; RuntimeError if the step cannot be captured."""


class StepCapture:
    """`capture.run(name, step, *tensors)` returns `step(*tensors)`, with the tensors on the device, outputs detached.

    On a GPU the first steps of every name and shape are executed as they are, and later ones are replayed. So the
    step must do the same in every call but for the values of its tensors: it must not wait for the device (`item()`),
    and it draws random numbers from the device's own generator only. Weights, optimiser states and buffers change in
    place. What else a step changes in Python changes when it is captured, and not when it is replayed. The losses
    that a step returned stay as they are; its images are overwritten by the next step.

    A step that cannot be captured is executed as it is from then on, and one line says why.
    """

    def __init__(self, device: torch.device, graphs: Graphs | None = None) -> None:
        self.device = device
        self.graphs = CudaGraphs(device) if graphs is None and device.type == "cuda" else graphs
        self.forget()

    def forget(self) -> None:
        """Drops all graphs, after tensors were replaced that they change."""
        self._replays: dict[tuple, Callable[[], StepOutput]] = {}
        self._inputs: dict[tuple, list[Tensor]] = {}
        self._count: Counter[tuple] = Counter()

    def disable(self, reason: str) -> None:
        """From now on executes every step as it is; prints `reason` where steps would have been captured."""
        if self.graphs is not None:
            tqdm.write(f"note: the training step runs without a CUDA graph, which is slower: {reason}")
        self.graphs = None
        self.forget()

    def run(self, name: str, step: Step, *tensors: Tensor) -> StepOutput:
        """One step; `name` tells steps apart whose tensors have the same shapes and types."""
        key = (name, *((tensor.shape, tensor.dtype) for tensor in tensors))
        if self.graphs is not None and key not in self._replays and self._is_warm(key):
            self._capture(key, step, tensors)
        if key in self._replays:
            return self._replay(key, tensors)
        inputs = [tensor.to(self.device) for tensor in tensors]
        return _detached(step(*inputs) if self.graphs is None else self.graphs.run(step, inputs))

    def _is_warm(self, key: tuple) -> bool:
        self._count[key] += 1
        return self._count[key] > WARM_UP and len(self._replays) < MAX_GRAPHS

    def _capture(self, key: tuple, step: Step, tensors: tuple[Tensor, ...]) -> None:
        assert self.graphs is not None
        inputs = [tensor.to(self.device, copy=True) for tensor in tensors]
        try:
            self._replays[key] = self.graphs.capture(lambda *inputs: _detached(step(*inputs)), inputs)
            self._inputs[key] = inputs
        except RuntimeError as error:  # a capture executes nothing, so that the step can still be executed
            while isinstance(error.__context__, RuntimeError):  # the first error is the reason of the others
                error = error.__context__
            self.disable(str(error).partition("\n")[0])

    def _replay(self, key: tuple, tensors: tuple[Tensor, ...]) -> StepOutput:
        for held, tensor in zip(self._inputs[key], tensors, strict=True):
            pinned = tensor.contiguous().pin_memory() if held.is_cuda and not tensor.is_cuda else tensor
            held.copy_(pinned, non_blocking=True)  # from pinned memory the program does not wait for the device
        losses, images = self._replays[key]()
        return StepOutput({name: loss.clone() for name, loss in losses.items()}, images)


class CudaGraphs:
    """Captures steps by torch.cuda.graph ("Whole-network capture" in PyTorch's notes on CUDA semantics).

    What is executed before a capture runs on the stream of the capture, because autograd remembers the stream on
    which it first added up a gradient.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device

    @cached_property
    def stream(self) -> torch.cuda.Stream:
        return torch.cuda.Stream(self.device)

    def run(self, step: Step, inputs: list[Tensor]) -> StepOutput:
        current = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(current)
        with torch.cuda.stream(self.stream):
            output = step(*inputs)
        current.wait_stream(self.stream)
        return output

    def capture(self, step: Step, inputs: list[Tensor]) -> Callable[[], StepOutput]:
        current, graph = torch.cuda.current_stream(self.device), torch.cuda.CUDAGraph()
        pool = torch.cuda.graph_pool_handle()
        try:
            # Other threads, such as the one that draws plots, may call CUDA meanwhile.
            with (
                torch.cuda.device(self.device),
                torch.cuda.graph(graph, pool, self.stream, capture_error_mode="thread_local"),
            ):
                output = step(*inputs)
        except RuntimeError:
            self._recover(current, pool)
            raise

        def replay() -> StepOutput:
            graph.replay()
            return output

        return replay

    @staticmethod
    def _recover(current: torch.cuda.Stream, pool: tuple[int, int]) -> None:
        """Takes back what a capture that failed leaves behind: its stream, its random state and its memory pool."""
        torch.cuda.set_stream(current)
        generator = torch.cuda.default_generators[current.device_index]
        generator.graphsafe_set_state(generator.clone_state())
        with suppress(RuntimeError):  # torch ended it
            torch._C._cuda_endAllocateToPool(current.device_index, pool)


def _detached(output: StepOutput) -> StepOutput:
    return StepOutput(*({name: tensor.detach() for name, tensor in tensors.items()} for tensors in output))
