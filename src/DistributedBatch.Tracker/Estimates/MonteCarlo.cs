namespace DistributedBatch.Tracker.Estimates;

/// <summary>Random numbers of several distributions, made from uniform ones.</summary>
/// <param name="uniform">Returns numbers from 0 (included) to 1 (excluded).</param>
internal sealed class MonteCarlo(Func<double> uniform)
{
    /// <summary>A number from 0 to 1.</summary>
    public double Uniform() => uniform();

    /// <summary>A standard normal (Box and Muller).</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - uniform())) * Math.Cos(2 * Math.PI * uniform());

    /// <summary>A standard exponential.</summary>
    public double Exponential() => -Math.Log(1 - uniform());

    /// <summary>A gamma with scale 1 (Marsaglia and Tsang 2000, for shapes of at least 1).</summary>
    public double Gamma(double shape)
    {
        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = Normal();
            var v = 1 + (c * x);
            if (v <= 0)
                continue;
            v = v * v * v;
            if (Math.Log(1 - uniform()) < (0.5 * x * x) + (d * (1 - v + Math.Log(v))))
                return d * v;
        }
    }
}
