using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace DistributedBatch.Tracker.Notifications;

/// <summary>
/// Turns a notice into a request: the notice itself as JSON for a webhook, or what ntfy servers take (https://docs.ntfy.sh/publish/#publish-as-json).
/// A user and password in the address become Basic credentials, a password alone a Bearer token.
/// </summary>
internal static class NotificationRequest
{
    /// <summary>The request that tells <paramref name="address"/> of <paramref name="notice"/>.</summary>
    public static HttpRequestMessage To(Uri address, RunNotification notice)
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
            Content = new ByteArrayContent(ntfy ? Ntfy(address, notice) : JsonSerializer.SerializeToUtf8Bytes(notice, NotificationJson.Default.RunNotification))
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

    private static byte[] Ntfy(Uri address, RunNotification notice)
    {
        var good = notice.State == Contracts.Runs.RunState.Succeeded;
        return JsonSerializer.SerializeToUtf8Bytes(
            new NtfyMessage(Uri.UnescapeDataString(address.Segments[^1]), notice.Title, notice.Text, good ? 3 : 4, [good ? "white_check_mark" : "warning"]),
            NotificationJson.Default.NtfyMessage);
    }
}
