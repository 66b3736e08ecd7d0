using System.Security.Cryptography;
using System.Text;
using DistributedBatch.Messaging.Files;

namespace DistributedBatch.Tracker.Access;

/// <summary>
/// The token with all permissions: 32 random bytes in a file that only its owner can read, as in Jupyter and Syncthing. A user who can read the data directory
/// may use the tracker. Other users cannot, not even on the same machine.
/// </summary>
public sealed class OperatorToken
{
    private readonly byte[] hash;

    private OperatorToken(byte[] hash, bool created)
    {
        this.hash = hash;
        Created = created;
    }

    /// <summary>Whether the file was created just now.</summary>
    public bool Created { get; }

    /// <summary>Reads the token, or creates one when there is no file yet.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file holds no token.</exception>
    public static OperatorToken ReadOrCreate(string path)
    {
        var created = PrivateFile.TryCreate(path, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)) + "\n");
        var text = File.ReadAllText(path).Trim();
        return text.Length >= 16
            ? new OperatorToken(HashOf(text), created)
            : throw new InvalidDataException($"{path} holds no token (at least 16 characters). Remove the file; the next start writes a new one.");
    }

    /// <summary>Whether <paramref name="candidate"/> is the token; the comparison takes constant time.</summary>
    public bool Is(string candidate) => CryptographicOperations.FixedTimeEquals(hash, HashOf(candidate));

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
