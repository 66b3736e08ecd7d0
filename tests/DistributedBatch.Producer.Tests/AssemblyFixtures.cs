using DistributedBatch.TestKit.Broker;

[assembly: AssemblyFixture(typeof(PrivateBroker))]
