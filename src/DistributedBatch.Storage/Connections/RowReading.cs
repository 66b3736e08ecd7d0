using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace DistributedBatch.Storage.Connections;

/// <summary>Reads rows with plain readers. No mapper has to be compiled first, which would be most of the start of a short command.</summary>
public static class RowReading
{
    /// <summary>All rows of a statement with arguments <c>$1</c>, <c>$2</c>, ….</summary>
    public static async Task<List<T>> ListAsync<T>(
        this DbConnection connection, string sql, Func<DbDataReader, T> map, CancellationToken cancellation, params object[] arguments)
    {
        var rows = new List<T>();
        await foreach (var row in connection.StreamAsync(sql, map, arguments, cancellation))
            rows.Add(row);
        return rows;
    }

    /// <summary>The rows of a statement, one by one.</summary>
    public static async IAsyncEnumerable<T> StreamAsync<T>(
        this DbConnection connection, string sql, Func<DbDataReader, T> map, object[] arguments, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var position = 0; position < arguments.Length; position++)
        {
            var parameter = command.CreateParameter();
            // Npgsql counts unnamed parameters. SQLite wants the name that stands in the statement.
            if (parameter is SqliteParameter)
                parameter.ParameterName = $"${position + 1}";
            parameter.Value = arguments[position];
            command.Parameters.Add(parameter);
        }

        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            yield return map(reader);
    }

    /// <summary>The text in a column, or null.</summary>
    public static string? Text(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>The whole number in a column, or null.</summary>
    public static long? Number(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    /// <summary>The time in a column of Unix milliseconds.</summary>
    public static DateTimeOffset Time(this DbDataReader reader, int column) => DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));

    /// <summary>The time in a column of Unix milliseconds, or null.</summary>
    public static DateTimeOffset? TimeOrNull(this DbDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.Time(column);
}
