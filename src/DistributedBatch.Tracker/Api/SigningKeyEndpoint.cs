using DistributedBatch.Messaging.Signing;
using DistributedBatch.Tracker.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>The public keys by which hosts know their producers. Worth something over TLS only, where a host knows whom it asks.</summary>
internal static class SigningKeyEndpoint
{
    public static void Map(RouteGroupBuilder api) => api.MapGet("/signing-key", async (TrackerOptions options, CancellationToken cancellation) =>
    {
        var file = options.TrustFile ?? SigningKey.PublicFile(SigningKey.DefaultFile(options.DataDirectory));
        return File.Exists(file) ? Results.Text(await File.ReadAllTextAsync(file, cancellation), "application/x-pem-file") : Problems.NoSigningKey();
    }).Needs(null).WithSummary("The public keys of the producers, as PEM. Hosts run only what one of them signed.").Produces<string>(contentType: "application/x-pem-file");
}
