"""Decides which top-level statements have no effect that a later import could notice, so that the import can be done before them.

What is not known to be harmless is not harmless. Only the standard library, Python 3.8 and later.
"""
import ast
import builtins
import os
import sys

# Functions that only compute a value from their arguments.
PURE_BUILTINS = frozenset(
    "abs all any bin bool bytearray bytes chr complex dict divmod enumerate filter float format frozenset hasattr hex int isinstance issubclass "
    "iter len list map max min object oct ord pow property range repr reversed round set slice sorted str sum super tuple type zip".split())
PURE_FUNCTIONS = frozenset(
    "os.getenv os.environ.get os.getcwd os.cpu_count os.fspath pathlib.Path pathlib.PurePath pathlib.Path.home pathlib.Path.cwd "
    "logging.getLogger re.compile collections.namedtuple collections.defaultdict collections.OrderedDict collections.deque collections.Counter "
    "functools.partial functools.wraps functools.lru_cache functools.cache functools.total_ordering functools.cached_property "
    "dataclasses.dataclass dataclasses.field enum.auto contextlib.contextmanager abc.abstractmethod time.time time.monotonic "
    "time.perf_counter datetime.datetime.now datetime.date.today datetime.datetime datetime.date datetime.timedelta decimal.Decimal "
    "fractions.Fraction torch.no_grad torch.inference_mode".split())
PURE_MODULES = ("math.", "os.path.", "typing.", "operator.", "string.")
PURE_DECORATORS = frozenset("classmethod property staticmethod".split())
PURE_PATH_METHODS = frozenset(
    "absolute as_posix exists expanduser is_absolute is_dir is_file joinpath relative_to resolve with_name with_stem with_suffix".split())


class Names:
    """What the names of one file stand for, as far as its import statements and assignments tell."""

    def __init__(self):
        self._modules = {}  # name -> the dotted name of what an import bound to it
        self._other = set()  # names that the file binds to something else
        self._all_other = False  # whether any name may be bound to something else

    def bind(self, name, dotted=None):
        """Records that `name` is bound: to the installed module or member `dotted`, or to something unknown."""
        self._modules.pop(name, None)
        self._other.discard(name)
        if dotted is None:
            self._other.add(name)
        else:
            self._modules[name] = dotted

    def bind_all(self):
        """Records that any name may be bound to something unknown, as after `from module import *`."""
        self._modules.clear()
        self._all_other = True

    def copy(self):
        """The same names, for the body of a class."""
        inner = Names()
        inner._modules.update(self._modules)
        inner._other.update(self._other)
        inner._all_other = self._all_other
        return inner

    def dotted(self, node):
        """The dotted name of an expression such as np.random.seed, or None."""
        if isinstance(node, ast.Attribute):
            base = self.dotted(node.value)
            return base and base + "." + node.attr
        if not isinstance(node, ast.Name) or node.id in self._other:
            return None
        return self._modules.get(node.id) or (node.id if hasattr(builtins, node.id) and not self._all_other else None)


def statement(node, names):
    """Whether a statement is harmless. Records the names it binds. Imports and statements with parts are up to the caller."""
    if isinstance(node, ast.Pass):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign):
        return expression(node.value, names) and all(_bind_target(target, names) for target in node.targets)
    if isinstance(node, ast.AnnAssign):
        return (node.value is None or expression(node.value, names)) and expression(node.annotation, names) and _bind_target(node.target, names)
    if isinstance(node, ast.Assert):
        return expression(node.test, names)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        harmless = all(_decorator(mark, names) for mark in node.decorator_list) and expression(node.args, names) and (
            node.returns is None or expression(node.returns, names))
        names.bind(node.name)
        return harmless
    if isinstance(node, ast.ClassDef):
        harmless = all(_decorator(mark, names) for mark in node.decorator_list) and all(
            expression(part, names) for part in node.bases + [keyword.value for keyword in node.keywords])
        inner = names.copy()
        harmless = harmless and all(statement(part, inner) for part in node.body)
        names.bind(node.name)
        return harmless
    return False


def _bind_target(target, names):
    """Whether an assignment binds nothing but names of its own file."""
    if isinstance(target, ast.Name):
        names.bind(target.id)
        return True
    if isinstance(target, (ast.Tuple, ast.List)):
        return all([_bind_target(part, names) for part in target.elts])
    return isinstance(target, ast.Starred) and _bind_target(target.value, names)


def _decorator(mark, names):
    if not isinstance(mark, ast.Call):
        return names.dotted(mark) in PURE_DECORATORS or _is_pure(mark, names)
    return expression(mark, names)


def expression(node, names):
    """Whether evaluating an expression is harmless."""
    if isinstance(node, ast.Call):
        if not _is_pure(node.func, names):
            return False
    elif isinstance(node, ast.Lambda):
        return expression(node.args, names)
    elif isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
        return False
    return all(expression(child, names) for child in ast.iter_child_nodes(node))


def _is_pure(function, names):
    name = names.dotted(function)
    if name is not None:
        return name in PURE_BUILTINS or name in PURE_FUNCTIONS or name.startswith(PURE_MODULES)
    if not isinstance(function, ast.Attribute):
        return False
    receiver = function.value
    return isinstance(receiver, ast.JoinedStr) or isinstance(receiver, ast.Constant) or (
        function.attr in PURE_PATH_METHODS and _is_path(receiver, names))


def _is_path(node, names):
    """Whether an expression is plainly a pathlib.Path, such as Path(__file__).resolve().parent."""
    if isinstance(node, ast.Call):
        return names.dotted(node.func) in ("pathlib.Path", "pathlib.PurePath", "pathlib.Path.home", "pathlib.Path.cwd") or (
            isinstance(node.func, ast.Attribute) and node.func.attr in PURE_PATH_METHODS and _is_path(node.func.value, names))
    if isinstance(node, ast.Attribute):
        return node.attr == "parent" and _is_path(node.value, names)
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Attribute) and node.value.attr == "parents" and _is_path(node.value.value, names)
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _is_path(node.left, names)


_FIXED = ("sys.version_info", "sys.platform", "os.name")
_FIXED_PARTS = (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Constant, ast.Tuple, ast.Subscript, ast.Slice, ast.cmpop, ast.boolop, ast.unaryop, ast.expr_context)


def is_main_guard(test):
    """Whether a condition is `__name__ == "__main__"`."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return False
    sides = (test.left, test.comparators[0])
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)


def known_value(test, names):
    """The value of a condition about the interpreter or the system, such as `sys.version_info >= (3, 9)`; None when it is not known."""
    if names.dotted(test) == "typing.TYPE_CHECKING" or isinstance(test, ast.Name) and test.id == "TYPE_CHECKING":
        return False

    def fixed(node):
        if isinstance(node, ast.Attribute):
            return names.dotted(node) in _FIXED and isinstance(node.value, ast.Name) and node.value.id in ("sys", "os")
        return isinstance(node, _FIXED_PARTS + (getattr(ast, "Index", ()),)) and all(fixed(child) for child in ast.iter_child_nodes(node))

    if not fixed(test):
        return None
    try:
        return bool(eval(compile(ast.Expression(test), "<condition>", "eval"), {"sys": sys, "os": os}))
    except Exception:
        return None
