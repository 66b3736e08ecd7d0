using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistributedBatch.Contracts.Api;
using DistributedBatch.Messaging.Access;

namespace DistributedBatch.Tracker.Access;

/// <summary>
/// The tokens, hashed, in <c>tokens.json</c> beside the operator token. The file is looked at with every question, so that a token which was made or revoked by
/// another process counts at once.
/// </summary>
public sealed class TokenStore : IDisposable
{
    /// <summary>Name of the file in the data directory.</summary>
    public const string FileName = "tokens.json";

    private const string Prefix = "dbt_";

    private readonly string path;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private Dictionary<string, KnownToken> byId = new(StringComparer.Ordinal);
    private (DateTime Written, long Length)? seen;

    /// <summary>The tokens of a data directory; nothing is read yet.</summary>
    public TokenStore(string dataDirectory, TimeProvider time)
    {
        path = Path.Combine(dataDirectory, FileName);
        this.time = time;
    }

    /// <summary>All tokens, the oldest first.</summary>
    public IReadOnlyList<TokenView> All
    {
        get
        {
            lock (gate)
            {
                Refresh();
                return [.. byId.Values.Select(token => token.Stored.View).OrderBy(view => view.CreatedAt).ThenBy(view => view.Id, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Makes a token; null when there is one of that name already.</summary>
    public CreatedToken? Create(NewToken wanted)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var secret = $"{Prefix}{id}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}";
        var view = new TokenView(id, wanted.Name ?? id, wanted.Role, time.GetUtcNow(), wanted.ExpiresAt);
        lock (gate)
        {
            Refresh();
            if (byId.Values.Any(token => token.Stored.View.Name == view.Name || token.Stored.View.Id == view.Id))
                return null;
            byId[id] = new KnownToken(new StoredToken(view, HashOf(secret)));
            Write();
        }

        return new CreatedToken(secret, view);
    }

    /// <summary>Revokes the token with this id or name; null when there is none. What its bearer is in the middle of ends too.</summary>
    public TokenView? Revoke(string idOrName)
    {
        lock (gate)
        {
            Refresh();
            if (byId.Values.FirstOrDefault(token => token.Stored.View.Id == idOrName || token.Stored.View.Name == idOrName) is not { } revoked)
                return null;
            byId.Remove(revoked.Stored.View.Id);
            Write();
            revoked.End();
            return revoked.Stored.View;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var token in byId.Values)
            token.Dispose();
    }

    /// <summary>The token that was offered, if it is one of ours and still good.</summary>
    internal KnownToken? Find(string offered)
    {
        var end = offered.IndexOf('_', Math.Min(Prefix.Length, offered.Length));
        if (!offered.StartsWith(Prefix, StringComparison.Ordinal) || end < 0)
            return null;
        lock (gate)
        {
            Refresh();
            return byId.TryGetValue(offered[Prefix.Length..end], out var token)
                && CryptographicOperations.FixedTimeEquals(token.Stored.Hash, HashOf(offered))
                && !(token.Stored.View.ExpiresAt <= time.GetUtcNow())
                    ? token
                    : null;
        }
    }

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private void Refresh()
    {
        var file = new FileInfo(path);
        var now = file.Exists ? (file.LastWriteTimeUtc, file.Length) : default((DateTime, long)?);
        if (now == seen)
            return;
        var stored = now is null ? [] : JsonSerializer.Deserialize(File.ReadAllText(path), TokenJson.Default.IReadOnlyListStoredToken) ?? [];
        var fresh = stored.ToDictionary(
            token => token.View.Id,
            token => byId.GetValueOrDefault(token.View.Id) is { } known && known.Stored.Hash.AsSpan().SequenceEqual(token.Hash) ? known : new KnownToken(token),
            StringComparer.Ordinal);
        foreach (var gone in byId.Values.Except(fresh.Values))
            gone.End();
        (byId, seen) = (fresh, now);
    }

    private void Write()
    {
        PrivateFile.Replace(path, JsonSerializer.Serialize<IReadOnlyList<StoredToken>>([.. byId.Values.Select(token => token.Stored)], TokenJson.Default.IReadOnlyListStoredToken));
        var file = new FileInfo(path);
        seen = (file.LastWriteTimeUtc, file.Length);
    }
}
