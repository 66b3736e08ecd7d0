using System.Collections;
using DistributedBatch.Cli.Options;

namespace DistributedBatch.Cli.Tests.Options;

public sealed class SettingLayersTests
{
    [Fact]
    public void The_first_layer_that_has_a_setting_counts()
    {
        var joined = SettingLayers.Join(Layer(("chunk", "1")), Layer(("chunk", "2"), ("slots", "2")), Layer(("chunk", "3"), ("slots", "3"), ("retries", "3")));

        Assert.Equal(["1", "2", "3"], [joined["chunk"].Text, joined["slots"].Text, joined["retries"].Text]);
    }

    [Fact]
    public void A_dataset_replaces_the_dataset_of_lower_layers_as_a_whole()
    {
        var joined = SettingLayers.Join(Layer(("items", "list.txt")), Layer(("total", "100")));

        Assert.True(joined.ContainsKey("items"));
        Assert.False(joined.ContainsKey("total"));
    }

    [Fact]
    public void Variables_of_all_layers_are_joined_and_the_higher_one_is_read_last()
    {
        var joined = SettingLayers.Join(Layer(("env", "A=flag")), Layer(("env", "A=file")));

        Assert.Equal(["A=file", "A=flag"], joined["env"].Texts);
        Assert.Equal("flag", new SettingReader(joined, []).Pairs("env")["A"]);
    }

    [Fact]
    public void Settings_come_from_the_environment()
    {
        var layer = SettingLayers.FromEnvironment(new Hashtable { ["DBATCH_MAX_FAILURES"] = "3", ["DBATCH_SLOTS"] = "" }, "/");

        Assert.Equal("3", Assert.Single(layer).Value.Text);
    }

    [Fact]
    public void Inside_an_attempt_the_words_of_the_job_contract_are_not_settings()
    {
        var variables = new Hashtable { ["DBATCH_CHUNK"] = "17", ["DBATCH_TOTAL"] = "100", ["DBATCH_OUT"] = "/out", ["DBATCH_ATTEMPT"] = "1", ["DBATCH_RETRIES"] = "0" };

        Assert.Equal(["retries"], SettingLayers.FromEnvironment(variables, "/").Keys);
    }

    private static Dictionary<string, SettingValue> Layer(params (string Key, string Text)[] settings) =>
        settings.ToDictionary(setting => setting.Key, setting => new SettingValue([setting.Text], setting.Key, "/"));
}
