using System.CommandLine;
using DistributedBatch.Cli.Output;
using DistributedBatch.Messaging.Signing;

namespace DistributedBatch.Cli.Commands.Lab;

/// <summary><c>dbatch key</c>: the key with which a producer signs jobs.</summary>
internal static class KeyCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "file for the key; FILE.pub is its public half" };
        var init = new Command("init", "Create a signing key: FILE for the producer only, FILE.pub for every host (--trust).") { file };
        init.SetAction(parsed => FileErrors.Report(() =>
        {
            var path = parsed.GetValue(file)!;
            if (!SigningKey.TryCreate(path))
                return ErrorOutput.Usage($"{path} already exists, and no host would trust a new key. To replace it, remove it first.");
            Console.Out.WriteLine($"{path} is for the producer (--signing-key). Give {SigningKey.PublicFile(path)} to every host (--trust).");
            return ExitCode.Done;
        }));
        return new Command("key", "Create the key with which the producer signs jobs.") { init };
    }
}
