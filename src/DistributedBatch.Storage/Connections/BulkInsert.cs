namespace DistributedBatch.Storage.Connections;

/// <summary>
/// An insert of many rows. PostgreSQL takes them as one array for each column: COPY would be faster, but cannot update rows that exist
/// (postgresql.org/docs/current/sql-copy.html).
/// </summary>
public sealed class BulkInsert
{
    /// <summary>Prepares both forms of the statement.</summary>
    /// <param name="into">The start, such as <c>INSERT INTO chunk (run, idx)</c>.</param>
    /// <param name="onConflict">The end: what happens with rows that exist.</param>
    /// <param name="types">The type of each column: <c>integer</c>, <c>bigint</c>, <c>boolean</c> or <c>text</c>.</param>
    public BulkInsert(string into, string onConflict, params IReadOnlyList<string> types)
    {
        Types = types;
        RowSql = $"{into} VALUES ({string.Join(", ", types.Select((_, at) => $"${at + 1}"))}) {onConflict}";
        ArraySql = $"{into} SELECT * FROM unnest({string.Join(", ", types.Select((type, at) => $"${at + 1}::{type}[]"))}) {onConflict}";
    }

    /// <summary>The type of each column.</summary>
    public IReadOnlyList<string> Types { get; }

    /// <summary>The statement for one row.</summary>
    public string RowSql { get; }

    /// <summary>The statement for all rows, with an array for each column.</summary>
    public string ArraySql { get; }

    /// <summary>The statement with its rows. No two rows may have the same key.</summary>
    public Statement Of(IReadOnlyList<object?[]> rows) => new(RowSql, rows, this);
}
