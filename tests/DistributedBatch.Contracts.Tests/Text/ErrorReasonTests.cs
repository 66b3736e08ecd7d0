using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Tests.Text;

public sealed class ErrorReasonTests
{
    private const string Frames = "  File \"job.py\", line 4, in <module>\n    raise ValueError('bad')\n    ^^^^^^^^^^^^^^^^^\n";

    [Fact]
    public void The_reason_is_the_exception_and_not_the_progress_bar_that_follows() => Assert.Equal(
        "ValueError: bad pixel row 40",
        ErrorReason.Of($" 10%|█   | 10/100\rTraceback (most recent call last):\n{Frames}ValueError: bad pixel row 40\n 40%|████      | 40/100 [00:00<00:00, 312.1it/s]"));

    [Fact]
    public void Colours_and_the_text_that_a_carriage_return_overwrote_are_not_part_of_it() => Assert.Equal(
        "KeyError: 'b'",
        ErrorReason.Of($"epoch 1\repoch 2\repoch 3\r\n\e[31mTraceback (most recent call last):\e[0m\n{Frames}\e[1;31mKeyError\e[0m: 'b'\r\n"));

    [Fact]
    public void Of_a_message_with_several_lines_the_first_counts() => Assert.Equal(
        "RuntimeError: CUDA error: out of memory",
        ErrorReason.Of(
            $"Traceback (most recent call last):\n{Frames}RuntimeError: CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some other API call.\n"
            + "For debugging consider passing CUDA_LAUNCH_BLOCKING=1.\nCompile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.\n\n"));

    [Fact]
    public void A_message_that_begins_on_the_next_line_belongs_to_its_type() => Assert.Equal(
        "ImportError: The package is broken.",
        ErrorReason.Of($"Traceback (most recent call last):\n{Frames}ImportError: \n\nThe package is broken.\nReinstall it.\n"));

    [Theory]
    [InlineData("During handling of the above exception, another exception occurred:")]
    [InlineData("The above exception was the direct cause of the following exception:")]
    public void Of_a_chain_the_exception_that_ended_the_program_counts(string link) => Assert.Equal(
        "lab.errors.BadScan: scan 7 has no rows",
        ErrorReason.Of($"Traceback (most recent call last):\n{Frames}KeyError: 7\n\n{link}\n\nTraceback (most recent call last):\n{Frames}lab.errors.BadScan: scan 7 has no rows\n"));

    [Fact]
    public void An_exception_without_a_message_is_recognised_by_its_frame() =>
        Assert.Equal("Interrupted", ErrorReason.Of($"Traceback (most recent call last):\n{Frames}Interrupted\nclosed\n"));

    [Fact]
    public void A_syntax_error_needs_no_traceback() =>
        Assert.Equal("SyntaxError: '(' was never closed", ErrorReason.Of("  File \"job.py\", line 3\n    print(\n         ^\nSyntaxError: '(' was never closed\n"));

    [Fact]
    public void A_drawn_traceback_is_a_traceback() => Assert.Equal(
        "ValueError: bad pixel",
        ErrorReason.Of("╭───── Traceback (most recent call last) ─────╮\n│ job.py:1 in <module>                        │\n╰─────────────────────────────────────────────╯\nValueError: bad pixel\n╰──╯\n"));

    [Fact]
    public void The_worker_of_a_data_loader_or_a_pool_has_the_reason() => Assert.Equal(
        "OSError: truncated image",
        ErrorReason.Of(
            $"Traceback (most recent call last):\n{Frames}OSError: Caught OSError in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n{Frames}OSError: truncated image\n"));

    [Fact]
    public void What_Python_says_about_destructors_threads_and_exit_handlers_is_not_the_reason() => Assert.Equal(
        "ValueError: first",
        ErrorReason.Of(
            $"Traceback (most recent call last):\n{Frames}ValueError: first\nException ignored in: <function Model.__del__ at 0x7f>\nTraceback (most recent call last):\n{Frames}"
            + "AttributeError: 'NoneType' object has no attribute 'close'\n"));

    [Fact]
    public void A_distributed_launcher_only_repeats_that_a_worker_failed() => Assert.Equal(
        "RuntimeError: shapes differ",
        ErrorReason.Of(
            $"[rank0]: Traceback (most recent call last):\n[rank0]:   File \"t.py\", line 3, in <module>\n[rank0]: RuntimeError: shapes differ\n"
            + "E1130 08:00:00.000000 7 torch/distributed/elastic/multiprocessing/api.py:882] failed (exitcode: 1) local_rank: 0 (pid: 9) of binary: /usr/bin/python3\n"
            + $"Traceback (most recent call last):\n{Frames}torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n"
            + "============================================================\nt.py FAILED\n------------------------------------------------------------\nRoot Cause (first observed failure):\n"
            + "[0]:\n  time      : 2026-11-30_08:00:00\n  exitcode  : 1 (pid: 9)\n  traceback : To enable traceback see: https://pytorch.org\n====\n"));

