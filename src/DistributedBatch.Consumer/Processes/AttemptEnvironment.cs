using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace DistributedBatch.Consumer.Processes;

/// <summary>
/// The environment of one attempt: variables that all attempts of the job share, and a few of its own. The shared part is one object per job, so that
/// a runner can encode it once.
/// </summary>
/// <param name="shared">Variables of the job, without those in <paramref name="own"/>.</param>
/// <param name="own">Variables of this attempt.</param>
internal sealed class AttemptEnvironment(IReadOnlyDictionary<string, string> shared, IReadOnlyList<KeyValuePair<string, string>> own)
    : IReadOnlyDictionary<string, string>
{
    /// <summary>Variables of the job; the same object for all its attempts.</summary>
    public IReadOnlyDictionary<string, string> Shared => shared;

    /// <summary>Variables of this attempt.</summary>
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
