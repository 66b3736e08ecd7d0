using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace DistributedBatch.Consumer.Processes;

/// <summary>
/// The environment of one attempt: what all attempts of its job share, and the few variables that are its own. The shared part is one object per job,
/// so that a runner can encode it, or send it, once.
/// </summary>
/// <param name="shared">Variables of the job; names in <paramref name="own"/> are not among them.</param>
/// <param name="own">Variables of this attempt.</param>
internal sealed class AttemptEnvironment(IReadOnlyDictionary<string, string> shared, IReadOnlyList<KeyValuePair<string, string>> own)
    : IReadOnlyDictionary<string, string>
{
    /// <summary>What all attempts of the job have in common; the same object for each of them.</summary>
    public IReadOnlyDictionary<string, string> Shared => shared;

    /// <summary>What is this attempt's own.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Own => own;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => this.Select(pair => pair.Key);

    /// <inheritdoc/>
    public IEnumerable<string> Values => this.Select(pair => pair.Value);

    /// <inheritdoc/>
    public int Count => shared.Count + own.Count;

    /// <inheritdoc/>
    public string this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"No variable {key}.");

    /// <inheritdoc/>
    public bool ContainsKey(string key) => TryGetValue(key, out _);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        foreach (var pair in own)
        {
            if (pair.Key == key)
            {
                value = pair.Value;
                return true;
            }
        }

        return shared.TryGetValue(key, out value);
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => shared.Concat(own).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
