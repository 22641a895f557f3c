"""From a TOML file or a dict to a `Plan`: validated whole, with the line of every problem."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Any, get_args

import dictionaries
import embeddings
from align.batch.lines import line_of
from align.batch.methods import Method, SettingError
from align.batch.plan import METRICS, Plan
from align.gold import MIN_PAIRS
from align.home import data_home, dictionary_file, dictionary_of, vectors_of
from align.normalize import parse as parse_recipe
from align.report.grid import counted
from align.retrieve import RANKED, memory
from align.retrieve.choice import Device, Kind
from dictionaries import Lexicon
from embeddings.reading import SAMPLE, require_file

Pair = tuple[str, str]
SECTIONS: dict[str, dict[str, Any]] = {
    "data": {"vectors": (str, dict), "train": str, "test": str, "max_vocab": int, "lower": bool},
    "grid": {"languages": list, "pairs": list, "train_sizes": list, "draw": str, "folds": int}
    | {"seeds": list},
    "run": {"normalize": str, "k": int, "device": str, "search": str, "memory": str},
    "score": {"metrics": list, "retrievals": list},
    "methods": {},
}


class PlanError(ValueError):
    """A plan that cannot be run.

    Parameters
    ----------
    origin : str
        The file.
    problems : sequence of str
        Everything that is wrong, each with its line.
    """

    def __init__(self, origin: str, problems: Sequence[str]) -> None:
        count = counted(len(problems), "problem")
        super().__init__("\n  ".join([f"{origin} has {count}, nothing was run:", *problems]))
        self.origin, self.problems = origin, tuple(problems)


def read_plan(plan: Path | str | Mapping[str, Any]) -> Plan:
    """Read and check a plan.

    Parameters
    ----------
    plan : Path, str or mapping
        A TOML file, or what it would hold; paths are relative to the file's folder, or to the
        working directory.

    Raises
    ------
    PlanError
        With every problem, and its line where there is a file.
    FileNotFoundError
        If there is no such file.
    """
    if isinstance(plan, Mapping):
        return _Reading(plan, Path(), "plan", "").plan()
    path = Path(plan)
    require_file(path)
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    text = path.read_text(encoding="utf-8")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(str(path), [f"it is not TOML: {error}"]) from error
    return _Reading(table, path.parent, str(path), text).plan()


@dataclass
class _Reading:
    """A plan on its way; collects what is wrong with it."""

    table: Mapping[str, Any]
    home: Path
    origin: str
    text: str
    problems: list[tuple[int, str]] = field(default_factory=list)

    def plan(self) -> Plan:
        """Return the plan, or raise an error with all problems."""
        self._known_keys()
        if self.problems:  # what follows relies on the types
            raise self._error()
        methods = self._methods()
        pairs = self._pairs()
        vectors = self._vectors(pairs)
        seeded = any(method.learn == "supervised" for method in methods)
        grid = self.table["grid"]
        folds = grid.get("folds", 0)
        train = self._dictionaries(pairs, "train", required=seeded or folds > 0)
        test = {} if folds else self._dictionaries(pairs, "test", required=True)
        self._grid(train, folds, seeded)
        settings = self._settings()
        if self.problems:
            raise self._error()
        return Plan(
            name=Path(self.origin).stem,
            vectors=vectors,
            pairs=pairs,
            train=train,
            test=test,
            methods=methods,
            folds=folds,
            **settings,
        )

    def _error(self) -> PlanError:
        told = dict.fromkeys(sorted(self.problems))
        lines = [f"line {line}: {said}" if line else said for line, said in told]
        return PlanError(self.origin, lines)

    def wrong(self, path: tuple[str, ...], said: str, value: object = None) -> None:
        """Note a problem."""
        if self.text:
            self.problems.append((line_of(self.text, path, value), said))
        else:
            self.problems.append((0, f"{'.'.join(path)}: {said}"))

    def _known_keys(self) -> None:
        for section in self.table:
            if section not in SECTIONS:
                said = f"unknown key {section!r}; a plan has {', '.join(SECTIONS)}"
                self.wrong((section,), said)
            elif not isinstance(self.table[section], Mapping):
                self.wrong((section,), f"{section} should be a table: [{section}]")
            else:
                self._known_in(section)
        for section in ("grid", "methods"):
            if not self.table.get(section):
                self.wrong((section,), f"a plan needs [{section}]")

    def _known_in(self, section: str) -> None:
        known = SECTIONS[section]
        for key, value in self.table[section].items():
            path = (section, key)
            if section == "methods":
                if not isinstance(value, Mapping):
                    self.wrong(path, f"a method is a table: [methods.{key}]")
            elif key not in known:
                self.wrong(path, f"unknown key {key!r}; [{section}] has {', '.join(known)}")
            elif not isinstance(value, known[key]) or (
                known[key] is int and isinstance(value, bool)
            ):
                kinds = known[key] if isinstance(known[key], tuple) else (known[key],)
                named = " or ".join(kind.__name__ for kind in kinds)
                self.wrong(path, f"{key} should be of type {named}, got {value!r}")

    def _methods(self) -> tuple[Method, ...]:
        found = []
        for name, table in self.table["methods"].items():
            try:
                found.append(Method.of(name, table))
            except SettingError as error:
                self.wrong(("methods", name, *error.path), str(error))
        return tuple(found)

    def _pairs(self) -> tuple[Pair, ...]:
        grid = self.table["grid"]
        if ("languages" in grid) == ("pairs" in grid):
            self.wrong(("grid",), "[grid] needs languages (all their pairs), or pairs: one of them")
            return ()
        if "languages" in grid:
            languages = grid["languages"]
            if len(set(map(str, languages))) < 2 or not all(isinstance(x, str) for x in languages):
                self.wrong(("grid", "languages"), f"expected 2 languages or more, got {languages}")
                return ()
            return tuple(permutations(dict.fromkeys(languages), 2))
        found = []
        for pair in grid["pairs"]:
            parts = tuple(pair) if isinstance(pair, list) else tuple(str(pair).split("-"))
            if len(parts) != 2 or not all(isinstance(part, str) and part for part in parts):
                said = f"expected a pair as 'en-es' or ['en', 'zh-min-nan'], got {pair!r}"
                self.wrong(("grid", "pairs"), said, pair)
                continue
            found.append(parts)
        if not grid["pairs"]:
            self.wrong(("grid", "pairs"), "there are no pairs")
        if len({"-".join(pair) for pair in found}) < len(set(found)):
            self.wrong(("grid", "pairs"), "two pairs have one name: give languages other codes")
        return tuple(dict.fromkeys(found))

    def _vectors(self, pairs: tuple[Pair, ...]) -> dict[str, Path | str]:
        given = self.table.get("data", {}).get("vectors")
        found: dict[str, Path | str] = {}
        for language in dict.fromkeys(code for pair in pairs for code in pair):
            path: tuple[str, ...] = ("data", "vectors")
            if isinstance(given, Mapping):
                path = (*path, language)
                if not isinstance(given.get(language), str):
                    self.wrong(path, f"there are no vectors of {language!r}")
                    continue
            template = given.get(language) if isinstance(given, Mapping) else given
            try:
                found[language] = self._file(template, language)
            except OSError as error:
                self.wrong(path if given else ("grid",), str(error), given and language)
            except (LookupError, ValueError, AttributeError, TypeError):
                self.wrong(path, f"expected a file name with {{lang}}, got {template!r}")
                break
        if len(set(found.values())) < len(found):
            self.wrong(("data", "vectors"), "languages share a file: name it with {lang}")
        return found

    def _file(self, template: str | None, language: str) -> Path | str:
        """Return the vector file of a language: as the plan says, of the data home, or a sample."""
        if template is None:
            home = data_home()
            if (found := vectors_of(home, language)) is None:
                raise FileNotFoundError(
                    f"no vectors of {language!r} in {home}; say where they are: "
                    '[data] vectors = "folder/{lang}.vec"'
                )
            return found.absolute() if isinstance(found, Path) else found
        name = template.format(lang=language)
        if name.startswith(SAMPLE):
            if name.removeprefix(SAMPLE) not in embeddings.sample_names():
                raise FileNotFoundError(f"there is no {name}")
            return name
        path = self.home / Path(name).expanduser()
        require_file(path)
        return path.absolute()

    def _dictionaries(
        self, pairs: tuple[Pair, ...], part: str, *, required: bool
    ) -> dict[Pair, Lexicon]:
        template = self.table.get("data", {}).get(part)
        found = {}
        for source, target in pairs:
            pair = f"{source}-{target}"
            try:
                lexicon = self._dictionary(template, (source, target), part)
            except OSError as error:
                if required or template:
                    self.wrong(("data", part), str(error), pair)
                continue
            except (LookupError, AttributeError, TypeError):
                self.wrong(("data", part), f"expected a name with {{pair}}, got {template!r}")
                break
            except ValueError as error:
                self.wrong(("data", part), str(error), pair)
                continue
            found[source, target] = lexicon
        if len({lexicon.origin for lexicon in found.values()}) < len(found):
            self.wrong(("data", part), "pairs share a dictionary: name it with {pair}")
        return found

    def _dictionary(self, template: str | None, languages: Pair, part: str) -> Lexicon:
        pair = "-".join(languages)
        lower = self.table.get("data", {}).get("lower", False)
        if template is None:
            if (found := dictionary_of(data_home(), pair, part)) is not None:
                return dictionaries.load(found, lower=lower)
            raise FileNotFoundError(
                f"no {part} dictionary of {pair}: looked for "
                f"{dictionary_file(data_home(), pair, part)}; say where they are: "
                f'[data] {part} = "folder/{{pair}}.txt"'
            )
        name = template.format(pair=pair, source=languages[0], target=languages[1])
        if name.startswith(SAMPLE):
            return dictionaries.load(name, lower=lower)
        return dictionaries.load(self.home / Path(name).expanduser(), lower=lower)

    def _grid(self, train: Mapping[Pair, Lexicon], folds: int, seeded: bool) -> None:
        grid = self.table["grid"]
        for key, least in (("train_sizes", 0), ("seeds", 0)):
            values = grid.get(key, [0])
            for value in values or [None]:
                if type(value) is not int or value < least:
                    said = f"{key} should be whole numbers from {least} on, got {value!r}"
                    self.wrong(("grid", key), said, value)
                    return
            if len(set(values)) < len(values):
                self.wrong(("grid", key), f"{key} holds a number twice: {values}")
        if folds == 1 or folds < 0:
            self.wrong(("grid", "folds"), f"folds should be 0, or 2 and more, got {folds}")
            return
        if (draw := grid.get("draw", "first")) not in ("first", "random"):
            self.wrong(("grid", "draw"), f"draw should be first or random, got {draw!r}")
        for (source, target), lexicon in train.items():
            words = len(lexicon.sources)
            if folds > words:
                said = f"{folds} folds of {words} source words in {lexicon.origin}"
                self.wrong(("grid", "folds"), said)
            left = words - -(-words // folds) if folds else words
            if seeded and left < MIN_PAIRS:
                said = f"{lexicon.origin} has {left} source words to train on"
                self.wrong(("grid", "folds") if folds else ("data", "train"), said)
            for size in grid.get("train_sizes", [0]):
                if seeded and size and not MIN_PAIRS <= size <= left:
                    said = (
                        f"a training size of {size:,} is not possible for {source}-{target}: "
                        f"{lexicon.origin} has {left:,} source words"
                        f"{' outside a fold' if folds else ''}, and an alignment needs {MIN_PAIRS}"
                    )
                    self.wrong(("grid", "train_sizes"), said, size)

    def _settings(self) -> dict[str, Any]:
        """Return the settings that every run shares."""
        data, run, score = (dict(self.table.get(name, {})) for name in ("data", "run", "score"))
        grid = self.table["grid"]
        found = {name: data[name] for name in ("max_vocab", "lower") if name in data} | run
        found |= {name: tuple(grid[name]) for name in ("train_sizes", "seeds") if name in grid}
        found["draw"] = grid.get("draw", Plan.draw)
        if found.get("max_vocab", 0) < 0:
            self.wrong(("data", "max_vocab"), f"need 0 or more, got {found['max_vocab']}")
        if found.get("k", 1) < 1:
            self.wrong(("run", "k"), f"need 1 or more, got {found['k']}")
        try:
            parse_recipe(found.get("normalize", Plan.normalize))
        except ValueError as error:
            self.wrong(("run", "normalize"), str(error))
        try:
            if "memory" in found:
                found["memory"] = memory.parse(found["memory"])
        except ValueError as error:
            self.wrong(("run", "memory"), str(error))
        choices = {"device": get_args(Device), "search": get_args(Kind)}
        for name, allowed in choices.items():
            if found.get(name, allowed[0]) not in allowed:
                said = f"{name} should be one of {', '.join(allowed)}, got {found[name]!r}"
                self.wrong(("run", name), said)
        for name, allowed in {"metrics": METRICS, "retrievals": RANKED}.items():
            for value in score.get(name, ()):
                if value not in allowed:
                    said = f"there is no {value!r} among the {name}: {', '.join(allowed)}"
                    self.wrong(("score", name), said, value)
            if score.get(name) == []:
                self.wrong(("score", name), f"there are no {name}; leave it out for the default")
            if name in score:
                found[name] = tuple(dict.fromkeys(map(str, score[name])))
        if "csls" not in found.get("retrievals", ("csls",)):
            found["retrievals"] = (*found["retrievals"], "csls")  # what runs are compared by
        return found
