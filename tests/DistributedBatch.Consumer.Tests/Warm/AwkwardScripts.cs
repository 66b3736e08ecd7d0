namespace DistributedBatch.Consumer.Tests.Warm;

/// <summary>All awkward scripts, by what is awkward about them.</summary>
internal static class AwkwardScripts
{
    public static readonly Dictionary<string, AwkwardScript> All = new()
    {
        ["argparse"] = new("""
            import argparse
            parser = argparse.ArgumentParser(description="count")
            parser.add_argument("start", type=int)
            parser.add_argument("--count", type=int, default=1)
            print(parser.parse_args())
            """) { Arguments = ["5", "--count", "ten"] },
        ["argparse help"] = new("import argparse\nargparse.ArgumentParser().parse_args()") { Arguments = ["--help"] },
        ["stdin"] = new("import sys\ndata = sys.stdin.read()\nprint(repr(data), sys.stdin.isatty())") { Stdin = "100,25" },
        ["a large stdin"] = new("import sys\ndata = sys.stdin.buffer.read()\nprint(len(data), data[-5:])") { Stdin = new string('x', 300_000) + "end" },
        ["an empty stdin"] = new("print(input())"),
        ["sys.exit with a text"] = new("import sys\nprint('before')\nsys.exit('gave up: ä')"),
        ["sys.exit with 300"] = new("import sys\nsys.exit(300)"),
        ["sys.exit with nothing"] = new("import sys\nsys.exit()"),
        ["sys.exit with True"] = new("raise SystemExit(True)"),
        ["an unhandled exception"] = new("""
            def inner(x):
                return 1 / x
            try:
                inner(0)
            except ZeroDivisionError as error:
                raise RuntimeError("no luck") from error
            """),
        ["a syntax error"] = new("print('never')\nif True\n    pass\n"),
        ["an excepthook of its own"] = new("import sys\nsys.excepthook = lambda kind, error, trace: print('caught', kind.__name__, error)\nraise ValueError('x')"),
        ["a broken excepthook"] = new("import sys\ndef hook(*a): raise KeyError('hook')\nsys.excepthook = hook\nraise ValueError('x')"),
        ["an ExceptionGroup"] = new("raise ExceptionGroup('many', [ValueError('a'), TypeError('b')])"),
        ["os._exit(3)"] = new("import os\nprint('lost in the buffer')\nos._exit(3)"),
        ["atexit"] = new("import atexit, sys\natexit.register(print, 'last words')\natexit.register(lambda: sys.exit(9))\nprint('first')\nraise SystemExit(4)"),
        ["threads at import"] = new("""
            import threading, time, loud
            loud.thread.join()
            done = []
            worker = threading.Thread(target=lambda: (time.sleep(0.1), print('worker done')))
            worker.start()
            print(threading.current_thread().name, threading.main_thread() is threading.current_thread())
            """) { Files = { ["loud.py"] = "import threading\nthread = threading.Thread(target=print, args=('hello from a thread',))\nthread.start()\n" } },
        ["a daemon thread at exit"] = new("import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nprint('main done')"),
        ["multiprocessing fork"] = new("""
            import multiprocessing
            def square(x):
                return x * x
            if __name__ == '__main__':
                with multiprocessing.get_context('fork').Pool(2) as pool:
                    print(pool.map(square, range(5)))
            """),
        ["multiprocessing spawn"] = new("""
            import multiprocessing
            print('loaded as', __name__, flush=True)
            def square(x):
                return x * x
            if __name__ == '__main__':
                with multiprocessing.get_context('spawn').Pool(1) as pool:
                    print(pool.map(square, range(5)))
            """),
        ["concurrent.futures"] = new("""
            from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
            import os
            def square(x):
                return x * x
            if __name__ == '__main__':
                print(list(ThreadPoolExecutor(2).map(square, range(4))))
                with ProcessPoolExecutor(2) as pool:
                    print(list(pool.map(square, range(4))))
            """),
        ["local packages and data files"] = new("""
            import os, sys
            from package import helper
            print(helper.double(21), open('data.txt').read().strip(), open(os.path.join(os.path.dirname(__file__), 'data.txt')).read().strip())
            print(os.path.basename(sys.path[0]) == os.path.basename(os.getcwd()), sys.argv, __file__, __name__, __spec__, __package__)
            """)
        {
            Arguments = ["a b", "", "ü"],
            Files =
            {
                ["data.txt"] = "from the data file\n",
                ["package/__init__.py"] = "",
                ["package/helper.py"] = "from . import other\ndef double(x): return other.TWO * x\n",
                ["package/other.py"] = "import statistics\nTWO = 2\n",
            },
        },
        ["relative imports of a module"] = new("")
        {
            Module = "package.main",
            Arguments = ["x"],
            Files =
            {
                ["package/__init__.py"] = "print('package', __name__)",
                ["package/main.py"] = "import sys, os\nfrom .other import TWO\nprint(TWO, __name__, __package__, __spec__.name, sys.argv[1:], os.path.basename(sys.argv[0]), __file__)\nraise ValueError('in a module')\n",
                ["package/other.py"] = "TWO = 2\n",
            },
        },
        ["a package's __main__"] = new("") { Module = "package", Files = { ["package/__init__.py"] = "", ["package/__main__.py"] = "import sys\nprint('main of', __package__)\nsys.exit(5)" } },
        ["a module that does not exist"] = new("") { Module = "no_such_module_here" },
        ["a module of the standard library"] = new("") { Module = "json.tool", Stdin = "{\"a\": [1, 2]}" },
        ["a main guard"] = new("import sys\ndef main():\n    print('main', sys.argv[0])\n    return 3\nif __name__ == '__main__':\n    sys.exit(main())"),
        ["prints without a newline"] = new("import sys\nprint('no newline', end='')\nsys.stderr.write('nor here')"),
        ["a file left open"] = new("import atexit, os\nf = open('left.txt', 'w')\nf.write('kept')\natexit.register(os.system, 'true')\nclass Late:\n    def __del__(self): print('finalised')\nlate = Late()"),
        ["a segfault"] = new("import ctypes\nprint('lost', flush=True)\nctypes.string_at(0)"),
        ["an abort"] = new("import os\nos.abort()"),
        ["signal handlers"] = new("""
            import os, signal
            print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGCHLD), signal.getsignal(signal.SIGPIPE))
            print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
            signal.signal(signal.SIGTERM, lambda number, frame: print('got', number))
            os.kill(os.getpid(), signal.SIGTERM)
            print(os.waitstatus_to_exitcode(os.system('exit 7')))
            """),
        ["a KeyboardInterrupt"] = new("import os, signal\nprint('before')\nos.kill(os.getpid(), signal.SIGINT)\nprint('never')"),
        ["SIGTERM to itself"] = new("import os, signal\nprint('before', flush=True)\nos.kill(os.getpid(), signal.SIGTERM)\nprint('never')"),
        ["matplotlib at import"] = new("import logging\nlogging.getLogger('matplotlib.font_manager').setLevel('ERROR')\nimport matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('p.png')\nimport os\nprint(os.path.getsize('p.png') > 1000)") { NeedsTorch = true },
        ["200 MB of module state"] = new("import big\nprint(len(big.STATE), big.STATE[-1])") { Files = { ["big.py"] = "STATE = bytearray(200_000_000)\n" } },
        ["torch.set_num_threads"] = new("""
            import torch
            torch.set_num_threads(2)
            x = torch.ones(300, 300)
            print(torch.get_num_threads(), float((x @ x).sum()))
            y = torch.ones(3, requires_grad=True)
            (y * 2).sum().backward()
            print(y.grad.tolist())
            """) { NeedsTorch = true },
        ["numpy with many threads"] = new("import numpy as np\nx = np.ones((600, 600))\nprint(float((x @ x).sum()))") { NeedsTorch = true },
        ["a torch DataLoader with workers"] = new("""
            import torch
            from torch.utils.data import DataLoader, TensorDataset
            if __name__ == '__main__':
                print([int(batch[0].sum()) for batch in DataLoader(TensorDataset(torch.arange(10)), batch_size=4, num_workers=2)])
            """) { NeedsTorch = true },
        ["interpreter flags"] = new("""
            import sys, warnings
            assert False, 'optimised away'
            print(sys.flags.optimize, sys.flags.dont_write_bytecode, sys.warnoptions, sys._xoptions, __doc__, sys.stdout.write_through, sys.orig_argv[1:])
            warnings.warn('as an error')
            """) { Flags = ["-uOB", "-W", "error", "-Xutf8"] },
        ["an isolated interpreter"] = new("import sys, os\nprint(os.getcwd() in sys.path, sys.flags.isolated)\nimport neighbour") { Flags = ["-I"], Files = { ["neighbour.py"] = "" } },
        ["a shadowed standard module"] = new("import colorsys\nprint(colorsys.MINE)\nimport queue\nprint(queue.MINE)") { Files = { ["colorsys.py"] = "MINE = 1", ["queue.py"] = "MINE = 2" } },
        ["a shadowed module that is loaded already"] = new("import selectors\nprint(selectors.MINE)\nimport threading\nprint(threading.MINE)") { Files = { ["selectors.py"] = "MINE = 1", ["threading.py"] = "MINE = 2\nfrom _thread import *\n" } },
        ["a script that does not exist"] = new("") { Files = { ["other.py"] = "" } },
        ["an import that fails"] = new("import statistics\ntry:\n    import nothing_like_this\nexcept ImportError as error:\n    print(error)\nfrom statistics import nothing_either"),
        ["what is in sys.modules and globals"] = new("import sys\nprint(sorted(name for name in globals()))\nprint(sys.modules['__main__'].__dict__ is globals(), [name for name in sys.modules if 'dbatch' in name])"),
        ["recursion"] = new("import sys\nsys.setrecursionlimit(200)\ndef f(n):\n    return f(n + 1)\ntry:\n    f(0)\nexcept RecursionError as error:\n    print('deep')"),
        ["pickle of its own classes"] = new("import pickle\nclass Thing:\n    pass\nprint(pickle.loads(pickle.dumps(Thing())).__class__.__module__)"),
        ["dataclasses and enums"] = new("import dataclasses, enum, typing\n@dataclasses.dataclass\nclass A:\n    x: int = 1\nprint(A(), typing.get_type_hints(A))"),
        ["C output"] = new("import ctypes\nlibc = ctypes.CDLL(None)\nlibc.printf(b'from C\\n')\n"),
        ["asyncio"] = new("import asyncio\nasync def main():\n    await asyncio.sleep(0.01)\n    process = await asyncio.create_subprocess_exec('echo', 'child')\n    print(await process.wait())\nasyncio.run(main())"),
        ["a closed stdout"] = new("import sys\nprint('x')\nsys.stdout.close()"),
        ["a full disk"] = new("import os, sys\nos.dup2(os.open('/dev/full', os.O_WRONLY), 1)\nprint('x')"),
        ["warnings"] = new("import warnings\nwarnings.warn('careful', DeprecationWarning)\nwarnings.warn('user')"),
        ["logging"] = new("import logging\nlogging.basicConfig(level='INFO')\nlogging.getLogger('a').info('hello')"),
        ["its environment"] = new("import os\nprint(sorted((k, v) for k, v in os.environ.items() if not k.startswith('DBATCH_RESULT')))\nos.system('env | sort | grep -v -e ^_= -e RESULT -e ^SHLVL -e ^PWD -e ^OLDPWD')"),
        ["its session"] = new("import os\nprint(os.getcwd() == os.environ['HOME'], os.umask(0o22) == 0o22, len(os.listdir('/proc/self/fd')))"),
    };
}
