using System.CommandLine;
using DistributedBatch.Cli.Sources;
using DistributedBatch.Contracts.Runs;

namespace DistributedBatch.Cli.Commands;

/// <summary>A reading command that has found its run.</summary>
/// <param name="Parsed">The command line.</param>
/// <param name="Source">Where the run is.</param>
/// <param name="Run">The run.</param>
/// <param name="Json">Whether JSON is wanted.</param>
/// <param name="Cancellation">Gives up.</param>
internal sealed record RunCall(ParseResult Parsed, IRunSource Source, RunId Run, bool Json, CancellationToken Cancellation);
