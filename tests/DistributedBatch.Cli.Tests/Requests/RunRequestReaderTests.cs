using DistributedBatch.Cli.Requests;
using DistributedBatch.Cli.Settings;
using DistributedBatch.Consumer.Isolation;
using DistributedBatch.Contracts.Datasets;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.TestKit.Files;

namespace DistributedBatch.Cli.Tests.Requests;

public sealed class RunRequestReaderTests
{
    [Fact]
    public void Every_setting_is_in_the_request()
    {
        var spec = Request(
            ("total", "100"), ("first", "10"), ("chunk", "7"), ("retries", "0"), ("retry-delay", "2s"), ("timeout", "1h30m"), ("grace", "3s"),
            ("max-failures", "4"), ("env", "A=b=c"), ("cwd", "/tmp"), ("stdin", "{start},{count}"), ("gpu", "0.5"), ("memory", "4G"), ("out", "results"),
            ("warm", "keep"), ("python", "/usr/bin/env"), ("weight", "2"), ("priority", "-1"), ("crash-limit", "3"), ("name", "mine"),
            ("before", "true"), ("after", "sh -c 'cat {out}/*/item'")).Spec;

        Assert.Equal(new RangeDataset(100, 10), spec.Dataset);
        Assert.Equal((7, 0, 4, 2, -1, 3), (spec.ChunkSize!.Value, spec.Retries, spec.MaxFailures!.Value, spec.Weight, spec.Priority, spec.CrashLimit));
        Assert.Equal(("mine", TimeSpan.FromSeconds(2)), (spec.Name, spec.RetryDelay));
        Assert.Equal((TimeSpan.FromMinutes(90), TimeSpan.FromSeconds(3)), (spec.Job.Timeout!.Value, spec.Job.Grace));
        Assert.Equal(("b=c", "/tmp", "{start},{count}"), (spec.Job.Env["A"], spec.Job.WorkingDirectory, spec.Job.Stdin));
        Assert.Equal((0.5, 4L << 30, WarmMode.Keep, "/usr/bin/env"), (spec.Job.Gpus, spec.Job.MemoryBytes!.Value, spec.Job.Warm, spec.Job.Python));
        Assert.Equal("/tmp/here/results", spec.Job.OutputDirectory);
        Assert.Equal(["true"], spec.Before);
        Assert.Equal(["sh", "-c", "cat {out}/*/item"], spec.After);
    }

    [Fact]
    public void A_missing_setting_has_the_documented_default()
    {
        var (request, spec) = (Request(("total", "5")), Request(("total", "5")).Spec);

        Assert.Equal((1L, 2, 10.0, WarmMode.Auto), (spec.ChunkSize!.Value, spec.Retries, spec.Job.Grace.TotalSeconds, spec.Job.Warm));
        Assert.Null(spec.Job.Timeout);
        Assert.Null(spec.MaxFailures);
        Assert.Null(request.Slots);
        Assert.Equal(IsolationMode.Session, request.Isolation);
        Assert.False(request.Named);
        Assert.Equal("/tmp/here/.dbatch", request.StateDirectory);
    }

    [Theory]
    [InlineData("chunk", "0", "--chunk is 0")]
    [InlineData("chunk", "-3", "--chunk is -3")]
    [InlineData("chunk", "many", "--chunk must be a whole number or auto, not 'many'.")]
    [InlineData("slots", "0", "--slots is 0")]
    [InlineData("slots", "3000000000", "--slots is 3000000000; one machine has at most 10000 slots.")]
    [InlineData("slots", "1000000", "--slots is 1000000; one machine has at most 10000 slots.")]
    [InlineData("retries", "3000000000", "--retries is 3000000000; it must be 0 to 2147483647.")]
    [InlineData("retries", "70000", "The number of retries is 70000")]
    [InlineData("max-failures", "99999999999999999999", "--max-failures is 99999999999999999999; it must be 0 to")]
    [InlineData("timeout", "50d", "The timeout is 50 days; give at most 49 days, or leave it out for no limit.")]
    [InlineData("grace", "50d", "The grace period is 50 days; give at most 7 days.")]
    [InlineData("retry-delay", "50d", "The retry delay is 50 days; give at most 49 days.")]
    [InlineData("timeout", "4000000d", "--timeout is 4000000d; it may be at most 36500 days.")]
    [InlineData("env", "PORT=295{slot}", "The variable PORT has the placeholder {slot}")]
    [InlineData("first", "101", "The first index 101 is outside")]
    [InlineData("first", "-1", "--first is -1")]
    [InlineData("after", "sh -c 'open", "--after: the quote ' is never closed.")]
    [InlineData("timeout", "soon", "--timeout must be a duration such as 90s, 5m or 1h30m, not 'soon'.")]
    [InlineData("timeout", "0", "The timeout is 0 s")]
    [InlineData("memory", "much", "--memory must be a size")]
    [InlineData("warm", "hot", "--warm must be one of auto, fork, keep, off, not 'hot'.")]
    [InlineData("stdin", "{begin}", "{begin} is not a placeholder")]
    [InlineData("stdin", "{item}", "{item} needs items")]
    [InlineData("env", "A", "--env: 'A' is not a variable; write NAME=VALUE.")]
    [InlineData("cwd", "/no/where", "there is no directory /no/where")]
    [InlineData("gpu", "-1", "--gpu must be a number")]
    [InlineData("notify", "me", "--notify must be an address such as https://lab/hook")]
    [InlineData("items", "list.txt", "--total and --items are different datasets")]
    public void A_mistake_is_a_sentence(string key, string value, string sentence)
    {
        var (request, mistakes) = Read(("total", "100"), (key, value));

        Assert.Null(request);
        Assert.Contains(mistakes, mistake => mistake.Contains(sentence, StringComparison.Ordinal));
    }

