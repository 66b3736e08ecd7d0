using System.Text.Json;
using DistributedBatch.Contracts.Chunks;
using DistributedBatch.Contracts.Runs;
using DistributedBatch.Tracker.Notifications;

namespace DistributedBatch.Tracker.Tests.Notifications;

public sealed class NotificationRequestTests
{
    private static readonly RunNotification Notification = new()
    {
        Event = "ended",
        Run = RunId.New(),
        Name = "zählen",
        State = RunState.Succeeded,
        Title = "zählen: succeeded",
        Text = "All 10 chunks succeeded.",
        Chunks = new ChunkCounts(10, 0, 0, 0, 10, 0, 0),
        ItemsSucceeded = 100,
        SubmittedAt = TestData.Noon,
        At = TestData.Noon,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ntfy://ntfy.sh/lab%20runs", "https://ntfy.sh/", "lab runs")]
    [InlineData("ntfy+http://head:8090/push/topic", "http://head:8090/push/", "topic")]
    public async Task An_ntfy_server_gets_a_message_for_its_topic(string address, string posted, string topic)
    {
        using var request = NotificationRequest.To(new Uri(address), Notification);
        var message = JsonDocument.Parse(await request.Content!.ReadAsStringAsync(Cancellation)).RootElement;

        Assert.Equal(posted, request.RequestUri!.ToString());
        Assert.Equal((topic, Notification.Title, Notification.Text), (
            message.GetProperty("topic").GetString(), message.GetProperty("title").GetString(), message.GetProperty("message").GetString()));
    }

    [Theory]
    [InlineData("https://ada:se%3Acret@lab/hook?x=1", "Basic YWRhOnNlOmNyZXQ=")]
    [InlineData("https://:tk_abc@lab/hook?x=1", "Bearer tk_abc")]
    [InlineData("https://lab/hook?x=1", null)]
    public async Task A_webhook_gets_the_notification_and_credentials_leave_the_address(string address, string? authorization)
    {
        using var request = NotificationRequest.To(new Uri(address), Notification);
        var body = JsonDocument.Parse(await request.Content!.ReadAsStringAsync(Cancellation)).RootElement;

        Assert.Equal(("https://lab/hook?x=1", authorization), (request.RequestUri!.ToString(), request.Headers.Authorization?.ToString()));
        Assert.Equal(("succeeded", 10), (body.GetProperty("state").GetString(), body.GetProperty("chunks").GetProperty("succeeded").GetInt32()));
    }
}