    [Fact]
    public void MPI_says_that_a_process_failed_after_the_process_said_why() => Assert.Equal(
        "solver: cannot open mesh.dat",
        ErrorReason.Of(
            "solver: cannot open mesh.dat\n--------------------------------------------------------------------------\nMPI_ABORT was invoked on rank 0 in communicator MPI_COMM_WORLD\nwith errorcode 1.\n\n"
            + "NOTE: invoking MPI_ABORT causes Open MPI to kill all MPI processes.\nYou may or may not see output from other processes, depending on\nexactly when Open MPI kills them.\n"
            + "--------------------------------------------------------------------------\n"));

    [Theory]
    [InlineData("Error in solve.default(a) : \n  Lapack routine dgesv: system is exactly singular\nCalls: fit -> solve\nExecution halted\n", "Error in solve.default(a) : Lapack routine dgesv: system is exactly singular")]
    [InlineData("Error: object 'x' not found\nExecution halted\n", "Error: object 'x' not found")]
    [InlineData("Warning message:\nNAs introduced by coercion \nError in f(2) : no\nExecution halted\n", "Error in f(2) : no")]
    [InlineData("ERROR: LoadError: DomainError with -1.0:\nsqrt was called with a negative real argument.\nStacktrace:\n [1] sqrt\n", "DomainError with -1.0: sqrt was called with a negative real argument.")]
    [InlineData("terminate called after throwing an instance of 'std::runtime_error'\n  what():  no convergence\nAborted (core dumped)\n", "std::runtime_error: no convergence")]
    [InlineData("sim: grid.c:12: step: Assertion `n > 0' failed.\nAborted\n", "sim: grid.c:12: step: Assertion `n > 0' failed.")]
    [InlineData("thread 'main' panicked at src/main.rs:2:5:\nindex out of bounds\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n", "thread 'main' panicked at src/main.rs:2:5: index out of bounds")]
    [InlineData("panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.main()\n\t/x/main.go:5\nexit status 2\n", "panic: runtime error: index out of range")]
    [InlineData("Exception in thread \"main\" java.lang.IllegalStateException: no table\n\tat Main.main(Main.java:3)\n", "java.lang.IllegalStateException: no table")]
    [InlineData("/app/x.js:1\nthrow new TypeError('no');\n^\n\nTypeError: no\n    at Object.<anonymous> (/app/x.js:1:7)\n\nNode.js v18.19.0\n", "TypeError: no")]
    [InlineData("job.sh: line 3: convrt: command not found\n", "job.sh: line 3: convrt: command not found")]
    [InlineData("gcc -c x.c\nx.c:1:1: error: unknown type name 'it'\nmake: *** [Makefile:2: x.o] Error 1\n", "x.c:1:1: error: unknown type name 'it'")]
    [InlineData("usage: job.py [-h]\njob.py: error: unrecognized arguments: --x\n", "job.py: error: unrecognized arguments: --x")]
    [InlineData("read 12 rows\ncannot open scan_7.tif\nwrote log\n", "cannot open scan_7.tif")]
    public void Other_languages_and_tools_have_their_own_forms(string stderr, string reason) => Assert.Equal(reason, ErrorReason.Of(stderr));

    [Fact]
    public void Without_any_form_the_last_useful_line_counts()
    {
        Assert.Equal("epoch 3", ErrorReason.Of("epoch 2\nepoch 3\n=====\n"));
        Assert.Equal("bad luck", ErrorReason.Of("bad luck\n/usr/lib/x.py:254: UserWarning: resource_tracker: There appear to be 1 leaked objects\n  warnings.warn('resource_tracker')\n"));
        Assert.Null(ErrorReason.Of(" \n\n"));
        Assert.Null(ErrorReason.Of(null));
    }

    [Fact]
    public void Of_a_program_that_a_signal_ended_only_an_error_counts()
    {
        Assert.Null(ErrorReason.Recognised("epoch 3 done\n"));
        Assert.Equal("Fatal Python error: Segmentation fault", ErrorReason.Recognised("epoch 3 done\nFatal Python error: Segmentation fault\n\nCurrent thread 0x7f:\n"));
    }
}
