namespace DistributedBatch.Consumer.Tests.Warm.Auto;

/// <summary>Scripts by what is awkward about them. Each must compute, print and leave the same as in a process of its own.</summary>
internal static partial class AutoScripts
{
    private const string Twice = "does not leave the same twice";
    private const string Installed = "site-packages/labpkg/__init__.py";

    public static readonly Dictionary<string, AutoScript> All = new(StringComparer.Ordinal);

    static AutoScripts()
    {
        AddImports();
        AddPackages();
        AddBehaviour();
        AddLibraries();
    }

    // Which imports may be done ahead.
    private static void AddImports()
    {
        All["a vendored library before an installed one"] = new("""
            import os, sys
            sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'third_party'))
            import labpkg
            print(labpkg.WHO)
            """) { Left = "labpkg is not preloaded: line 2 of script.py comes first: sys.path.insert", Files = { [Installed] = "WHO = 'installed'", ["third_party/labpkg.py"] = "WHO = 'vendored'" } };
        All["a path that a local module changes"] = new("import setup_path\nimport labpkg\nprint(labpkg.WHO)\n")
        {
            Left = "line 2 of setup_path.py",
            Files = { [Installed] = "WHO = 'installed'", ["third_party/labpkg.py"] = "WHO = 'vendored'", ["setup_path.py"] = "import sys\nsys.path.insert(0, 'third_party')\n" },
        };
        All["a path that grows by an operator"] = new("import sys\npath = sys.path\npath += ['x']\npath[:0] = ['third_party']\nimport labpkg\nprint(labpkg.WHO)\n")
        {
            Left = "path += ['x']",
            Files = { [Installed] = "WHO = 'installed'", ["third_party/labpkg.py"] = "WHO = 'vendored'" },
        };
        All["a vendored module of the standard library"] = new("import sys\nsys.path.insert(0, 'third_party')\nimport json, base64\nprint(json.WHO, base64.WHO)\n")
        {
            Files = { ["third_party/json.py"] = "WHO = 'mine'", ["third_party/base64.py"] = "WHO = 'mine'" },
        };
        All["a local module named like one of the zygote"] = new("import base64\nprint(base64.MINE)\n") { Files = { ["base64.py"] = "MINE = 1" } };
        All["a local module that a library would find"] = new("import labpkg\nimport extra\nprint(labpkg.extra, extra.MINE)\n", "extra in the script's directory")
        {
            Files = { [Installed] = "try:\n    from extra import MINE as extra\nexcept ImportError:\n    extra = None\n", ["extra/__init__.py"] = "MINE = 1" },
        };
        All["a variable before an import"] = new("import os\nos.environ['LAB_MODE'] = 'fast'\nimport labpkg\nprint(labpkg.MODE)\n")
        {
            Left = "line 2 of script.py comes first: os.environ['LAB_MODE']",
            Files = { [Installed] = "import os\nMODE = os.environ.get('LAB_MODE', 'slow')\n" },
        };
        All["a variable set by a function before an import"] = new("import os\ndef setup(**values):\n    os.environ.update(values)\nsetup(LAB_MODE='fast')\nimport labpkg\nprint(labpkg.MODE)\n")
        {
            Left = "line 4 of script.py comes first: setup(",
            Files = { [Installed] = "import os\nMODE = os.environ.get('LAB_MODE', 'slow')\n" },
        };
        All["a variable set by a decorator"] = new("import os\ndef now(f):\n    f()\n    return f\n@now\ndef setup():\n    os.environ['LAB_MODE'] = 'fast'\nimport labpkg\nprint(labpkg.MODE)\n")
        {
            Left = "labpkg is not preloaded",
            Files = { [Installed] = "import os\nMODE = os.environ.get('LAB_MODE', 'slow')\n" },
        };
        All["a module that is replaced before an import"] = new("import sys, types\nfake = types.ModuleType('labpkg')\nfake.WHO = 'fake'\nsys.modules['labpkg'] = fake\nimport labpkg\nprint(labpkg.WHO)\n")
        {
            Left = "line 2 of script.py",
            Files = { [Installed] = "WHO = 'installed'" },
        };
        All["an import that depends on a variable"] = new("import os, sys\nif os.environ.get('DBATCH_START'):\n    import labpkg\nprint('labpkg' in sys.modules)\n") { Left = "line 2 of script.py", Files = { [Installed] = "" } };
        All["an import that depends on the version"] = new("import sys\nif sys.version_info >= (3, 0):\n    import labpkg\nelse:\n    import labpkg_old as labpkg\nprint(labpkg.WHO, 'labpkg_old' in sys.modules)\n")
        {
            Files = { [Installed] = "WHO = 'new'", ["site-packages/labpkg_old.py"] = "print('never')" },
        };
        All["an optional import that is missing"] = new("try:\n    import nothing_like_this as lab\nexcept ImportError:\n    import labpkg as lab\nprint(lab.WHO)\n") { Files = { [Installed] = "WHO = 'second choice'" } };
        All["an optional import that is there"] = new("import sys\ntry:\n    import labpkg as lab\nexcept ImportError:\n    import labpkg_old as lab\nprint(lab.WHO, 'labpkg_old' in sys.modules)\n")
        {
            Files = { [Installed] = "WHO = 'first choice'", ["site-packages/labpkg_old.py"] = "print('never')" },
        };
        All["an optional import that breaks"] = new("try:\n    import labpkg\nexcept Exception as error:\n    print('no labpkg:', error)\nimport labpkg_old\nprint(labpkg_old.WHO)\n")
        {
            Left = "labpkg, and what is imported after it, is not preloaded: its import fails",
            Files = { [Installed] = "print('half way')\nraise RuntimeError('broken')\n", ["site-packages/labpkg_old.py"] = "WHO = 'old'" },
        };
        All["warnings switched off before an import"] = new("import warnings\nwarnings.filterwarnings('ignore')\nimport labpkg\nprint('quiet')\n") { Left = "line 2", Files = { [Installed] = "import warnings\nwarnings.warn('old')\n" } };
        All["a print before an import that prints"] = new("print('first', flush=True)\nimport labpkg\nprint('third')\n") { Left = "line 1", Files = { [Installed] = "print('second')" } };
        All["the working directory changed before an import"] = new("import os\nos.chdir('data')\nimport labpkg\nprint(labpkg.HERE)\n") { Left = "line 2", Files = { [Installed] = "import os\nHERE = os.path.basename(os.getcwd())\n", ["data/x"] = "" } };
        All["names like builtins"] = new("import os\ndef str(x):\n    os.environ['LAB_MODE'] = 'fast'\nmode = str(1)\nimport labpkg\nprint(labpkg.MODE)\n") { Left = "mode = str(1)", Files = { [Installed] = "import os\nMODE = os.environ.get('LAB_MODE', 'slow')\n" } };
        All["plain statements between imports"] = new("""
            '''What it does.'''
            from __future__ import annotations
            import os, re, logging, sys
            from pathlib import Path
            from dataclasses import dataclass, field
            HERE = Path(__file__).resolve().parent / 'data'
            ROOT, NAME = os.path.dirname(__file__), f'{__name__}'
            WORD = re.compile(r'\w+')
            log = logging.getLogger(__name__)
            @dataclass
            class Options:
                depth: int = 3
                names: list = field(default_factory=list)
            def helper(x: int = len('abc')) -> int:
                return x
            import labpkg
            print(labpkg.WHO, Options(), helper(), HERE.name, NAME)
            """) { Files = { [Installed] = "WHO = 'installed'" } };
        All["a local package with relative imports"] = new("from mine.part import value\nprint(value(2))\n")
        {
            Files = { [Installed] = "TWO = 2", ["mine/__init__.py"] = "from . import other\n", ["mine/other.py"] = "import labpkg\n", ["mine/part.py"] = "from .other import labpkg\ndef value(x):\n    return x * labpkg.TWO\n" },
        };
    }

