using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace DistributedBatch.Tracker.Notifications;

/// <summary>
/// Turns a notification into an HTTP request: its JSON for a webhook, or a message for an ntfy server (https://docs.ntfy.sh/publish/#publish-as-json).
/// A user and password in the address become Basic credentials, a password alone a Bearer token.
/// </summary>
internal static class NotificationRequest
{
    /// <summary>The request that sends <paramref name="notification"/> to <paramref name="address"/>.</summary>
    public static HttpRequestMessage To(Uri address, RunNotification notification)
    {
        var ntfy = address.Scheme is "ntfy" or "ntfy+http";
        var plain = new UriBuilder(address) { UserName = "", Password = "" };
        if (ntfy)
        {
            plain.Scheme = address.Scheme == "ntfy" ? "https" : "http";
            plain.Port = address.IsDefaultPort || address.Port < 0 ? -1 : address.Port;
            plain.Path = address.AbsolutePath[..(address.AbsolutePath.LastIndexOf('/') + 1)];
        }

        var request = new HttpRequestMessage(HttpMethod.Post, plain.Uri)
        {
            Content = new ByteArrayContent(ntfy ? Ntfy(address, notification) : JsonSerializer.SerializeToUtf8Bytes(notification, NotificationJson.Default.RunNotification))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
        };
        if (address.UserInfo.Length > 0)
        {
            var parts = Uri.UnescapeDataString(address.UserInfo).Split(':', 2);
            request.Headers.Authorization = parts is ["", var token]
                ? new AuthenticationHeaderValue("Bearer", token)
                : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo))));
        }

        return request;
    }

    private static byte[] Ntfy(Uri address, RunNotification notification)
    {
        var succeeded = notification.State == Contracts.Runs.RunState.Succeeded;
        return JsonSerializer.SerializeToUtf8Bytes(
            new NtfyMessage(Uri.UnescapeDataString(address.Segments[^1]), notification.Title, notification.Text, succeeded ? 3 : 4, [succeeded ? "white_check_mark" : "warning"]),
            NotificationJson.Default.NtfyMessage);
    }
}
