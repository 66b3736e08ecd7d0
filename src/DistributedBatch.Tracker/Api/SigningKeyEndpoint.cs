using DistributedBatch.Tracker.Access;
using DistributedBatch.Tracker.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistributedBatch.Tracker.Api;

/// <summary>The public keys of the producers, for hosts. A host can trust them only over TLS, which identifies the server.</summary>
internal static class SigningKeyEndpoint
{
    public static void Map(RouteGroupBuilder api) => api.MapGet("/signing-key", async (AccessOptions options, CancellationToken cancellation) =>
    {
        var file = options.TrustFile!;
        return File.Exists(file) ? Results.Text(await File.ReadAllTextAsync(file, cancellation), "application/x-pem-file") : Problems.NoSigningKey();
    }).RequireRole(null).WithSummary("The public keys of the producers, as PEM. Hosts run only what one of them signed.").Produces<string>(contentType: "application/x-pem-file");
}
