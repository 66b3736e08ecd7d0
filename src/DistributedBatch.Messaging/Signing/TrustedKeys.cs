using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace DistributedBatch.Messaging.Signing;

/// <summary>The public keys of the producers whose jobs a host runs.</summary>
public sealed class TrustedKeys
{
    private const string End = "-----END PUBLIC KEY-----";

    private readonly IReadOnlyList<PublicKey> keys;

    private TrustedKeys(IReadOnlyList<PublicKey> keys) => this.keys = keys;

    /// <summary>Reads keys as PEM, one after the other.</summary>
    /// <param name="pem">The text.</param>
    /// <param name="source">Where it is from, for the message.</param>
    /// <exception cref="InvalidDataException">There is no key in it, or something that is none.</exception>
    public static TrustedKeys Parse(string pem, string source)
    {
        try
        {
            List<PublicKey> keys = [];
            foreach (var part in pem.Split(End, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                keys.Add(PublicKey.Import(SignatureAlgorithm.Ed25519, Encoding.ASCII.GetBytes($"{part}\n{End}\n"), KeyBlobFormat.PkixPublicKeyText));
            return keys.Count > 0 ? new TrustedKeys(keys) : throw new InvalidDataException($"{source} holds no public key.");
        }
        catch (Exception failure) when (failure is FormatException or CryptographicException)
        {
            throw new InvalidDataException($"{source} holds something that is no Ed25519 public key as PEM; it is the file that ends in .pub beside the producer's key.", failure);
        }
    }

    internal bool Signed(ReadOnlySpan<byte> text, string signature)
    {
        Span<byte> bytes = stackalloc byte[SignatureAlgorithm.Ed25519.SignatureSize];
        if (!Convert.TryFromBase64String(signature, bytes, out var length) || length != bytes.Length)
            return false;
        foreach (var key in keys)
        {
            if (SignatureAlgorithm.Ed25519.Verify(key, text, bytes))
                return true;
        }

        return false;
    }
}
