"""Reads a script as the interpreter of a run would, and prints the first mistake that fails every chunk; prints nothing when in doubt."""
import sys


def check(path):
    import ast
    import importlib.util
    import os

    try:
        with open(path, "rb") as file:
            body = ast.parse(file.read(), path).body
    except SyntaxError as error:
        print("dbatch-syntax", error.lineno or 1, "%s: %s" % (type(error).__name__, error.msg), sep="\t")
        return
    except (OSError, ValueError, RecursionError, MemoryError):
        return
    directory = os.path.dirname(os.path.realpath(path))
    if sys.path and sys.path[0] == "":
        sys.path[0] = directory
    for number, node in enumerate(body):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        else:
            return
        for module in (name.split(".")[0] for name in modules):
            if module in sys.modules:
                continue
            try:
                found = importlib.util.find_spec(module)
            except Exception:
                return
            if found is None:
                if is_missing(body[: number + 1], module, path):
                    print("dbatch-missing", node.lineno, module, sep="\t")
                return
            if not found.origin or os.path.dirname(os.path.realpath(found.origin)).startswith(directory):
                return  # a module of the user may change where the next ones are looked for


def is_missing(imports, module, path):
    """Whether the imports fail for want of the module when they are really executed: an earlier one may bring it along."""
    import ast
    import os

    sys.stdout.flush()
    kept = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        exec(compile(ast.Module(imports, []), path, "exec"), {"__name__": "__main__"})
    except ModuleNotFoundError as error:
        return error.name is not None and error.name.split(".")[0] == module
    except BaseException:
        return False
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
    return False


check(sys.argv[1])
