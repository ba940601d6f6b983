"""Kernels that other kernels alone can call, called from tests."""

from __future__ import annotations

from genesis.jit import kernel

__all__ = ["Called", "called"]


def called(inner):
    """A kernel that Python can call, and that calls another."""

    @kernel
    def call(*arguments):
        return inner(*arguments)

    return call


class Called:
    """The kernels of a module, by their names there, as Python can call them."""

    def __init__(self, module):
        self._module = module

    def __getattr__(self, name):
        value = getattr(self._module, name)
        if callable(value):
            value = called(value)
        setattr(self, name, value)
        return value
