using System.CommandLine;
using DistributedBatch.Cli.CommandLine;
using DistributedBatch.Messaging.Signing;

namespace DistributedBatch.Cli.Commands;

/// <summary><c>dbatch key</c>: the key with which a producer signs jobs.</summary>
internal static class KeyCommand
{
    /// <summary>The verb with its one.</summary>
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "where the key is made; FILE.pub is its public half" };
        var init = new Command("init", "Make a signing key: FILE for the producer alone, FILE.pub for every host (--trust).") { file };
        init.SetAction(parsed =>
        {
            var path = parsed.GetValue(file)!;
            try
            {
                if (!SigningKey.TryCreate(path))
                    return ErrorOutput.Usage($"{path} is there already, and a new key would be trusted by no host. Remove it first if you mean it.");
                Console.Out.WriteLine($"{path} is for the producer (--signing-key); give {SigningKey.PublicFile(path)} to every host (--trust).");
                return ExitCode.Done;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return ErrorOutput.Usage(failure.Message);
            }
        });
        return new Command("key", "Make the key with which the producer signs what hosts run.") { init };
    }
}
