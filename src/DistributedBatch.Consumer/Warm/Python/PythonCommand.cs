using System.Text.RegularExpressions;

namespace DistributedBatch.Consumer.Warm.Python;

/// <summary>
/// The parts of a command that starts Python, such as <c>python3 -u -W error train.py --epochs 3</c> or <c>uv run python -m pkg.train</c>. For the
/// options, see "Command line and environment" in the Python documentation.
/// </summary>
internal sealed partial record PythonCommand
{
    /// <summary>The words that start the interpreter, without its options: one word, or several for <c>uv run python</c>.</summary>
    public required IReadOnlyList<string> Interpreter { get; init; }

    /// <summary>Options of the interpreter, one per element. The value of an option is an element of its own.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>All words before the arguments, as written, from the interpreter to the script or module: <c>sys.orig_argv</c>.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>The script as written; null for a module.</summary>
    public string? Script { get; init; }

    /// <summary>The module of <c>-m</c>; null for a script.</summary>
    public string? Module { get; init; }

    /// <summary>The words after the script or module.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Parses a command.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="python">Interpreter to use where the command says <c>python</c> or <c>python3</c>; null for none.</param>
    public static PythonParseResult Parse(IReadOnlyList<string> command, string? python = null)
    {
        if (command is [])
            return new PythonParseResult.Unsupported("the command is empty");
        if (IsUv(command[0]))
            return ParseUv(command);
        var name = Path.GetFileName(command[0]);
        if (name.StartsWith("pypy", StringComparison.Ordinal))
            return new PythonParseResult.Unsupported("PyPy cannot freeze its heap before a fork");
        if (!InterpreterName().IsMatch(name))
            return new PythonParseResult.Unsupported($"the command starts '{command[0]}', which is not a Python interpreter");
        var interpreter = command[0] is "python" or "python3" ? python ?? command[0] : command[0];
        return ParseOptions([interpreter], command, 1);
    }

    private static bool IsUv(string word) => Path.GetFileName(word) == "uv";

    // uv run [options] python … or uv run [options] script.py … Options with a value would need uv's own table, so only options without a value are
    // known.
    private static PythonParseResult ParseUv(IReadOnlyList<string> command)
    {
        if (command.Count < 3 || command[1] != "run")
            return new PythonParseResult.Unsupported("of uv only 'uv run' starts Python");
        var at = 2;
        while (at < command.Count && command[at] is "--frozen" or "--locked" or "--no-sync" or "--offline" or "--quiet" or "-q" or "--isolated" or "--exact")
            at++;
        if (at == command.Count)
            return new PythonParseResult.Unsupported("'uv run' names no script");
        if (command[at].StartsWith('-'))
            return new PythonParseResult.Unsupported($"the option '{command[at]}' of 'uv run' is not known here; name the environment's interpreter with --python");
        string[] start = [.. command.Take(at), "python"];
        return InterpreterName().IsMatch(Path.GetFileName(command[at]))
            ? ParseOptions([.. command.Take(at + 1)], command, at + 1)
            : command[at].EndsWith(".py", StringComparison.Ordinal)
                ? ParseOptions(start, command, at)
                : new PythonParseResult.Unsupported($"'uv run' starts '{command[at]}', which is not a Python script");
    }

    private static PythonParseResult ParseOptions(string[] interpreter, IReadOnlyList<string> command, int at)
    {
        var flags = new List<string>();
        var first = at;
        PythonParseResult.Parsed Parsed(string? script, string? module, int last) => new(new PythonCommand
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
                return new PythonParseResult.Unsupported("the script comes from standard input");
            if (word == "--check-hash-based-pycs" && at + 1 < command.Count)
            {
                flags.AddRange([word, command[++at]]);
                continue;
            }

            if (word.StartsWith("--", StringComparison.Ordinal))
                return new PythonParseResult.Unsupported($"the interpreter option '{word}' needs a process of its own");
            if (!word.StartsWith('-'))
                return Parsed(word, null, at);

            for (var letter = 1; letter < word.Length; letter++)
            {
                if ("uOBEsSIbPRq".Contains(word[letter], StringComparison.Ordinal))
                {
                    flags.Add("-" + word[letter]);
                    continue;
                }

                if (word[letter] is not ('m' or 'W' or 'X'))
                    return new PythonParseResult.Unsupported($"the interpreter option '-{word[letter]}' needs a process of its own");
                var value = letter + 1 < word.Length ? word[(letter + 1)..] : at + 1 < command.Count ? command[++at] : null;
                if (value is null)
                    return new PythonParseResult.Unsupported($"the interpreter option '-{word[letter]}' lacks its value");
                if (word[letter] == 'm')
                    return Parsed(null, value, at);
                if (word[letter] == 'X' && value.StartsWith("importtime", StringComparison.Ordinal))
                    return new PythonParseResult.Unsupported("'-X importtime' measures the imports of every chunk");
                flags.AddRange(["-" + word[letter], value]);
                break;
            }
        }

        return new PythonParseResult.Unsupported("the command starts the interpreter without a script");
    }

    [GeneratedRegex(@"^python(\d+(\.\d+)*)?[dt]?$", RegexOptions.CultureInvariant)]
    private static partial Regex InterpreterName();
}
