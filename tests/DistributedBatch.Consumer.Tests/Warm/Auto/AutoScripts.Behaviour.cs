namespace DistributedBatch.Consumer.Tests.Warm.Auto;

internal static partial class AutoScripts
{
    // What the script itself does.
    private static void AddBehaviour()
    {
        All["outputs and a result"] = new("""
            import json, os, sys
            out = os.environ['DBATCH_OUT']
            os.mkdir(out + '/sub')
            open(out + '/sub/part.csv', 'w').write(sys.argv[1] + ',' + out)
            os.symlink('sub', out + '/link')
            os.mkfifo(out + '/pipe')
            os.rename(out + '/sub/part.csv', out + '/part.csv')
            json.dump({'start': sys.argv[1]}, open(os.environ['DBATCH_RESULT'], 'w'))
            """);
        All["a file beside the script"] = new("import sys\nwith open('results.csv', 'a') as file:\n    file.write(sys.argv[1] + '\\n')\nprint('done')\n", "writes results.csv outside of $DBATCH_OUT");
        All["a file that numpy writes"] = new("import sys\nimport numpy as np\nnp.save('part' + sys.argv[1], np.arange(3))\n", "outside of $DBATCH_OUT");
        All["a database beside the script"] = new("import sqlite3, sys\nlab = sqlite3.connect('lab.db')\nlab.execute('create table if not exists t (x)')\nlab.execute('insert into t values (?)', sys.argv[1:])\nlab.commit()\n", "lab.db outside of $DBATCH_OUT");
        All["a log file"] = new("import logging\nlogging.basicConfig(filename='lab.log', level='INFO')\nlogging.info('hello')\n", "lab.log outside of $DBATCH_OUT");
        All["another program"] = new("import subprocess, sys\nprint(subprocess.run(['echo', sys.argv[1]], capture_output=True).stdout)\n", "starts another program (echo)");
        All["a connection"] = new("import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9), timeout=5)\nexcept OSError as error:\n    print(type(error).__name__)\n", "connects to ('127.0.0.1', 9)");
        All["temporary files"] = new("""
            import os, sys, tempfile
            with tempfile.TemporaryDirectory() as place:
                open(place + '/x', 'w').write('abc')
                os.rename(place + '/x', place + '/y')
                print(open(place + '/y').read(), os.listdir(place))
            with tempfile.NamedTemporaryFile('w+') as file:
                file.write('x'); file.seek(0)
                print(file.read())
            """);
        All["processes with shared memory"] = new("""
            import multiprocessing, sys
            def square(x):
                return x * x
            if __name__ == '__main__':
                with multiprocessing.get_context('fork').Pool(2) as pool:
                    print(pool.map(square, range(int(sys.argv[1]), 5)))
            """);
        All["a process that writes beside the script"] = new("import multiprocessing\ndef note(x):\n    open('note.txt', 'a').write('x')\nif __name__ == '__main__':\n    with multiprocessing.get_context('fork').Pool(1) as pool:\n        pool.map(note, [1])\n", "note.txt outside of $DBATCH_OUT");
        All["spawned processes"] = new("""
            import multiprocessing, sys
            def square(x):
                return x * x
            if __name__ == '__main__':
                with multiprocessing.get_context('spawn').Pool(1) as pool:
                    print(pool.map(square, [1, 2]))
            """, "starts another interpreter");
        All["random numbers without a seed"] = new("import random\nprint(random.random())\n", Twice) { Draws = true };
        All["random numbers with a seed"] = new("import random, sys\nimport numpy as np\nrandom.seed(int(sys.argv[1]))\nnp.random.seed(5)\nprint(random.random(), np.random.rand(), np.random.default_rng(1).random())\n");
        All["the order of a set"] = new("print({'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'})\n", Twice) { Draws = true };
        All["a hash as a seed"] = new("import random\nrandom.seed(hash('experiment'))\nprint(random.random())\n", Twice) { Draws = true };
        All["its process id"] = new("import os\nprint(os.getpid())\n", Twice) { Draws = true };
        All["a result that holds the time"] = new("import json, os, time\njson.dump(time.time(), open(os.environ['DBATCH_RESULT'], 'w'))\n", Twice) { Draws = true };
        All["the seed of the chunk"] = new("import os, random\nrandom.seed(int(os.environ['DBATCH_SEED']))\nprint(random.random())\n");
        All["the command line of its process"] = new("print(open('/proc/self/cmdline', 'rb').read())\n", "line 1 of its standard output differs");
        All["standard error"] = new("import sys\nsys.stderr.write('careful: ' + str(b'zygote' in open('/proc/self/cmdline', 'rb').read()))\n", "line 1 of its standard error differs");
        All["exit handlers, threads and open files"] = new("""
            import atexit, os, sys, threading, time
            atexit.register(print, 'bye')
            threading.Thread(target=lambda: (time.sleep(0.05), print('thread done'))).start()
            left = open(os.environ['DBATCH_OUT'] + '/left.txt', 'w')
            left.write('kept ' + sys.argv[1])
            class Late:
                def __del__(self): print('finalised')
            late = Late()
            """);
        All["argparse, logging and a main guard"] = new("""
            import argparse, logging, sys
            def main():
                parser = argparse.ArgumentParser()
                parser.add_argument('start', type=int)
                logging.basicConfig(level='INFO', format='%(name)s %(message)s')
                logging.info('start %d of %s', parser.parse_args().start, sys.argv[0])
            if __name__ == '__main__':
                sys.exit(main())
            """);
        All["a clock of logging"] = new("import logging\nlogging.basicConfig(level='INFO', format='%(relativeCreated)d')\nimport sys\nprint(0 <= logging.makeLogRecord({}).relativeCreated < 60000, file=sys.stderr)\n") { Files = { } };
        All["settings of the interpreter"] = new("import decimal, gc, locale, signal, sys, warnings\nprint(decimal.getcontext().prec, gc.isenabled(), gc.get_threshold(), locale.setlocale(locale.LC_ALL), sys.getrecursionlimit(), sys.flags, len(warnings.filters))\nprint([signal.getsignal(n) for n in (2, 15, 17, 13)], sys.argv, __file__, __name__, sys.path[0])\n");
        All["pickles of its own classes"] = new("import os, pickle\nclass Thing:\n    pass\npickle.dump(Thing(), open(os.environ['DBATCH_OUT'] + '/thing.pkl', 'wb'))\nprint(Thing.__module__, type(pickle.loads(pickle.dumps(Thing()))) is Thing)\n");
        All["a script that fails later"] = new("import sys\nif sys.argv[1] != '0':\n    raise ValueError('item ' + sys.argv[1])\nprint('fine')\n");
        All["times of day and durations"] = new("""
            import datetime, logging, time
            began = time.perf_counter()
            logging.basicConfig(level='INFO', format='%(asctime)s %(message)s')
            logging.info('hello')
            print('took %.9f s at %s' % (time.perf_counter() - began, datetime.datetime.now()), object())
            print('%.7f it/s' % (1 / (time.perf_counter() - began)))
            """) { Draws = true };
    }

