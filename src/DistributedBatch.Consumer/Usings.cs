global using DistributedBatch.Contracts.Chunks;
global using DistributedBatch.Contracts.Hosts;
global using DistributedBatch.Contracts.Jobs;
global using DistributedBatch.Contracts.Messages;
global using DistributedBatch.Contracts.Runs;
global using Microsoft.Extensions.Logging;
