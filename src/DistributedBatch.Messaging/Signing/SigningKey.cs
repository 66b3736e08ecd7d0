using System.Security.Cryptography;
using System.Text;
using DistributedBatch.Messaging.Files;
using NSec.Cryptography;

namespace DistributedBatch.Messaging.Signing;

/// <summary>The producer's Ed25519 key (RFC 8032). It signs every job, so that hosts run only jobs of this producer.</summary>
public sealed class SigningKey : IDisposable
{
    private readonly Key key;

    private SigningKey(Key key) => this.key = key;

    /// <summary>Default file of the key.</summary>
    public static string DefaultFile(string dataDirectory) => Path.Combine(dataDirectory, "signing.key");

    /// <summary>The file of the public key, beside the key file.</summary>
    public static string PublicFile(string file) => file + ".pub";

    /// <summary>Creates a key file and its public file. Returns false and changes nothing when the key exists.</summary>
    public static bool TryCreate(string file)
    {
        using var fresh = Key.Create(SignatureAlgorithm.Ed25519, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        if (!PrivateFile.TryCreate(file, Pem(fresh.Export(KeyBlobFormat.PkixPrivateKeyText))))
            return false;
        PrivateFile.ReplacePublic(PublicFile(file), Pem(fresh.PublicKey.Export(KeyBlobFormat.PkixPublicKeyText)));
        return true;
    }

    /// <summary>Reads the key, or creates it when there is no file.</summary>
    /// <exception cref="InvalidDataException">The file holds no Ed25519 key.</exception>
    public static SigningKey ReadOrCreate(string file)
    {
        TryCreate(file);
        try
        {
            return new SigningKey(Key.Import(SignatureAlgorithm.Ed25519, File.ReadAllBytes(file), KeyBlobFormat.PkixPrivateKeyText));
        }
        catch (Exception failure) when (failure is FormatException or CryptographicException)
        {
            throw new InvalidDataException($"{file} holds no Ed25519 key as PEM; 'dbatch key init FILE' makes one.", failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();

    internal string Sign(ReadOnlySpan<byte> text) => Convert.ToBase64String(SignatureAlgorithm.Ed25519.Sign(key, text));

    private static string Pem(byte[] text) => Encoding.ASCII.GetString(text).TrimEnd() + "\n";
}
