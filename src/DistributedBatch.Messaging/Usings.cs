global using DistributedBatch.Contracts.Messages;
global using DistributedBatch.Contracts.Runs;
global using Microsoft.Extensions.DependencyInjection;
global using Microsoft.Extensions.Hosting;
global using Microsoft.Extensions.Logging;
