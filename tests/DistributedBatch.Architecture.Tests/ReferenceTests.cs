using ArchUnitNET.Fluent.Syntax.Elements.Types;
using ArchUnitNET.xUnitV3;
using static ArchUnitNET.Fluent.ArchRuleDefinition;

namespace DistributedBatch.Architecture.Tests;

/// <summary>What the projects may reference.</summary>
public sealed class ReferenceTests
{
    private const string Broker = @"^(RabbitMQ\.Client|MassTransit)(\.|$)";
    private const string Messaging = @"^DistributedBatch\.Messaging(\.|$)";
    private static readonly string[] Services = ["Producer", "Consumer", "Tracker"];

    public static TheoryData<string, string> PairsOfServices => [.. from service in Services from other in Services where service != other select (service, other)];

    [Theory]
    [MemberData(nameof(PairsOfServices))]
    public void A_service_does_not_reference_another_one(string service, string other) =>
        In($@"^DistributedBatch\.{service}(\.|$)").Should().NotDependOnAny(In($@"^DistributedBatch\.{other}(\.|$)")).Check(Solution.Architecture);

    [Fact]
    public void Only_Messaging_uses_RabbitMQ_and_MassTransit() =>
        Types().That().DoNotResideInNamespaceMatching(Messaging).Should().NotDependOnAny(In(Broker)).Check(Solution.Architecture);

    /// <summary>Of Messaging they may use <c>TrustedAuthorities</c>, which verifies the certificates of HTTP servers too.</summary>
    [Fact]
    public void Client_commands_speak_HTTP_and_use_no_type_of_a_broker() =>
        In(@"^DistributedBatch\.Cli\.(Commands\.Client|Servers|Sources|Progress|Summary|Hooks)(\.|$)")
            .Should().NotDependOnAny(Types(true).That().ResideInNamespaceMatching($"{Broker}|{Messaging}").And().DoNotHaveName("TrustedAuthorities"))
            .Check(Solution.Architecture);

    [Fact]
    public void Contracts_references_no_other_project() =>
        Assert.DoesNotContain(Solution.AssemblyOf("DistributedBatch.Contracts").GetReferencedAssemblies(), name => name.Name!.StartsWith("DistributedBatch", StringComparison.Ordinal));

    [Fact]
    public void The_rules_see_the_types_of_the_packages() =>
        Assert.True(In(Broker).GetObjects(Solution.Architecture).Count() > 1, "The types of RabbitMQ.Client and MassTransit are not in the model, so no rule about them can fail.");

    private static GivenTypesConjunction In(string namespacePattern) => Types(true).That().ResideInNamespaceMatching(namespacePattern);
}
