using System.Security.Cryptography;
using DistributedBatch.Cli.Output;

namespace DistributedBatch.Cli.Commands.Lab;

/// <summary>Reports errors with files as usage errors.</summary>
internal static class FileErrors
{
    /// <summary>Runs <paramref name="action"/> and gives its exit code; an error with a file or a key is printed.</summary>
    public static int Report(Func<int> action)
    {
        try
        {
            return action();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return ErrorOutput.Usage(failure.Message);
        }
    }
}
