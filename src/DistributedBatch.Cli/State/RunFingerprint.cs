using System.Security.Cryptography;
using System.Text.Json;
using DistributedBatch.Contracts.Json;

namespace DistributedBatch.Cli.State;

/// <summary>Identifies the work of a run: the same command over the same items in the same chunks has the same fingerprint.</summary>
internal static class RunFingerprint
{
    /// <summary>
    /// A hash over the settings that decide what the chunks compute. Retries, timeout and slots are left out: they may change when a run is resumed.
    /// </summary>
    public static string Of(RunSpec spec)
    {
        var work = new RunSpec
        {
            Name = "",
            Dataset = spec.Dataset,
            ChunkSize = spec.ChunkSize,
            Job = new JobSpec
            {
                Command = spec.Job.Command,
                Stdin = spec.Job.Stdin,
                WorkingDirectory = spec.Job.WorkingDirectory,
                Env = spec.Job.Env,
                Conda = spec.Job.Conda,
                Venv = spec.Job.Venv,
            },
        };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (var stream = new HashStream(hash))
            JsonSerializer.Serialize(stream, work, ContractsJson.Default.RunSpec);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // A list of a million items is hashed while it is written, and never held as one text.
    private sealed class HashStream(IncrementalHash hash) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => hash.AppendData(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => hash.AppendData(buffer);

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
