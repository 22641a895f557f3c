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
FOREVER = 1e9  # seconds: what a run of a batch tries does not depend on how busy its machine is
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "float": (int, float),
    "int": int,
    "bool": bool,
    "str": str,
}


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
        if not isinstance(preset, str):
            raise SettingError(("preset",), f"expected the name of a method, got {preset!r}")
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
        return _changed(Auto(budget=FOREVER), given)
    start = _changed(UNSUPERVISED[preset], given)
    return replace(Auto.only(preset), starts=((preset, start),))


def _changed(solver: Solver, given: Mapping[str, Any], path: tuple[str, ...] = ()) -> Solver:
    """Return a solver with other hyperparameters."""
    kinds = {field.name: str(field.type) for field in fields(solver) if field.init}
    values: dict[str, object] = {}
    for name, value in given.items():
        here = (*path, name)
        if name == "seed":
            raise SettingError(here, "the seeds of a plan are in [grid]: seeds = [0, 1, 2]")
        if name not in kinds:
            known = ", ".join(sorted({*kinds} - {"seed"})) or "none"
            raise SettingError(here, f"{solver.name} has no setting {name!r}; it has {known}")
        default = getattr(solver, name)
        if is_dataclass(default):
            values[name] = _inner(cast(Solver, default), value, here)
        else:
            values[name] = _plain(kinds[name], default, value, here)
    try:
        return cast(Solver, replace(cast(Any, solver), **values))
    except (TypeError, ValueError) as error:
        raise SettingError((*path, *list(given)[:1]), f"{solver.name}: {error}") from error


def _inner(default: Solver, value: object, path: tuple[str, ...]) -> Solver:
    """Return the solver that another holds: a preset, or one with other settings."""
    table = {"preset": value} if isinstance(value, str) else value
    if not isinstance(table, Mapping):
        raise SettingError(path, f"{path[-1]} should be a preset or a table, got {value!r}")
    preset = table.get("preset", "")
    if preset != "" and (not isinstance(preset, str) or preset not in PRESETS):
        raise SettingError(path, f"{preset!r} is no preset; there are {', '.join(PRESETS)}")
    rest = {key: inner for key, inner in table.items() if key != "preset"}
    return _changed(PRESETS[preset] if preset else default, rest, path)


def _plain(kind: str, default: object, value: object, path: tuple[str, ...]) -> object:
    """Return a number or a text, of the type that the setting has."""
    wanted = KINDS.get(kind, type(default))
    if isinstance(default, (tuple, Mapping)):
        raise SettingError(path, f"{path[-1]} cannot be set in a plan")
    if not isinstance(value, wanted) or isinstance(value, bool) != (wanted is bool):
        told = kind if kind in KINDS else type(default).__name__
        raise SettingError(path, f"{path[-1]} should be of type {told}, got {value!r}")
    return float(cast(float, value)) if kind == "float" else value
