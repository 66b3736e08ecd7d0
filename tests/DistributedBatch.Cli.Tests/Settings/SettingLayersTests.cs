using System.Collections;
using DistributedBatch.Cli.Settings;

namespace DistributedBatch.Cli.Tests.Settings;

public sealed class SettingLayersTests
{
    [Fact]
    public void The_first_layer_with_a_setting_wins()
    {
        var merged = SettingLayers.Merge(Layer(("chunk", "1")), Layer(("chunk", "2"), ("slots", "2")), Layer(("chunk", "3"), ("slots", "3"), ("retries", "3")));

        Assert.Equal(["1", "2", "3"], [merged["chunk"].Text, merged["slots"].Text, merged["retries"].Text]);
    }

    [Fact]
    public void A_dataset_replaces_the_dataset_of_lower_layers_as_a_whole()
    {
        var merged = SettingLayers.Merge(Layer(("items", "list.txt")), Layer(("total", "100")));

        Assert.True(merged.ContainsKey("items"));
        Assert.False(merged.ContainsKey("total"));
    }

    [Fact]
    public void Variables_of_all_layers_are_merged_and_the_higher_layer_wins()
    {
        var merged = SettingLayers.Merge(Layer(("env", "A=flag")), Layer(("env", "A=file")));

        Assert.Equal(["A=file", "A=flag"], merged["env"].Texts);
        Assert.Equal("flag", new SettingReader(merged, []).Pairs("env")["A"]);
    }

    [Fact]
    public void Settings_come_from_the_environment()
    {
        var layer = SettingLayers.FromEnvironment(new Hashtable { ["DBATCH_MAX_FAILURES"] = "3", ["DBATCH_SLOTS"] = "" }, "/");

        Assert.Equal("3", Assert.Single(layer).Value.Text);
    }

    [Fact]
    public void Inside_an_attempt_the_variables_of_the_chunk_are_not_settings()
    {
        var variables = new Hashtable { ["DBATCH_CHUNK"] = "17", ["DBATCH_TOTAL"] = "100", ["DBATCH_OUT"] = "/out", ["DBATCH_ATTEMPT"] = "1", ["DBATCH_RETRIES"] = "0" };

        Assert.Equal(["retries"], SettingLayers.FromEnvironment(variables, "/").Keys);
    }

    private static Dictionary<string, SettingValue> Layer(params (string Key, string Text)[] settings) =>
        settings.ToDictionary(setting => setting.Key, setting => new SettingValue([setting.Text], setting.Key, "/"));
}
