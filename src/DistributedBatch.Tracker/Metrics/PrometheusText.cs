using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace DistributedBatch.Tracker.Metrics;

/// <summary>
/// Collects the tracker's metrics and writes them in the text format of Prometheus
/// (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4): names with underscores, counters end in <c>_total</c>, seconds in
/// <c>_seconds</c>.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    private static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400];

    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<Instrument, ConcurrentDictionary<string, Series>> instruments = new();

    /// <summary>Starts to collect.</summary>
    /// <param name="metrics">The instruments to collect from.</param>
    public PrometheusText(TrackerMetrics metrics)
    {
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (!metrics.Owns(instrument))
                return;
            instruments.TryAdd(instrument, new ConcurrentDictionary<string, Series>());
            listening.EnableMeasurementEvents(instrument);
        };
        listener.MeasurementsCompleted = (instrument, _) => instruments.TryRemove(instrument, out var _);
        listener.SetMeasurementEventCallback<int>((instrument, value, labels, _) => Measure(instrument, value, labels));
        listener.SetMeasurementEventCallback<long>((instrument, value, labels, _) => Measure(instrument, value, labels));
        listener.SetMeasurementEventCallback<double>((instrument, value, labels, _) => Measure(instrument, value, labels));
        listener.Start();
    }

    /// <summary>The current values of all metrics.</summary>
    public string Write()
    {
        listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var (instrument, series) in instruments.OrderBy(pair => pair.Key.Name, StringComparer.Ordinal))
        {
            var name = NameOf(instrument);
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {instrument.Description}\n# TYPE {name} {KindOf(instrument)}\n");
            foreach (var (labels, measured) in series.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                measured.Write(text, name, labels);
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => listener.Dispose();

    /// <summary>The Prometheus name of an instrument.</summary>
    public static string NameOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_');
        if (instrument.Unit == "s")
            name += "_seconds";
        else if (instrument.Unit == "By")
            name += "_bytes";
        return KindOf(instrument) == "counter" ? name + "_total" : name;
    }

    private static string KindOf(Instrument instrument)
    {
        var kind = instrument.GetType().Name;
        return kind.Contains("Histogram", StringComparison.Ordinal) ? "histogram"
            : kind.StartsWith("Counter", StringComparison.Ordinal) || kind.StartsWith("ObservableCounter", StringComparison.Ordinal) ? "counter" : "gauge";
    }

    private void Measure(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        if (!instruments.TryGetValue(instrument, out var series))
            return;
        var key = new StringBuilder();
        foreach (var (name, label) in labels)
        {
            var escaped = Convert.ToString(label, CultureInfo.InvariantCulture)!
                .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            key.Append(key.Length > 0 ? "," : "").Append(name.Replace('.', '_')).Append("=\"").Append(escaped).Append('"');
        }

        var kind = instrument.GetType().Name;
        series.GetOrAdd(key.ToString(), _ => new Series(KindOf(instrument) == "histogram"))
            .Add(value, replace: instrument.IsObservable || kind.StartsWith("Gauge", StringComparison.Ordinal));
    }

    private sealed class Series(bool histogram)
    {
        private readonly Lock gate = new();
        private readonly long[] buckets = histogram ? new long[Bounds.Length + 1] : [];
        private double sum;

        public void Add(double value, bool replace)
        {
            lock (gate)
            {
                sum = replace ? value : sum + value;
                if (histogram)
                {
                    var at = Array.BinarySearch(Bounds, value);
                    buckets[at < 0 ? ~at : at]++;
                }
            }
        }

        public void Write(StringBuilder text, string name, string labels)
        {
            lock (gate)
            {
                var braced = labels.Length > 0 ? $"{{{labels}}}" : "";
                if (!histogram)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}{braced} {sum}\n");
                    return;
                }

                var passed = 0L;
                for (var at = 0; at < buckets.Length; at++)
                {
                    passed += buckets[at];
                    var bound = at < Bounds.Length ? Bounds[at].ToString(CultureInfo.InvariantCulture) : "+Inf";
                    text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{(labels.Length > 0 ? "," : "")}le=\"{bound}\"}} {passed}\n");
                }

                text.Append(CultureInfo.InvariantCulture, $"{name}_sum{braced} {sum}\n{name}_count{braced} {passed}\n");
            }
        }
    }
}
