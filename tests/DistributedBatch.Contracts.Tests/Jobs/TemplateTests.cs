using DistributedBatch.Contracts.Jobs;

namespace DistributedBatch.Contracts.Tests.Jobs;

public sealed class TemplateTests
{
    [Theory]
    [InlineData("{start},{count}", "10,5")]
    [InlineData("--from={start}", "--from=10")]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("{start}", "10")]
    [InlineData("{start}{count}", "105")]
    public void Placeholders_are_replaced_by_their_values(string template, string expected) =>
        Assert.Equal(expected, Fill(template));

    [Theory]
    [InlineData("{{start}", "{start}")]
    [InlineData("{{{start}", "{10")]
    [InlineData("a } b", "a } b")]
    [InlineData("{", "{")]
    [InlineData("{}", "{}")]
    [InlineData("{\"json\": 1}", "{\"json\": 1}")]
    [InlineData("awk '{print $1; exit}'", "awk '{print $1; exit}'")]
    public void Braces_that_name_nothing_stay_as_they_are(string template, string expected) =>
        Assert.Equal(expected, Fill(template));

    [Fact]
    public void Each_name_is_listed_once_in_order_of_first_use() =>
        Assert.Equal(["start", "learning_rate", "count"], Template.Parse("{start} {learning_rate} {start} {count}").Names);

    private static string Fill(string template) => Template.Parse(template).Fill(name => name switch
    {
        "start" => "10",
        "count" => "5",
        _ => throw new InvalidOperationException($"asked for {name}"),
    });
}
