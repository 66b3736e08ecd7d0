using System.Collections.Concurrent;
using System.Text;
using CliWrap;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Specs.Run;

/// <summary>A temporary directory in which tests run the built <c>dbatch</c> as its users do.</summary>
internal sealed class OneBox : IDisposable
{
    private static readonly string Program = System.IO.Path.Combine(AppContext.BaseDirectory, "dbatch");
    private readonly TempDirectory directory = new();

    public string Path => directory.Path;

    public string State => directory[".dbatch"];

    /// <summary>Environment variables for the program, besides those of the test.</summary>
    public Dictionary<string, string?> Environment { get; } = new() { ["DBATCH_CONFIG"] = "/dev/null/none", ["NO_COLOR"] = "1" };

    public string this[params ReadOnlySpan<string> parts] => directory[parts];

    public string Write(string name, string text) => directory.Write(name, text);

    /// <summary>Writes a program for <c>/bin/sh</c>.</summary>
    public string Script(string name, string text)
    {
        var path = directory.Write(name, "#!/bin/sh\n" + text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    public string Read(string name) => File.ReadAllText(directory[name]);

    public IReadOnlyList<string> Lines(string name) => File.Exists(directory[name]) ? File.ReadAllLines(directory[name]) : [];

    public Task<DbatchResult> DbatchAsync(params string[] arguments) => Start(arguments).End;

    /// <summary>Runs a line in a shell, which finds the program in <c>$DBATCH</c>.</summary>
    public Task<DbatchResult> ShellAsync(string line)
    {
        Environment["DBATCH"] = Program;
        return Start("/bin/sh", "", ["-c", line]).End;
    }

    public DbatchProcess Start(params string[] arguments) => Start("", arguments);

    public DbatchProcess Start(string input, string[] arguments) => Start(Program, input, arguments);

    /// <summary>Starts the program with environment variables that only this process gets.</summary>
    public DbatchProcess Start(IReadOnlyDictionary<string, string?> environment, string[] arguments) => Start(Program, "", arguments, environment);

    private DbatchProcess Start(string program, string input, string[] arguments, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var (output, errors, errorLines) = (new StringBuilder(), new StringBuilder(), new ConcurrentQueue<string>());
        var task = CliWrap.Cli.Wrap(program)
            .WithArguments(arguments)
            .WithWorkingDirectory(Path)
            .WithEnvironmentVariables(environment is null ? Environment : Environment.Concat(environment).ToDictionary())
            .WithValidation(CommandResultValidation.None)
            .WithStandardInputPipe(PipeSource.FromString(input))
            .WithStandardOutputPipe(PipeTarget.ToStringBuilder(output))
            .WithStandardErrorPipe(PipeTarget.Merge(PipeTarget.ToStringBuilder(errors), PipeTarget.ToDelegate(errorLines.Enqueue)))
            .ExecuteAsync(TestContext.Current.CancellationToken);
        return new DbatchProcess(task.ProcessId, EndAsync(), errorLines);

        async Task<DbatchResult> EndAsync()
        {
            var result = await task;
            return new DbatchResult(result.ExitCode, output.ToString(), errors.ToString());
        }
    }

    public void Dispose() => directory.Dispose();
}
