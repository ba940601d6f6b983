"""Named tuples of arrays that kernels take as one address.

Numba takes a tuple apart wherever one is handed over: each array is seven numbers or more, and
three hundred of them are written to memory and read again in every call. That takes longer than
what most parts of kernels do. Of a class that is `lent` kernels take where the tuple lies instead,
and read what they need. Only tuples that come from Python are lent: whoever called the kernel holds
them as long as it runs, so that no references to their arrays are counted, and so that a kernel
must not hand one of these arrays back. Where a kernel makes a tuple of such a class itself, it is
one like any other.
"""

from __future__ import annotations

from typing import Any, TypeVar

from numba.core import cgutils, types
from numba.core.datamodel.models import PrimitiveModel
from numba.core.types.containers import BaseTuple
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    register_model,
    typeof_impl,
    unbox,
)

__all__ = ["lent"]

_Class = TypeVar("_Class", bound=type)
_NUMBERS = (types.Number, types.Boolean)


def lent(of_arrays: _Class) -> _Class:
    """Have kernels take named tuples of this class by their address.

    Parameters
    ----------
    of_arrays : type
        A class of named tuples of arrays, numbers, and tuples that are lent.

    Returns
    -------
    type
        The same class. A kernel that is handed one with something else in it raises TypeError.
    """

    def type_of(held: tuple[Any, ...], context: Any) -> Lent:
        fields = [typeof_impl(value, context) for value in held]
        for name, field in zip(of_arrays._fields, fields, strict=True):  # type: ignore[attr-defined]
            # Of anything else references would be counted when a kernel has done with it.
            if not isinstance(field, (types.Array, Lent, *_NUMBERS)):
                raise TypeError(f"{name} of {of_arrays.__name__} cannot be lent: {field}")
        return Lent(BaseTuple.from_types(fields, of_arrays))

    typeof_impl.register(of_arrays, type_of)
    return of_arrays


class Lent(types.Type):
    """Numba's type of the address of a tuple of the type `held`."""

    def __init__(self, held: Any) -> None:
        self.held = held
        super().__init__(name=f"Lent({held.name})")

    @property
    def key(self) -> Any:
        return self.held


@register_model(Lent)
class _Model(PrimitiveModel):
    def __init__(self, manager: Any, lent_type: Lent) -> None:
        held = manager.lookup(lent_type.held).get_value_type()
        super().__init__(manager, lent_type, held.as_pointer())


@unbox(Lent)
def _unbox(lent_type: Lent, given: Any, c: Any) -> NativeValue:
    held = c.unbox(lent_type.held, given)
    address = cgutils.alloca_once_value(c.builder, held.value)

    def give_back() -> None:
        if held.cleanup is not None:
            held.cleanup()
        c.context.nrt.decref(c.builder, lent_type.held, c.builder.load(address))

    return NativeValue(address, is_error=held.is_error, cleanup=give_back)


@infer_getattr
class _Fields(AttributeTemplate):
    key = Lent

    def generic_resolve(self, lent_type: Lent, name: str) -> Any:
        held = lent_type.held
        return held.types[held.fields.index(name)] if name in held.fields else None


@lower_getattr_generic(Lent)
def _read_field(context: Any, builder: Any, lent_type: Lent, address: Any, name: str) -> Any:
    place = lent_type.held.fields.index(name)
    field = builder.load(cgutils.gep_inbounds(builder, address, 0, place))
    field_type = lent_type.held.types[place]
    if not isinstance(field_type, types.Array):
        return field
    # As an array that nobody owns: references to it are not counted.
    array = context.make_array(field_type)(context, builder, field)
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return array._getvalue()
