using System.Security.Cryptography;
using System.Text;
using DistributedBatch.Messaging.Access;

namespace DistributedBatch.Tracker.Api;

/// <summary>
/// The secret that lets its bearer do everything: 32 random bytes in a file that only its owner can read, as Jupyter and Syncthing do it. Whoever can read the
/// data directory may use the tracker; nobody else can, not even on the same machine.
/// </summary>
public sealed class OperatorToken
{
    private readonly byte[] hash;

    private OperatorToken(byte[] hash, bool created)
    {
        this.hash = hash;
        Created = created;
    }

    /// <summary>True when the file was made just now, so that it is worth telling where it is.</summary>
    public bool Created { get; }

    /// <summary>Reads the token, or makes one where there is no file yet.</summary>
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

    /// <summary>Whether <paramref name="offered"/> is the token; takes the same time whatever part of it is right.</summary>
    public bool Is(string offered) => CryptographicOperations.FixedTimeEquals(hash, HashOf(offered));

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
