using System.Text.Json;
using DistributedBatch.Specs.Run;

namespace DistributedBatch.Specs.Samples;

/// <summary>The samples do what their pages say.</summary>
public sealed class SampleSpecs : IDisposable
{
    private readonly OneBox box = new();

    public void Dispose() => box.Dispose();

    [Fact(Timeout = 240_000)]
    public async Task The_digits_are_the_same_for_every_chunk_size_and_way_to_start()
    {
        var coarse = await DigitsAsync("coarse", "--chunk", "4", "--slots", "1", "--warm", "off");
        var fine = await DigitsAsync("fine", "--chunk", "1", "--slots", "2", "--warm", "fork");
        var kept = await DigitsAsync("kept", "--chunk", "2", "--slots", "2", "--warm", "keep");

        Assert.Equal(coarse, fine);
        Assert.Equal(coarse, kept);
        Assert.Equal(File.ReadAllBytes(box["coarse", "results", "adversarial-digits.csv"]), File.ReadAllBytes(box["kept", "results", "adversarial-digits.csv"]));
        Assert.Equal("item,label,taken_for,distance,questions", coarse[0]);
        Assert.Equal(["0,0,", "1,1,", "2,2,", "3,3,", "4,4,", "5,5,"], coarse.Skip(1).Select(line => line[..4]));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(box["fine", "results", "adversarial-digits.png"])[..4]);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_numbers_of_the_range_add_up()
    {
        var ended = await RunAsync("hello-range");

        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(49_995_000, (await ResultsAsync()).Sum(result => result.GetProperty("sum").GetInt64()));
        var last = await box.DbatchAsync("logs", "last", "3");
        Assert.Equal("chunk 3: the 1000 numbers from 9000 add up to 9499500\n", last.Out);
    }

    [Fact(Timeout = 120_000)]
    public async Task The_sweep_tries_every_combination_once()
    {
        var ended = await RunAsync("sweep", "--python", "/usr/bin/python3");

        Assert.True(ended.ExitCode == 0, ended.ToString());
        var tried = from result in await ResultsAsync()
                    select (result.GetProperty("rate").GetDouble(), result.GetProperty("momentum").GetDouble(), result.GetProperty("seed").GetInt32());
        Assert.Equal(36, tried.Distinct().Count());
    }

    [Fact(Timeout = 60_000)]
    public async Task The_failed_chunks_are_named_and_the_others_succeed()
    {
        var ended = await RunAsync("failing-chunks", "--slots", "4", "--json");

        Assert.Equal(1, ended.ExitCode);
        Assert.Equal(17, ended.Json.GetProperty("chunks").GetProperty("succeeded").GetInt32());
        Assert.Equal([7, 11, 15], ended.Json.GetProperty("failed").EnumerateArray().Select(chunk => chunk.GetProperty("index").GetInt32()).Order());
    }

    private async Task<IReadOnlyList<string>> DigitsAsync(string place, params string[] options)
    {
        var ended = await RunAsync("adversarial-digits", place, ["--total", "6", "--python", "/usr/bin/python3", "--state", box[place, "state"], .. options]);
        Assert.True(ended.ExitCode == 0, ended.ToString());
        return File.ReadAllLines(box[place, "results", "adversarial-digits.csv"]);
    }

    private Task<DbatchResult> RunAsync(string sample, params string[] options) => RunAsync(sample, sample, options);

    private Task<DbatchResult> RunAsync(string sample, string place, string[] options)
    {
        Directory.CreateDirectory(box[place]);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository(), "samples", sample)))
            File.Copy(file, box[place, Path.GetFileName(file)]);
        return box.DbatchAsync(["run", "-f", box[place, "job.yaml"], .. options]);
    }

    private async Task<IReadOnlyList<JsonElement>> ResultsAsync()
    {
        var ended = await box.DbatchAsync("results", "last");
        Assert.True(ended.ExitCode == 0, ended.ToString());
        return [.. ended.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("result"))];
    }

    private static string Repository()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "DistributedBatch.sln")))
            directory = directory.Parent ?? throw new DirectoryNotFoundException($"There is no DistributedBatch.sln above {AppContext.BaseDirectory}.");
        return directory.FullName;
    }
}
