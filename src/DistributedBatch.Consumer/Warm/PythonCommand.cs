using System.Text.RegularExpressions;

namespace DistributedBatch.Consumer.Warm;

/// <summary>
/// A command that starts Python, taken apart: <c>python3 -u -W error train.py --epochs 3</c> or <c>uv run python -m pkg.train</c>. See "Command line
/// and environment" in the Python documentation for the options.
/// </summary>
internal sealed partial record PythonCommand
{
    /// <summary>What starts the interpreter, without its options: one word, or three for <c>uv run python</c>.</summary>
    public required IReadOnlyList<string> Interpreter { get; init; }

    /// <summary>Options of the interpreter, one per element, arguments of options in elements of their own.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>Everything before the arguments as it was written, from the interpreter to the script or module: <c>sys.orig_argv</c>.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>The script as it was written; null for a module.</summary>
    public string? Script { get; init; }

    /// <summary>The module of <c>-m</c>; null for a script.</summary>
    public string? Module { get; init; }

    /// <summary>What follows the script or module.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Takes a command apart.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="python">Interpreter to use where the command says <c>python</c> or <c>python3</c>; null for none.</param>
    public static PythonReading Read(IReadOnlyList<string> command, string? python = null)
    {
        if (command is [])
            return new PythonReading.Unsuited("the command is empty");
        if (IsUv(command[0]))
            return ReadUv(command);
        var name = Path.GetFileName(command[0]);
        if (name.StartsWith("pypy", StringComparison.Ordinal))
            return new PythonReading.Unsuited("PyPy cannot freeze its heap before a fork");
        if (!InterpreterName().IsMatch(name))
            return new PythonReading.Unsuited($"the command starts '{command[0]}', which is not a Python interpreter");
        var interpreter = command[0] is "python" or "python3" ? python ?? command[0] : command[0];
        return ReadOptions([interpreter], command, 1);
    }

    private static bool IsUv(string word) => Path.GetFileName(word) == "uv";

    // uv run [options] python … or uv run [options] script.py …; options that take a value would need uv's own table, so only the plain ones are read.
    private static PythonReading ReadUv(IReadOnlyList<string> command)
    {
        if (command.Count < 3 || command[1] != "run")
            return new PythonReading.Unsuited("of uv only 'uv run' starts Python");
        var at = 2;
        while (at < command.Count && command[at] is "--frozen" or "--locked" or "--no-sync" or "--offline" or "--quiet" or "-q" or "--isolated" or "--exact")
            at++;
        if (at == command.Count)
            return new PythonReading.Unsuited("'uv run' names no script");
        if (command[at].StartsWith('-'))
            return new PythonReading.Unsuited($"the option '{command[at]}' of 'uv run' is not known here; name the environment's interpreter with --python");
        string[] start = [.. command.Take(at), "python"];
        return InterpreterName().IsMatch(Path.GetFileName(command[at]))
            ? ReadOptions([.. command.Take(at + 1)], command, at + 1)
            : command[at].EndsWith(".py", StringComparison.Ordinal)
                ? ReadOptions(start, command, at)
                : new PythonReading.Unsuited($"'uv run' starts '{command[at]}', which is not a Python script");
    }

    private static PythonReading ReadOptions(string[] interpreter, IReadOnlyList<string> command, int at)
    {
        var flags = new List<string>();
        var first = at;
        PythonReading.Found Found(string? script, string? module, int last) => new(new PythonCommand
        {
            Interpreter = interpreter,
            Flags = flags,
            Script = script,
            Module = module,
            Words = [interpreter[^1], .. command.Skip(first).Take(last + 1 - first)],
            Arguments = [.. command.Skip(last + 1)],
        });

        for (; at < command.Count; at++)
        {
            var word = command[at];
            if (word == "-")
                return new PythonReading.Unsuited("the script comes from standard input");
            if (word == "--check-hash-based-pycs" && at + 1 < command.Count)
            {
                flags.AddRange([word, command[++at]]);
                continue;
            }

            if (word.StartsWith("--", StringComparison.Ordinal))
                return new PythonReading.Unsuited($"the interpreter option '{word}' needs a process of its own");
            if (!word.StartsWith('-'))
                return Found(word, null, at);

            for (var letter = 1; letter < word.Length; letter++)
            {
                if ("uOBEsSIbPRq".Contains(word[letter], StringComparison.Ordinal))
                {
                    flags.Add("-" + word[letter]);
                    continue;
                }

                if (word[letter] is not ('m' or 'W' or 'X'))
                    return new PythonReading.Unsuited($"the interpreter option '-{word[letter]}' needs a process of its own");
                var value = letter + 1 < word.Length ? word[(letter + 1)..] : at + 1 < command.Count ? command[++at] : null;
                if (value is null)
                    return new PythonReading.Unsuited($"the interpreter option '-{word[letter]}' lacks its value");
                if (word[letter] == 'm')
                    return Found(null, value, at);
                if (word[letter] == 'X' && value.StartsWith("importtime", StringComparison.Ordinal))
                    return new PythonReading.Unsuited("'-X importtime' wants to see every chunk's own imports");
                flags.AddRange(["-" + word[letter], value]);
                break;
            }
        }

        return new PythonReading.Unsuited("the command starts the interpreter without a script");
    }

    [GeneratedRegex(@"^python(\d+(\.\d+)*)?[dt]?$", RegexOptions.CultureInvariant)]
    private static partial Regex InterpreterName();
}
