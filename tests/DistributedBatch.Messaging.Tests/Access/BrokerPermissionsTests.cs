using System.Text.RegularExpressions;
using DistributedBatch.Messaging.Access;

namespace DistributedBatch.Messaging.Tests.Access;

public sealed class BrokerPermissionsTests
{
    [Fact]
    public void Every_role_may_publish_to_nobody_and_so_hear_of_an_alarm() =>
        Assert.All(Enum.GetValues<BrokerRole>(), role => Assert.Matches(new Regex(BrokerPermissions.Of(role).Write), "dbatch.probe"));
}
