"""Networks in TorchScript files; torch is imported only for them."""

import io
import warnings

import numpy as np
import numpy.typing as npt

from shls_core.errors import InputError, MissingComponent
from shls_core.saliency.network_detector import Network


def load_torchscript(model: bytes, name: str) -> Network:
    """Return the network in the content of a TorchScript file, on the CPU and one thread.

    Raises
    ------
    InputError
        If it is not TorchScript; later, if the network fails on an input.
    MissingComponent
        If torch is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingComponent(
            "expected the package torch, which runs TorchScript; install it with: pip install torch"
        ) from error
    try:
        with warnings.catch_warnings():
            # torch recommends another format; the user chose this one.
            warnings.filterwarnings("ignore", "`torch.jit", DeprecationWarning)
            network = torch.jit.load(io.BytesIO(model), map_location="cpu").eval()  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError) as error:  # not a zip archive, or an archive of something else
        raise InputError(
            f"expected a network in TorchScript, got {len(model)} other bytes ({name})"
        ) from error

    def run(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        num_threads = torch.get_num_threads()
        torch.set_num_threads(1)  # sums depend on the number of threads
        try:
            with torch.inference_mode():
                output = network(torch.from_numpy(values))
        except (RuntimeError, torch.jit.Error) as error:
            told = str(error).strip().splitlines()[-1]
            raise InputError(
                f"the network fails on an input of shape {values.shape}: {told} ({name})"
            ) from error
        finally:
            torch.set_num_threads(num_threads)
        if isinstance(output, dict):
            output = list(output.values())
        if isinstance(output, list | tuple) and output:
            output = output[0]
        if not isinstance(output, torch.Tensor):
            raise InputError(f"expected a tensor as output, got {type(output).__name__} ({name})")
        return output.float().numpy()

    return run
