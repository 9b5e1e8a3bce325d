using ZkArrow.Testing;
using static ZkArrow.ZooKeeper.Tests.SharedServer;

namespace ZkArrow.ZooKeeper.Tests.Security;

[CancelAfter(60_000)]
public sealed class AclTests
{
    // as the servers' own DigestAuthenticationProvider prints it
    [Test]
    public void The_hash_is_that_of_the_servers() =>
        Assert.That(
            ZkAcl.Digest("super", "admin", ZkPermissions.Read),
            Is.EqualTo(new ZkAcl(ZkPermissions.Read, "digest", "super:xQJmxLMiHGwaqBvst5y6rkB6HQs=")));

    [Test]
    public void The_hash_is_not_printed() =>
        Assert.That(
            new[] { $"{ZkAcl.Digest("super", "admin")}", $"{ZkAcl.Sasl("ann")}", $"{ZkAcl.Ip("10.0.0.0/8", ZkPermissions.Read)}" },
            Is.EqualTo(new[]
            {
                "ZkAcl { Permissions = All, Scheme = digest, Id = super }",
                "ZkAcl { Permissions = All, Scheme = sasl, Id = ann }",
                "ZkAcl { Permissions = Read, Scheme = ip, Id = 10.0.0.0/8 }",
            }));

    [Test]
    public async Task Digest_credentials_hold_after_a_reconnect_and_others_have_none()
    {
        string chroot = await NewChrootAsync();
        await using ChaosProxy proxy = RunSecurity.Proxy(Instance);
        await using ZkClient ann = await SharedServer.ConnectAsync(RunSecurity.Options(proxy.ConnectString + chroot) with
        {
            Auth = [ZkAuth.Digest("ann", "one")],
            DefaultAcl = [ZkAcl.Digest("ann", "one"), ZkAcl.Digest("ben", "two", ZkPermissions.Read)],
        });
        await using ZkClient ben = await SharedServer.ConnectAsync(Instance.ConnectString + chroot);
        await ann.CreateAsync("/d", default);
        Assert.That(async () => await ben.GetDataAsync("/d"), Throws.InstanceOf<ZkNoAuthException>());
        await ben.AddAuthAsync(ZkAuth.Digest("ben", "two"));
        await ben.GetDataAsync("/d");
        Assert.That(async () => await ben.SetDataAsync("/d", default), Throws.InstanceOf<ZkNoAuthException>());

        Recorder<ZkStateChange> states = new();
        ann.StateChanged += states.Add;
        proxy.Cut();
        await states.CountAsync(2);
        await ann.SetDataAsync("/d", default);
    }

    [Test]
    public async Task Addresses_open_nodes()
    {
        await using ZkClient client = await SharedServer.ConnectAsync(Instance.ConnectString + await NewChrootAsync());
        await client.CreateAsync("/near", default, acl: [ZkAcl.Ip("127.0.0.0/8")]);
        await client.CreateAsync("/far", default, acl: [ZkAcl.Ip("10.1.2.3")]);
        await client.SetDataAsync("/near", default);
        Assert.That(async () => await client.SetDataAsync("/far", default), Throws.InstanceOf<ZkNoAuthException>());
    }
}
