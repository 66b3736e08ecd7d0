global using DistributedBatch.Contracts.Api;
global using DistributedBatch.Contracts.Chunks;
global using DistributedBatch.Contracts.Runs;
global using DistributedBatch.Contracts.Text;
