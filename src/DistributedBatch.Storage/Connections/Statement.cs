namespace DistributedBatch.Storage.Connections;

/// <summary>A statement and the rows of arguments that it runs for.</summary>
/// <param name="Sql">The statement for one row, with arguments <c>$1</c>, <c>$2</c>, ….</param>
/// <param name="Rows">The arguments.</param>
/// <param name="Bulk">The same statement for all rows at once; null when the rows run one by one everywhere.</param>
public sealed record Statement(string Sql, IReadOnlyList<object?[]> Rows, BulkInsert? Bulk = null);