    // What an installed package may leave behind when it is imported.
    private static void AddPackages()
    {
        void Package(string name, string package, string script, string left, string? off = null, bool draws = false) =>
            All[name] = new($"import labpkg\n{script}\n", off) { Left = left, Draws = draws, Files = { [Installed] = package } };

        Package("a package with a generator of random", "import random\nRNG = random.Random()\n", "print(labpkg.RNG.random())", "makes a random generator", Twice, draws: true);
        Package("a package with a generator of numpy", "import numpy as np\nRNG = np.random.default_rng()\n", "print(labpkg.RNG.integers(0, 10**9))", "makes a random generator", Twice, draws: true);
        Package("a package with a legacy generator", "import numpy as np\nclass Lab:\n    state = np.random.RandomState()\n", "print(labpkg.Lab.state.rand())", "makes a random generator", Twice, draws: true);
        Package("a package with a seed sequence", "import numpy as np\nSEEDS = [np.random.SeedSequence()]\n", "print(labpkg.SEEDS[0].entropy)", "makes a random generator", Twice, draws: true);
        Package("a package with a seeded generator", "import numpy as np\nRNG = np.random.default_rng(7)\n", "print(labpkg.RNG.integers(0, 10**9))", "makes a random generator");
        Package("a package that seeds everybody", "import random\nimport numpy as np\nrandom.seed(3)\nnp.random.seed(3)\n", "import random\nprint(random.random(), labpkg.np.random.rand())", "seeds or uses the random numbers of random");
        Package("a package that seeds numpy", "import numpy as np\nnp.random.seed(3)\n", "print(labpkg.np.random.rand())", "seeds or uses the random numbers of numpy");
        Package("a package that draws a name", "import uuid\nNAME = uuid.uuid4().hex\n", "print(labpkg.NAME)", "draws random numbers", Twice, draws: true);
        Package("a package with a random number", "import random\nTOKEN = random.random()\n", "print(labpkg.TOKEN)", "uses the random numbers of random", Twice, draws: true);
        Package("a package that keeps its process id", "import os\nPID = os.getpid()\n", "import os\nprint(labpkg.PID == os.getpid())", "keeps the process id");
        Package("a package with a temporary directory", "import tempfile\nTEMP = tempfile.mkdtemp()\n", "import os\nopen(labpkg.TEMP + '/x', 'x').close()\nprint(os.listdir(labpkg.TEMP))\nimport shutil; shutil.rmtree(labpkg.TEMP)", "makes a directory");
        Package("a package that removes its directory at exit", "import tempfile\nTEMP = tempfile.TemporaryDirectory()\n", "import os\nprint(os.listdir(labpkg.TEMP.name))", "when it is imported");
        Package("a package with an exit handler", "import atexit\natexit.register(print, 'bye')\n", "print('hello')", "registers an exit handler when it is imported (builtins.print)");
        Package("a package with a finalizer", "import weakref\nclass A: pass\na = A()\nweakref.finalize(a, print, 'bye')\n", "print('hello')", "registers an exit handler");
        Package("a package that keeps a file open", "import os\nLINES = open(os.path.dirname(__file__) + '/lines.txt')\n", "print(labpkg.LINES.readline())", "keeps a file or a connection open");
        Package("a package with a socket", "import socket\nPAIR = socket.socketpair()\n", "labpkg.PAIR[0].send(b'x')\nprint(labpkg.PAIR[1].recv(9))", "keeps a file or a connection open");
        Package("a package with a lock for processes", "import multiprocessing\nLOCK = multiprocessing.Lock()\n", "print(labpkg.LOCK.acquire(False))", "memory that all forks would share");
        Package("a package with a child process", "import subprocess\nCHILD = subprocess.Popen(['sleep', '60'])\n", "print(labpkg.CHILD.poll())\nlabpkg.CHILD.kill()", "starts a process", "starts another program (sleep)");
        Package("a package with a signal handler", "import signal\nsignal.signal(signal.SIGTERM, lambda *_: print('asked'))\n", "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\nprint('on')", "changes signal handlers");
        Package("a package that changes the directory", "import os\nos.chdir('/')\n", "import os\nprint(os.getcwd())", "changes the working directory");
        Package("a package that changes the mask", "import os\nos.umask(0o77)\n", "import os\nopen(os.environ['DBATCH_OUT'] + '/x', 'w').close()\nprint(oct(os.stat(os.environ['DBATCH_OUT'] + '/x').st_mode))", "changes the file mode mask");
        Package("a package that changes the path", "import sys\nsys.path.insert(0, '/nowhere')\n", "import sys\nprint(sys.path[0])", "changes sys.path");
        Package("a package that reads its arguments", "import sys\nLAST = sys.argv[-1]\n", "print(labpkg.LAST)", "reads sys.argv");
        Package("a package that reads the chunk", "import os\nSTART = os.environ.get('DBATCH_START', '?')\n", "print(labpkg.START)", "reads the variable DBATCH_START");
        Package("a package that reads standard input", "import sys\nTEXT = sys.stdin.read()\n", "print(repr(labpkg.TEXT))", "reads standard input");
        Package("a package with a thread", "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n", "import threading\nprint(threading.active_count())", "starts threads");
        Package("a package that switches the collector off", "import gc\ngc.disable()\n", "import gc\nprint(gc.isenabled())", null!);
        Package("a package that looks at the main module", "import __main__\nMAIN, FILE = __main__, getattr(__main__, '__file__', None)\n", "import __main__\nprint(labpkg.MAIN is __main__, labpkg.FILE == __file__)", null!);
        Package("a package that looks at the path", "import os, sys\nROOT = os.path.basename(sys.path[0])\n", "import os\nprint(labpkg.ROOT == os.path.basename(os.getcwd()))", null!);
        Package("a package that sets a variable", "import os\nos.environ.setdefault('LAB_MODE', 'fast')\n", "import os\nprint(os.environ['LAB_MODE'])", null!);
        All["an interpreter that makes a generator at its start"] = new("import startup\nprint(startup.RNG.random())\n", Off: "must not share what the interpreter loads at its start")
        {
            Draws = true,
            Files = { ["site-packages/usercustomize.py"] = "import startup\n", ["site-packages/startup.py"] = "import random\nRNG = random.Random()\n" },
        };
        All["a package that keeps a file open"].Files["site-packages/labpkg/lines.txt"] = "one\ntwo\n";
    }
}
