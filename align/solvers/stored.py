from pathlib import Path
from align.solvers.solution import Solution


def read_solution(path: Path) -> Solution:
    raise NotImplementedError


def write_solution(solution: Solution, path: Path) -> None:
    raise NotImplementedError
