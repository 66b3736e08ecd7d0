using DistributedBatch.Cli.Checks;

namespace DistributedBatch.Cli.Tests.Checks;

public sealed class MissingModuleTests
{
    [Theory]
    [InlineData("python3", false, true, "run it with --python /usr/bin/python3; or install it with python3 -m pip install scikit-learn")]
    [InlineData("ve/bin/python", false, true, "run it with /usr/bin/python3 in its place; or install it with ve/bin/python -m pip install scikit-learn")]
    [InlineData("ve/bin/python", false, false, "ve/bin/python has no module 'sklearn': install it with ve/bin/python -m pip install scikit-learn")]
    [InlineData("python3", true, true, "the environment of the run has no module 'sklearn': install it there")]
    [InlineData("./train.sh", false, true, "the Python that ./train.sh starts has no module 'sklearn': install it there")]
    public void The_remedy_is_one_that_works_for_the_command(string interpreter, bool hasEnvironment, bool systemHasIt, string remedy) =>
        Assert.EndsWith(remedy, MissingModule.Remedies(interpreter, "sklearn", hasEnvironment, systemHasIt), StringComparison.Ordinal);
}
