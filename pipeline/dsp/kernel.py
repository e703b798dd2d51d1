"""Compiled loops over samples, compiled when first called.

Importing a module of kernels costs nothing: Numba is imported by the first call. So commands
that touch no audio (``--help``, a build with nothing to do) never load a compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_compiling = Lock()


class Kernel(Generic[P, R]):
    """A function that becomes machine code at its first call; `py_func` is the plain one."""

    def __init__(self, function: Callable[P, R]) -> None:
        self.py_func = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self._compiled: Callable[P, R] | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the compiled function."""
        if self._compiled is None:
            self._compile()
        assert self._compiled is not None
        return self._compiled(*args, **kwargs)

    def _compile(self) -> None:
        with _compiling:
            if self._compiled is None:
                from numba import njit

                options: dict[str, Any] = {"cache": True, "nogil": True}
                self._compiled = njit(**options)(self.py_func)


def kernel(function: Callable[P, R]) -> Kernel[P, R]:
    """Compile `function` with Numba when it is first called.

    Kernels are cached on disk, release the interpreter lock and use no fast-math: the same
    input gives the same bits on one machine. A kernel calls no other kernel. Callers pass
    C-contiguous arrays of one dtype, so that each kernel is compiled once.
    """
    return Kernel(function)
