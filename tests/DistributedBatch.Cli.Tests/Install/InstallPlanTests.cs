using DistributedBatch.Cli.Install;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Cli.Tests.Install;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class InstallPlanTests : IDisposable
{
    private static readonly (string, string)[] Settings = [("DBATCH_BROKER", "amqps://me:se\"cr$et`\\@head:5671")];
    private readonly TempDirectory home = new();

    public void Dispose() => home.Dispose();

    [Fact]
    public void Only_the_owner_may_read_the_settings_and_everyone_may_read_the_unit()
    {
        var plan = new InstallPlan(home.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(plan.SettingsFile)!);
        File.WriteAllText(plan.SettingsFile, "an older one, which everybody may read");

        Installer.Write(plan.Files(Settings, invitation: null, "/opt/dbatch", TimeSpan.FromMinutes(10)));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(plan.SettingsFile));
        Assert.True(File.GetUnixFileMode(plan.UnitFile).HasFlag(UnixFileMode.OtherRead));
        Assert.Equal([plan.SettingsFile, plan.UnitFile], Directory.GetFiles(home.Path, "*", SearchOption.AllDirectories).Order());
    }

    [Fact]
    public async Task A_shell_reads_every_value_unchanged()
    {
        var plan = new InstallPlan(home.Path);
        Installer.Write(plan.Files(Settings, invitation: null, "/opt/dbatch", TimeSpan.FromMinutes(10)));

        var read = await CliWrap.Buffered.BufferedCommandExtensions.ExecuteBufferedAsync(
            CliWrap.Cli.Wrap("/bin/sh").WithArguments(["-c", ". \"$1\"; printf %s \"$DBATCH_BROKER\"", "sh", plan.SettingsFile]), TestContext.Current.CancellationToken);

        Assert.Equal(Settings[0].Item2, read.StandardOutput);
    }

    [Fact]
    public void The_service_starts_this_program_and_gives_chunks_their_drain_time()
    {
        var plan = new InstallPlan("/home/ada 100%/.config");

        var unit = plan.Files(Settings, invitation: null, "/opt/100%/my dbatch", TimeSpan.FromMinutes(5)).Single(file => file.Path == plan.UnitFile).Text;

        Assert.Contains("\nExecStart=\"/opt/100%%/my dbatch\" consumer\n", unit, StringComparison.Ordinal);
        Assert.Contains("\nEnvironmentFile=/home/ada 100%%/.config/dbatch/consumer.env\n", unit, StringComparison.Ordinal);
        Assert.Contains("\nTimeoutStopSec=360\n", unit, StringComparison.Ordinal);
        Assert.Contains("\nWantedBy=default.target\n", unit, StringComparison.Ordinal);
    }

    [Fact]
    public void An_uninstallation_leaves_no_file()
    {
        var plan = new InstallPlan(home.Path);
        var invitation = new Invitation { Broker = "amqps://head", Authority = "PEM", Trust = "PEM" };
        Installer.Write(plan.Files(Settings, invitation, "/opt/dbatch", TimeSpan.Zero));

        Assert.Equal(4, Installer.Remove(plan.AllFiles).Count);

        Assert.Empty(Directory.GetFiles(home.Path, "*", SearchOption.AllDirectories));
        Assert.Empty(Installer.Remove(plan.AllFiles));
    }
}
