using ArchUnitNET.Domain;
using ArchUnitNET.Fluent;
using ArchUnitNET.Fluent.Slices;
using ArchUnitNET.xUnitV3;
using static ArchUnitNET.Fluent.ArchRuleDefinition;
using static ArchUnitNET.Fluent.Slices.SliceRuleDefinition;

namespace DistributedBatch.Architecture.Tests;

/// <summary>
/// Inside a project a folder uses only folders below it. The files directly in the project's folder are the composition root: they use all folders, and no
/// folder uses them. Every folder is a slice of its own, nested folders too.
/// </summary>
public sealed class FloorTests
{
    public static TheoryData<string> Projects => [.. Solution.Projects];

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_folders_of_a_project_form_floors_without_a_ring(string project) => NoRing(project).Check(Solution.Architecture);

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_folder_uses_the_composition_root(string project) => NoUseOfRoot(project).Check(Solution.Architecture);

    [Fact]
    public void The_rules_find_a_ring_through_a_nested_folder_an_async_method_and_a_lambda_and_a_use_of_the_root()
    {
        var failure = Assert.ThrowsAny<Exception>(() => NoRing("DistributedBatch.Architecture.Tests").Check(Solution.Architecture));
        Assert.Contains("Ring -> Ring.Below", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Ring.Below -> Ring", failure.Message, StringComparison.Ordinal);
        Assert.False(NoUseOfRoot("DistributedBatch.Architecture.Tests").HasNoViolations(Solution.Architecture));
    }

    private static SliceRule NoRing(string project) => Slices().Matching($"{project}.(**)").Should().BeFreeOfCycles();

    private static ArchRule<IType> NoUseOfRoot(string project) => Types().That().ResideInNamespaceMatching($@"^{project}\..+")
        .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching($"^{project}$"))
        .WithoutRequiringPositiveResults();
}
