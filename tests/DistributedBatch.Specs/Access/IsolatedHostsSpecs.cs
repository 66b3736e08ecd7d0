using System.Text;
using CliWrap;
using DistributedBatch.Specs.Lab;

namespace DistributedBatch.Specs.Access;

[Collection(nameof(LabBroker))]
public sealed class IsolatedHostsSpecs
{
    /// <summary>The script makes network namespaces, so it runs as root.</summary>
    [Fact(Timeout = 420_000)]
    public async Task Two_machines_join_over_TLS_and_the_chunk_of_a_revoked_one_runs_on_the_other()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var script = Path.Combine(Root(AppContext.BaseDirectory), "tests", "isolated-hosts.sh");
        string[] command = [script, Path.Combine(AppContext.BaseDirectory, "dbatch")];
        var output = new StringBuilder();

        var ended = await CliWrap.Cli.Wrap(Environment.UserName == "root" ? command[0] : "sudo")
            .WithArguments(Environment.UserName == "root" ? command[1..] : ["-n", .. command])
            .WithValidation(CommandResultValidation.None)
            .WithStandardOutputPipe(PipeTarget.ToStringBuilder(output))
            .WithStandardErrorPipe(PipeTarget.ToStringBuilder(output))
            .ExecuteAsync(cancellation);

        Assert.True(ended.ExitCode == 0, output.ToString());
        Assert.EndsWith("== ok\n", output.ToString(), StringComparison.Ordinal);
    }

    private static string Root(string directory) =>
        File.Exists(Path.Combine(directory, "DistributedBatch.sln")) ? directory : Root(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(directory))!);
}
