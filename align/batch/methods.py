"""Methods of a plan: a preset with other settings is a solver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, cast, get_args

from align.auto import Auto
from align.presets import PRESETS, UNSUPERVISED
from align.selection import Best
from align.solvers import Solver

Learn = Literal["supervised", "unsupervised"]
NAMES: Mapping[Learn, tuple[str, ...]] = {
    "supervised": ("best", *PRESETS),
    "unsupervised": ("auto", *UNSUPERVISED),
}
OWN = ("preset", "learn", "resources")


class SettingError(ValueError):
    """A setting that cannot be; ``path`` leads to it."""

    def __init__(self, path: tuple[str, ...], message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True)
class Method:
    """What is run on every pair.

    Parameters
    ----------
    name : str
        In the plan and its tables.
    learn : {'supervised', 'unsupervised'}
    solver : Solver
    resources : mapping
        What a Dask worker must offer, as ``{"GPU": 1}``.
    """

    name: str
    learn: Learn
    solver: Solver
    resources: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, table: Mapping[str, Any]) -> Method:
        """Build a method from its table; SettingError where it cannot be.

        ``preset`` names what is run, by default the method's own name; ``learn`` says whether it
        is one of `align supervised` or of `align unsupervised`, where the name alone does not;
        every other key is a hyperparameter of the preset. One that is a solver itself is the name
        of a preset, or a table.
        """
        preset = table.get("preset", name)
        learns = [each for each in get_args(Learn) if preset in NAMES[each]]
        if not learns:
            known = ", ".join(dict.fromkeys((*NAMES["supervised"], *NAMES["unsupervised"])))
            raise SettingError(
                ("preset",), f"{preset!r} is no method; there are {known}; name one with preset ="
            )
        learn = table.get("learn", learns[0])
        if learn not in learns:
            raise SettingError(
                ("learn",), f"{preset!r} can be {' or '.join(learns)}, not {learn!r}"
            )
        given = {key: value for key, value in table.items() if key not in OWN}
        return cls(name, learn, _solver(preset, learn, given), _resources(table))


def _resources(table: Mapping[str, Any]) -> dict[str, float]:
    given = table.get("resources", {})
    if not isinstance(given, dict) or not all(
        isinstance(value, (int, float)) and value > 0 for value in given.values()
    ):
        raise SettingError(("resources",), f"expected a table as {{GPU = 1}}, got {given!r}")
    return dict(given)


def _solver(preset: str, learn: Learn, given: Mapping[str, Any]) -> Solver:
    if learn == "supervised":
        return _changed(Best() if preset == "best" else PRESETS[preset], given)
    if preset == "auto":
        return _changed(Auto(), given)
    start = _changed(UNSUPERVISED[preset], given)
    return replace(Auto.only(preset), starts=((preset, start),))


def _changed(solver: Solver, given: Mapping[str, Any], path: tuple[str, ...] = ()) -> Solver:
    """Return a solver with other hyperparameters."""
    known = {field.name for field in fields(solver) if field.init}
    values = {}
    for name, value in given.items():
        here = (*path, name)
        if name not in known:
            raise SettingError(
                here,
                f"{solver.name} has no setting {name!r}; it has {', '.join(sorted(known))}",
            )
        values[name] = _value(getattr(solver, name), value, here)
    try:
        return cast(Solver, replace(cast(Any, solver), **values))
    except (TypeError, ValueError) as error:
        raise SettingError((*path, *list(given)[:1]), f"{solver.name}: {error}") from error


def _value(default: object, value: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401
    """Return a value of the type of the default."""
    if is_dataclass(default):
        table = {"preset": value} if isinstance(value, str) else dict(value)
        preset = table.pop("preset", None)
        if preset is not None and preset not in PRESETS:
            raise SettingError(path, f"{preset!r} is no preset; there are {', '.join(PRESETS)}")
        return _changed(cast(Solver, default) if preset is None else PRESETS[preset], table, path)
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if isinstance(default, tuple) or type(value) is not type(default):
        kind = "cannot be set in a plan" if isinstance(default, tuple) else _expected(default)
        raise SettingError(path, f"{path[-1]} {kind}, got {value!r}")
    return value


def _expected(default: object) -> str:
    return f"should be of type {type(default).__name__}, as {default!r}"
