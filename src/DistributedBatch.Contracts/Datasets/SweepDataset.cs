using System.Text.Json.Serialization;

namespace DistributedBatch.Contracts.Datasets;

/// <summary>Every combination of the parameters' values, the last parameter changing fastest: <c>--sweep lr=0.1,0.01 --sweep seed=1,2,3</c>.</summary>
/// <param name="Parameters">The parameters in the order they were given, each with at least one value.</param>
public sealed record SweepDataset(IReadOnlyList<SweepParameter> Parameters) : Dataset
{
    /// <inheritdoc/>
    public override long Total => Parameters.Aggregate(1L, (product, parameter) => checked(product * parameter.Values.Count));

    /// <inheritdoc/>
    public override bool HasItems => true;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> Columns => [.. Parameters.Select(parameter => parameter.Name)];

    /// <inheritdoc/>
    public override IReadOnlyList<string> ItemAt(long index)
    {
        var values = new string[Parameters.Count];
        for (var digit = Parameters.Count - 1; digit >= 0; digit--)
        {
            var choices = Parameters[digit].Values;
            values[digit] = choices[(int)(index % choices.Count)];
            index /= choices.Count;
        }

        return values;
    }
}
