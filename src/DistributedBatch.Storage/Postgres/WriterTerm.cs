using System.Globalization;
using Npgsql;

namespace DistributedBatch.Storage.Postgres;

/// <summary>
/// The term of a single writer: a number that grows with every process that becomes the writer. Every write checks it in its own transaction, so a process that was
/// replaced while it had no session writes nothing, even when the lock is free again by then.
/// </summary>
internal static class WriterTerm
{
    /// <summary>The SQLSTATE of a write in a term that is over.</summary>
    public const string IsOver = "DB001";

    /// <summary>Creates the table and the check, for the transaction of the migrations.</summary>
    public const string Create = $"""
        CREATE TABLE IF NOT EXISTS writer_term (term bigint NOT NULL);
        INSERT INTO writer_term SELECT 0 WHERE NOT EXISTS (SELECT FROM writer_term);
        CREATE OR REPLACE FUNCTION require_term(expected bigint) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM 1 FROM writer_term WHERE term = expected FOR SHARE;
          IF NOT FOUND THEN
            RAISE EXCEPTION 'the term of this writer is over' USING ERRCODE = '{IsOver}';
          END IF;
        END $$
        """;

    /// <summary>Fails with <see cref="IsOver"/> unless <c>$1</c> is the present term. Until the transaction ends no other term can begin.</summary>
    public const string Require = "SELECT require_term($1)";

    /// <summary>Begins the next term.</summary>
    public static async Task<long> BeginAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        await ReadAsync(connection, "UPDATE writer_term SET term = term + 1 RETURNING term", cancellation);

    /// <summary>The present term.</summary>
    public static Task<long> CurrentAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        ReadAsync(connection, "SELECT term FROM writer_term", cancellation);

    private static async Task<long> ReadAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellation), CultureInfo.InvariantCulture);
    }
}