    [Fact]
    public void Isolation_is_a_setting_of_this_machine_and_not_of_the_run()
    {
        var isolated = Request(("total", "5"), ("isolation", "cgroup"));

        Assert.Equal(IsolationMode.Cgroup, isolated.Isolation);
        Assert.Equal("--isolation must be one of session, cgroup, not 'jail'.", Assert.Single(Read(("total", "5"), ("isolation", "jail")).Mistakes));
    }

    [Fact]
    public void All_mistakes_are_reported_at_once()
    {
        var (_, mistakes) = Read(("total", "10"), ("chunk", "0"), ("slots", "x"), ("timeout", "soon"), ("command", "no-such-program-here"));

        Assert.Equal(4, mistakes.Count);
    }

    [Fact]
    public void A_first_index_equal_to_the_total_is_an_empty_run_and_no_mistake() =>
        Assert.Equal(0, Request(("total", "10"), ("first", "10")).Spec.Dataset is { } dataset ? dataset.Total - dataset.First : -1);

    [Fact]
    public void The_chosen_interpreter_replaces_the_word_python()
    {
        var settings = new Dictionary<string, SettingValue>
        {
            ["total"] = new(["1"], "--total", "/tmp"),
            ["python"] = new(["/usr/bin/env"], "--python", "/tmp"),
            ["command"] = new(["python3.11", "job.py"], "the command", "/tmp"),
            ["before"] = new(["python3", "train.py"], "before", "/tmp"),
            ["after"] = new(["sh", "python3"], "after", "/tmp"),
        };

        var spec = new RunRequestReader(settings, "/tmp", () => Stream.Null).Read(remote: false).Request!.Spec;

        Assert.Equal(["/usr/bin/env", "job.py"], spec.Job.Command);
        Assert.Equal(["/usr/bin/env", "train.py"], spec.Before);
        Assert.Equal(["sh", "python3"], spec.After);
    }

    [Fact]
    public void A_virtual_environment_is_checked_and_its_interpreter_runs_the_before_command()
    {
        using var place = new TempDirectory();
        var python = place.Write("venv/bin/python", "#!/bin/sh\n");
        place.Write("train.py", "");
        File.SetUnixFileMode(python, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var settings = new Dictionary<string, SettingValue>
        {
            ["total"] = new(["1"], "--total", place.Path),
            ["venv"] = new(["venv"], "--venv", place.Path),
            ["command"] = new(["python", "job.py"], "the command", place.Path),
            ["before"] = new(["python3", "train.py"], "before", place.Path),
        };

        var spec = new RunRequestReader(settings, place.Path, () => Stream.Null).Read(remote: false).Request!.Spec;
        Assert.Equal(["python", "job.py"], spec.Job.Command);
        Assert.Equal(place["venv"], spec.Job.Venv);
        Assert.Equal([python, "train.py"], spec.Before);

        settings["venv"] = new(["none"], "--venv", place.Path);
        Assert.Contains($"'{place["none"]}' is no virtual environment", Assert.Single(new RunRequestReader(settings, place.Path, () => Stream.Null).Read(remote: false).Mistakes), StringComparison.Ordinal);

        settings.Remove("before");
        Assert.Equal(place["none"], new RunRequestReader(settings, place.Path, () => Stream.Null).Read(remote: true).Request!.Spec.Job.Venv);
    }

    [Fact]
    public void Only_one_setting_may_choose_the_interpreter()
    {
        var (_, mistakes) = Read(("total", "1"), ("conda", "no-such-environment-here"), ("python", "python3"));

        Assert.Contains(mistakes, mistake => mistake.EndsWith("give only one of --python, --conda and --venv.", StringComparison.Ordinal));
        Assert.Contains(mistakes, mistake => mistake.StartsWith("There is no conda environment 'no-such-environment-here'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("job", "python3", "src/job.py", "{start}")]
    [InlineData("job", "/opt/venv/bin/python", "-u", "job.py")]
    [InlineData("true", "/bin/true")]
    [InlineData("sh", "sh", "-c", "echo {start} > a.txt")]
    [InlineData("run", "{item}")]
    public void A_run_is_named_after_its_program(string name, params string[] command) => Assert.Equal(name, DefaultRunName.Of(command));

    private static RunRequest Request(params (string Key, string Text)[] settings)
    {
        var (request, mistakes) = Read(settings);
        Assert.Empty(mistakes);
        return request!;
    }

    private static (RunRequest? Request, IReadOnlyList<string> Mistakes) Read(params (string Key, string Text)[] settings)
    {
        Directory.CreateDirectory("/tmp/here");
        var merged = new Dictionary<string, SettingValue> { ["command"] = new(["/bin/true"], "the command", "/tmp/here") };
        foreach (var (key, text) in settings)
            merged[key] = new SettingValue([text], key == "command" ? "the command" : "--" + key, "/tmp/here");
        return new RunRequestReader(merged, "/tmp/here", () => Stream.Null).Read(remote: false);
    }
}
