using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistributedBatch.Messaging.Files;

namespace DistributedBatch.Tracker.Access;

/// <summary>
/// The hashed tokens in <c>tokens.json</c>, beside the operator token. Every call checks the file for changes, so that tokens which another process creates or
/// revokes take effect at once.
/// </summary>
public sealed class TokenStore : IDisposable
{
    /// <summary>The name of the file in the data directory.</summary>
    public const string FileName = "tokens.json";

    private const string Prefix = "dbt_";

    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(10);

    private readonly string path;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private Dictionary<string, ActiveToken> byId = new(StringComparer.Ordinal);
    private (DateTime Written, long Length)? lastRead;

    /// <summary>The tokens of a data directory. Nothing is read yet.</summary>
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

    /// <summary>Creates a token; null when its name is taken.</summary>
    public CreatedToken? Create(NewToken request)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var secret = $"{Prefix}{id}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32))}";
        var view = new TokenView(id, request.Name ?? id, request.Role, time.GetUtcNow(), request.ExpiresAt);
        lock (gate)
        {
            using var writer = LockFile();
            Read();
            if (byId.Values.Any(token => token.Stored.View.Name == view.Name || token.Stored.View.Id == view.Id))
                return null;
            byId[id] = new ActiveToken(new StoredToken(view, HashOf(secret)), time);
            Write();
        }

        return new CreatedToken(secret, view);
    }

    /// <summary>Revokes the token with this id or name and ends its requests; null when there is none.</summary>
    public TokenView? Revoke(string idOrName)
    {
        lock (gate)
        {
            using var writer = LockFile();
            Read();
            if (byId.Values.FirstOrDefault(token => token.Stored.View.Id == idOrName || token.Stored.View.Name == idOrName) is not { } revoked)
                return null;
            byId.Remove(revoked.Stored.View.Id);
            Write();
            revoked.Revoke();
            return revoked.Stored.View;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var token in byId.Values)
            token.Dispose();
    }

    /// <summary>The token with this secret; null when it is unknown or has expired.</summary>
    internal ActiveToken? Find(string secret)
    {
        var end = secret.IndexOf('_', Math.Min(Prefix.Length, secret.Length));
        if (!secret.StartsWith(Prefix, StringComparison.Ordinal) || end < 0)
            return null;
        lock (gate)
        {
            Refresh();
            return byId.TryGetValue(secret[Prefix.Length..end], out var token)
                && CryptographicOperations.FixedTimeEquals(token.Stored.Hash, HashOf(secret))
                && !(token.Stored.View.ExpiresAt <= time.GetUtcNow())
                    ? token
                    : null;
        }
    }

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    // Two processes, such as the server and 'dbatch token revoke', would else write over each other's change. The kernel releases the lock with the process.
    private FileStream LockFile()
    {
        for (var began = time.GetTimestamp(); ;)
        {
            try
            {
                PrivateFile.CreateDirectory(Path.GetDirectoryName(path)!);
                return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path + ".lock") && time.GetElapsedTime(began) < LongestWrite)
            {
                Thread.Sleep(10);
            }
        }
    }

    private void Refresh()
    {
        if (Stamp() != lastRead)
            Read();
    }

    private (DateTime Written, long Length)? Stamp() => new FileInfo(path) is { Exists: true } file ? (file.LastWriteTimeUtc, file.Length) : null;

    private void Read()
    {
        var now = Stamp();
        var stored = now is null ? [] : JsonSerializer.Deserialize(File.ReadAllText(path), TokenJson.Default.IReadOnlyListStoredToken) ?? [];
        var fresh = stored.ToDictionary(
            token => token.View.Id,
            token => byId.GetValueOrDefault(token.View.Id) is { } known && known.Stored.Hash.AsSpan().SequenceEqual(token.Hash) ? known : new ActiveToken(token, time),
            StringComparer.Ordinal);
        foreach (var removed in byId.Values.Except(fresh.Values))
            removed.Revoke();
        (byId, lastRead) = (fresh, now);
    }

    private void Write()
    {
        PrivateFile.Replace(path, JsonSerializer.Serialize<IReadOnlyList<StoredToken>>([.. byId.Values.Select(token => token.Stored)], TokenJson.Default.IReadOnlyListStoredToken));
        lastRead = Stamp();
    }
}
