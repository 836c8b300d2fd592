"""The mutants of a module: copies of its syntax tree with one small fault each.

What a person may change by a slip is changed: a comparison, its edge, `and` for `or`, a condition, a number, a text, an operator,
what is returned, a call that is made for its effect. Docstrings, annotations, messages of errors and of the log are left alone.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}
LOGGERS = ("logger", "log")
LONGEST = 160

Node = ast.expr | ast.stmt


@dataclass(frozen=True)
class Mutant:
    """line, place: where it is, the place by the names of function and class (empty: the module). was, became: the code before and after.

    tree: the whole module with it.
    """

    line: int
    place: str
    was: str
    became: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """How a survivor is known: by its function and its code, whatever stands above it in the file."""
        change = f"{self.was} -> {self.became}"
        return f"{self.place}: {change}" if self.place else change


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module's source, in the order of its code."""
    original = ast.parse(source)
    places = _places(original)
    found = []
    for at, node in enumerate(_nodes(original)):
        for change in range(len(_changes(node))):
            tree = ast.parse(source)
            target = _nodes(tree)[at]
            replacement = _changes(target)[change]
            became = ast.unparse(replacement)
            _Replacing(target, replacement).visit(tree)
            found.append(
                Mutant(
                    node.lineno,
                    places.get(node, ""),
                    _short(ast.unparse(node)),
                    _short(became),
                    ast.fix_missing_locations(tree),
                )
            )
    return found


def _places(tree: ast.Module) -> dict[ast.AST, str]:
    """Which function or class each node is in."""
    places: dict[ast.AST, str] = {}

    def note(node: ast.AST, place: str) -> None:
        for child in ast.iter_child_nodes(node):
            places[child] = place
            named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            note(child, f"{place}.{child.name}".lstrip(".") if named else place)

    note(tree, "")
    return places


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


class _Replacing(ast.NodeTransformer):
    def __init__(self, target: Node, replacement: Node) -> None:
        self._target, self._replacement = target, replacement

    def visit(self, node: ast.AST) -> ast.AST:
        return self._replacement if node is self._target else self.generic_visit(node)


def _nodes(tree: ast.AST) -> list[Node]:
    """The expressions and statements that may hold a fault, from the top down."""
    found: list[Node] = []
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_text_for_people(child):
                if isinstance(child, ast.expr | ast.stmt):
                    found.append(child)
                if not isinstance(child, ast.Raise):  # whose text is for people
                    found += _nodes(child)
    return found


def _is_text_for_people(node: ast.AST) -> bool:
    """Imports too, which decide nothing."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr):
        return True
    if not isinstance(node, ast.Expr):
        return False
    call = node.value
    if isinstance(call, ast.Constant):
        return True
    logs = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
    return logs and ast.unparse(call.func.value) in LOGGERS  # pyright: ignore[reportAttributeAccessIssue]


def _changes(node: Node) -> list[Node]:
    """What may stand in a node's place; the node itself stays as it is."""
    if isinstance(node, ast.Compare):
        return [
            ast.Compare(node.left, [*node.ops[:at], other(), *node.ops[at + 1 :]], node.comparators)
            for at, operator in enumerate(node.ops)
            for other in COMPARISONS[type(operator)]
        ]
    if isinstance(node, ast.BoolOp):
        return [ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)]
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return [ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)]
    if isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS:
        return [ast.AugAssign(node.target, OPERATORS[type(node.op)](), node.value)]
    if isinstance(node, ast.IfExp):
        return [ast.IfExp(_not(node.test), node.body, node.orelse)]
    if isinstance(node, ast.If):
        return [ast.If(_not(node.test), node.body, node.orelse)]
    if isinstance(node, ast.Name) and node.id in NAMES and isinstance(node.ctx, ast.Load):
        return [ast.Name(NAMES[node.id], ast.Load())]
    if isinstance(node, ast.Constant):
        return _constants(node.value)
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        return [ast.Return(ast.Constant(None))]
    if isinstance(node, ast.Break | ast.Continue):
        return [ast.Continue() if isinstance(node, ast.Break) else ast.Break()]
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return [ast.Pass()]
    return []


def _constants(value: object) -> list[Node]:
    if isinstance(value, bool):
        return [ast.Constant(not value)]
    if isinstance(value, int | float):
        return [ast.Constant(value + 1)]
    if isinstance(value, str):
        return [ast.Constant(f"{value}~" if value else "~")]
    return []


def _not(test: ast.expr) -> ast.expr:
    return (
        test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else ast.UnaryOp(ast.Not(), test)
    )


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
