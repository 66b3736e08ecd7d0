global using DistributedBatch.TestKit.Broker;
global using Microsoft.Extensions.DependencyInjection;
global using Microsoft.Extensions.Hosting;

[assembly: AssemblyFixture(typeof(PrivateBroker))]
