using System.CommandLine;
using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch completion SHELL</c>: prints a completion script. The script asks the program itself, so it is never out of date.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # dbatch completion for bash: eval "$(dbatch completion bash)"
        _dbatch() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(dbatch "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _dbatch dbatch
        """;

    private const string Zsh = """
        # dbatch completion for zsh: eval "$(dbatch completion zsh)"
        _dbatch() {
          local -a words
          words=("${(@f)$(dbatch "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          compadd -a words || _files
        }
        compdef _dbatch dbatch
        """;

    private const string Fish = """
        # dbatch completion for fish: dbatch completion fish | source
        complete -c dbatch -a '(dbatch "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
        """;

    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that completes commands and options in your shell.") { shell };
        command.SetAction(parsed =>
        {
            Console.Out.WriteLine(parsed.GetValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCode.Done;
        });
        return command;
    }
}
