using System.Text;
using System.Text.Json;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Contracts.Json;
using DistributedBatch.Contracts.Text;

namespace DistributedBatch.Contracts.Tests.Text;

public sealed class ProgramJsonTests
{
    [Theory]
    [InlineData("""{ "file": "lat\udce9.png",  "n": [1, 2] }""", """{"file":"lat\udce9.png","n":[1,2]}""")]
    [InlineData("{\"\\ud800\": \"ä\"}", """{"\ud800":"\u00E4"}""")]
    [InlineData("""{ "quote": "a \" b", "half": "\ud800" }""", """{"quote":"a \" b","half":"\ud800"}""")]
    [InlineData("{\n \"plain\": true\n}", """{"plain":true}""")]
    public void A_result_is_written_on_one_line_as_the_program_wrote_it(string result, string line) =>
        Assert.Equal($$"""{"index":3,"attempt":1,"result":{{line}}}""", Written(result));

    [Fact]
    public void A_result_as_deep_as_is_accepted_can_be_written_and_read()
    {
        var deep = new string('[', 64) + new string(']', 64);

        var read = JsonSerializer.Deserialize(Written(deep), ContractsJson.Default.RunResult);

        Assert.Equal(deep, read!.Result.GetRawText());
    }

    [Theory]
    [InlineData("""{"loss": NaN, "best": [Infinity, -Infinity, -1]}""", """{"loss": null, "best": [null, null, -1]}""")]
    [InlineData("""{"text": "NaN \" Infinity", "n": NaN}""", """{"text": "NaN \" Infinity", "n": null}""")]
    [InlineData("NaN", "null")]
    public void Numbers_that_JSON_does_not_have_become_null_and_texts_stay(string python, string json) =>
        Assert.Equal(json, Encoding.UTF8.GetString(NonFiniteNumbers.AsNull(Encoding.UTF8.GetBytes(python)).Span));

    private static string Written(string result)
    {
        using var document = JsonDocument.Parse(result);
        return JsonSerializer.Serialize(new RunResult(3, 1, document.RootElement), ContractsJson.Default.RunResult);
    }
}
