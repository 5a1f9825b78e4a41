"""Networks in ONNX files; onnxruntime is imported only for them."""

import numpy as np
import numpy.typing as npt

from shls_core.errors import InputError, MissingComponent
from shls_core.saliency.network_detector import Network

_LOG_ERRORS_ALONE = 4


def load_onnx(model: bytes, name: str) -> Network:
    """Return the network in the content of an ONNX file, on the CPU and one thread.

    A network with weights in separate files is rejected: its content would not determine its output.

    Raises
    ------
    InputError
        If it is not an ONNX network with one input; later, if the network fails on an input.
    MissingComponent
        If onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingComponent(
            "expected the package onnxruntime, which runs ONNX networks; install it with: "
            "pip install onnxruntime"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # sums depend on the number of threads
    options.use_deterministic_compute = True
    options.log_severity_level = _LOG_ERRORS_ALONE
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no other common base
        raise InputError(
            f"expected an ONNX network in one file, got {len(model)} other bytes ({name})"
        ) from error
    inputs = [entry.name for entry in session.get_inputs()]
    if len(inputs) != 1:
        raise InputError(f"expected a network of one input, got {len(inputs)} ({name})")

    def run(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        try:
            first = session.run(None, {inputs[0]: values})[0]
        except Exception as error:  # see above
            told = " ".join(str(error).split())
            raise InputError(
                f"the network fails on an input of shape {values.shape}: {told} ({name})"
            ) from error
        return np.asarray(first, dtype=np.float32)

    return run