    // Libraries that researchers use.
    private static void AddLibraries()
    {
        All["numpy"] = new("import numpy as np\nimport sys\nx = np.ones((300, 300)) * int(sys.argv[1])\nprint(float((x @ x).sum()))\n");
        All["torch and numpy"] = new("import sys\nimport numpy as np\nimport torch\ntorch.manual_seed(int(sys.argv[1]))\nmodel = torch.nn.Linear(4, 2)\nprint(model(torch.ones(4)).tolist(), np.mean([1, 2]))\n");
        All["sklearn"] = new("""
            import os, pickle, sys
            import numpy as np
            from sklearn.ensemble import RandomForestClassifier
            x = np.random.RandomState(0).rand(40, 3)
            model = RandomForestClassifier(4, random_state=int(sys.argv[1])).fit(x, x[:, 0] > 0.5)
            pickle.dump(model, open(os.environ['DBATCH_OUT'] + '/model.pkl', 'wb'))
            print(model.score(x, x[:, 0] > 0.5))
            """);
        All["a plot"] = new("""
            import os, sys
            import matplotlib
            matplotlib.use('Agg')
            import matplotlib.pyplot as plt
            plt.plot([1, int(sys.argv[1])])
            plt.savefig(os.environ['DBATCH_OUT'] + '/plot.png')
            """) { Left = "matplotlib" };
        All["a data frame"] = new("import os, sys\nimport pandas as pd\nframe = pd.DataFrame({'a': range(5)})\nframe['b'] = frame.a * int(sys.argv[1])\nframe.to_csv(os.environ['DBATCH_OUT'] + '/frame.csv')\nprint(frame.groupby('a').sum())\n") { Needs = "pandas" };
        All["a progress bar"] = new("import time\nfrom tqdm import tqdm\nfor _ in tqdm(range(20)):\n    time.sleep(0.005)\n") { Needs = "tqdm", Draws = true };
    }
}
