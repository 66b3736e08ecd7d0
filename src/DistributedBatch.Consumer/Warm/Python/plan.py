"""Finds the imports of a script that can be done once for all its chunks.

Only the standard library, Python 3.8 and later. Runs in the zygote, never in a job.
"""
import ast
import importlib.machinery
import os
import sys
import sysconfig

import _dbatch_harmless as harmless

MAX_QUOTE = 60  # characters of a statement in a reason


class Missing(Exception):
    """The script imports a module that is not there."""


def installed_directories():
    """Directories whose modules do not change during a run: the standard library and installed packages; each with a slash at the end."""
    paths = sysconfig.get_paths()
    directories = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib") if paths.get(key)}
    directories.update(path for path in sys.path if os.path.basename(path.rstrip("/")) in ("site-packages", "dist-packages", "lib-dynload"))
    return tuple(os.path.realpath(directory) + os.sep for directory in directories)


def defines_process(tree):
    """Whether the file has process() at its top level, for a kept interpreter to call."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            marks = [getattr(mark, "attr", getattr(mark, "id", None)) for mark in node.decorator_list]
            if node.name == "process" or "process" in marks:
                return True
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "process" for t in node.targets):
            return True
        if isinstance(node, ast.ImportFrom) and node.module != "dbatch" and any((a.asname or a.name) in ("process", "*") for a in node.names):
            return True
    return False


class ImportPlan:
    """The installed modules to import, in the order in which a job imports them, up to the first top-level statement that is not plainly harmless.

    The statements of the script are read in their order, and those of a local module where it is imported. Local modules themselves are not
    imported: they may change, and what they do when they are imported belongs to the job.
    """

    def __init__(self, script, directory, module):
        self.script = script          # path of the file that runs
        self.directory = directory    # sys.path[0] of the job; None when the interpreter sets none
        self.module = module          # dotted name for -m, else None
        self.wanted = []              # (module, imported names) in the order of the source
        self.left = []                # top-level names of installed packages that come after the end of the plan
        self.left_reason = None       # why they are left to the jobs; None when the job itself reports it
        self.files = {}               # path of a local file -> (mtime in ns, size), to detect changes
        self.has_process = False
        self._ended = False
        self._installed = installed_directories()
        self._path = [directory] + sys.path if directory else list(sys.path)
        self._own = module.split(".")[0] if module else None
        try:
            for package in self._own_packages():
                self._read(package)
            self._read(script, first=True)
        except (Missing, RecursionError):
            self._end(None)

    def changed(self):
        """Whether a file that was read has changed or was removed."""
        for file, version in self.files.items():
            try:
                found = os.stat(file)
            except OSError:
                return True
            if (found.st_mtime_ns, found.st_size) != version:
                return True
        return False

    def _own_packages(self):
        """The __init__ files that `python -m a.b.c` runs before the module."""
        parts = self.module.split(".")[:-1] if self.module and self.directory else []
        files = [os.path.join(self.directory, *parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
        if self.script.endswith(os.sep + "__main__.py"):
            files.append(os.path.join(os.path.dirname(self.script), "__init__.py"))
        return [file for file in files if os.path.isfile(file)]

    def _end(self, reason):
        """From here on the jobs do the imports."""
        if not self._ended:
            self._ended = True
            self.left_reason = reason

    def _end_at(self, node, file):
        with open(file, encoding="utf-8", errors="replace") as source:
            line = source.read().splitlines()[node.lineno - 1].strip()
        quote = line if len(line) <= MAX_QUOTE else line[:MAX_QUOTE] + "…"
        self._end("line %d of %s comes first: %s" % (node.lineno, os.path.basename(file), quote))

    # Statements

    def _read(self, file, first=False):
        if file in self.files:
            return
        try:
            found = os.stat(file)
            with open(file, "rb") as source:
                tree = ast.parse(source.read(), file)
        except (OSError, SyntaxError, ValueError, RecursionError):
            self._end(None)  # the job reports the error
            return
        self.files[file] = (found.st_mtime_ns, found.st_size)
        if first:
            self.has_process = defines_process(tree)
        self._walk(tree.body, _File(file, first))

    def _walk(self, body, file):
        for node in body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    installed = self._consider(alias.name, (), file)
                    bound = alias.name if alias.asname else alias.name.partition(".")[0]
                    file.names.bind(alias.asname or bound, bound if installed else None)
            elif isinstance(node, ast.ImportFrom):
                self._import_from(node, file)
            elif isinstance(node, ast.If):
                self._walk_if(node, file)
            elif isinstance(node, ast.Try):
                self._walk_try(node, file)
            elif self._ended:
                self._walk_parts(node, file)
            elif not harmless.statement(node, file.names):
                self._end_at(node, file.path)
                self._walk_parts(node, file)

    def _walk_parts(self, node, file):
        """The imports within a statement after which nothing is imported ahead."""
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for name in ("body", "orelse", "finalbody"):
                self._walk(getattr(node, name, ()), file)
            for handler in getattr(node, "handlers", ()):
                self._walk(handler.body, file)

    def _walk_if(self, node, file):
        if harmless.is_main_guard(node.test):
            if file.first:
                self._end_at(node, file.path)  # a job runs what is under it; its imports may be meant for the main process alone
            self._walk(node.orelse, file)
            return
        value = harmless.known_value(node.test, file.names)
        if value is not None:
            self._walk(node.body if value else node.orelse, file)
            return
        if not self._ended and not (
            harmless.expression(node.test, file.names) and all([harmless.statement(part, file.names) for part in node.body + node.orelse])
        ):
            self._end_at(node, file.path)
        self._walk_parts(node, file)

    def _walk_try(self, node, file):
        """An import that is found is taken to succeed: when it fails, everything from it on is left to the jobs. With an import that is not found,
        the job runs the handler. Other statements may raise, so nothing goes on after them unless no handler has an effect."""
        if not all(isinstance(part, (ast.Import, ast.ImportFrom)) or _is_constant_assignment(part) for part in node.body):
            if not all([harmless.statement(part, file.names) for handler in node.handlers for part in handler.body]):
                self._end_at(node, file.path)
        try:
            self._walk(node.body, file)
            self._walk(node.orelse, file)
        except Missing:
            handler = next((handler for handler in node.handlers if _catches_import_error(handler)), None)
            if handler is None:
                raise
            self._walk(handler.body, file)
        self._walk(node.finalbody, file)

    # Imports

    def _import_from(self, node, file):
        if node.module == "__future__":
            return
        names = tuple(alias.name for alias in node.names if alias.name != "*")
        if node.level:
            if file.first and self.module is None:
                raise Missing  # a script is in no package
            self._relative(node, file)
            installed = False
        else:
            installed = self._consider(node.module, names, file)
        for alias in node.names:
            file.names.bind(alias.asname or alias.name, node.module + "." + alias.name if installed else None)
        if "*" in (alias.name for alias in node.names):
            file.names.bind_all()

    def _relative(self, node, file):
        base = os.path.dirname(file.path)
        for _ in range(node.level - 1):
            base = os.path.dirname(base)
        if node.module:
            for part in node.module.split("."):
                base = os.path.join(base, part)
                self._local(base)
        for alias in node.names:
            self._local(os.path.join(base, alias.name))

    def _local(self, stem):
        for file in (stem + ".py", os.path.join(stem, "__init__.py")):
            if os.path.isfile(file):
                self._read(file)
                return
        directory, name = os.path.split(stem)
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            if os.path.isfile(stem + suffix):
                self._end("%s is not Python source" % os.path.join(os.path.basename(directory), name + suffix))

    def _consider(self, name, names, file):
        """Takes an imported module into the plan, or reads its source when it is local; returns whether it is installed."""
        top = name.partition(".")[0]
        spec = self._find(top)
        if spec is None:
            if self._ended:
                return False
            raise Missing(top)
        if top != self._own and self._is_installed(spec):
            if self._ended:
                if top not in self.left and (name, names) not in self.wanted and self._is_package(spec):
                    self.left.append(top)
            elif (name, names) not in self.wanted and top not in sys.builtin_module_names:
                self.wanted.append((name, names))
            return True
        # A local package: its __init__, and every submodule named
        for root in [os.path.dirname(spec.origin)] if spec.origin else list(spec.submodule_search_locations or ()):
            if spec.origin and not spec.origin.endswith(".py"):
                self._end("%s is not Python source" % os.path.basename(spec.origin))
            elif spec.origin:
                self._read(spec.origin)
            parts = name.split(".")[1:]
            for depth in range(1, len(parts) + 1):
                self._local(os.path.join(root, *parts[:depth]))
            if spec.submodule_search_locations:
                for child in names:
                    self._local(os.path.join(root, *parts, child))
        return False

    def _find(self, top):
        """The spec of a top-level module, as the job finds it."""
        for finder in sys.meta_path:
            try:
                spec = finder.find_spec(top, self._path if finder is importlib.machinery.PathFinder else None)
            except Exception:
                spec = None
            if spec is not None:
                return spec
        return None

    @staticmethod
    def _is_package(spec):
        """Whether an installed module belongs to a package, not to the standard library, whose imports are quick."""
        places = [spec.origin or ""] + list(spec.submodule_search_locations or ())
        return any("-packages" + os.sep in place + os.sep for place in places)

    def _is_installed(self, spec):
        if spec.origin in ("built-in", "frozen"):
            return True
        places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
        return bool(places) and all((os.path.realpath(place) + os.sep).startswith(self._installed) for place in places)


class _File:
    """A source file while it is read."""

    def __init__(self, path, first):
        self.path = path
        self.first = first  # whether it is the script itself
        self.names = harmless.Names()


def _is_constant_assignment(node):
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and all(isinstance(target, ast.Name) for target in node.targets)


def _catches_import_error(handler):
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(name, ast.Name) and name.id in ("ImportError", "ModuleNotFoundError", "Exception", "BaseException") for name in caught)
