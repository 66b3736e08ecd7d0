using System.CommandLine;
using DistributedBatch.Cli.Sources;

namespace DistributedBatch.Cli.Commands.Client;

/// <summary>What a client command for one run works with.</summary>
/// <param name="Parsed">The command line.</param>
/// <param name="Source">The source of the run.</param>
/// <param name="Run">The run.</param>
/// <param name="Json">Whether to print JSON.</param>
/// <param name="Cancellation">Gives up.</param>
internal sealed record ClientCommandContext(ParseResult Parsed, IRunSource Source, RunId Run, bool Json, CancellationToken Cancellation);
