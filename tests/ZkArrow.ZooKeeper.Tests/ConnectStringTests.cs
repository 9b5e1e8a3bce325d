using System.Net;

namespace ZkArrow.ZooKeeper.Tests;

public sealed class ConnectStringTests
{
    [TestCase("zk1", "zk1:2181", "")]
    [TestCase("zk1:2182", "zk1:2182", "")]
    [TestCase("zk1:1,zk2,zk3:65535", "zk1:1 zk2:2181 zk3:65535", "")]
    [TestCase("zk1, zk2:2182 ,zk3", "zk1:2181 zk2:2182 zk3:2181", "")]
    [TestCase("127.0.0.1:2182/app", "127.0.0.1:2182", "/app")]
    [TestCase("zk1,zk2/app/a", "zk1:2181 zk2:2181", "/app/a")]
    [TestCase("zk1/", "zk1:2181", "")]
    [TestCase("[::1]", "::1:2181", "")]
    [TestCase("[::1]:2182", "::1:2182", "")]
    [TestCase("[fe80::200:5aee:feaa:20a2]:2182,zk2/app", "fe80::200:5aee:feaa:20a2:2182 zk2:2181", "/app")]
    public void Good(string text, string servers, string chroot)
    {
        ZkConnectString parsed = ZkConnectString.Parse(text);
        Assert.That(
            string.Join(' ', parsed.Servers.Select(static (DnsEndPoint s) => $"{s.Host}:{s.Port}")), Is.EqualTo(servers));
        Assert.That(parsed.Chroot, Is.EqualTo(chroot));
    }

    [TestCase("", "a server is empty")]
    [TestCase("/app", "a server is empty")]
    [TestCase("zk1,,zk2", "a server is empty")]
    [TestCase("zk1,", "a server is empty")]
    [TestCase("zk1:", "port '' of server 'zk1:'")]
    [TestCase("zk1:0", "port '0' of server 'zk1:0'")]
    [TestCase("zk1:65536", "port '65536'")]
    [TestCase("zk1:-1", "port '-1'")]
    [TestCase("zk1:+21", "port '+21'")]
    [TestCase("zk1:2181x", "port '2181x'")]
    [TestCase("zk1:99999999999999", "port '99999999999999'")]
    [TestCase(":2181", "server ':2181' has no host")]
    [TestCase("::1", "several colons")]
    [TestCase("::1:2181", "several colons")]
    [TestCase("[::1", "no closing bracket")]
    [TestCase("[::1]2181", "'2181' after its bracket")]
    [TestCase("[zk1]:2181", "no IPv6 address")]
    [TestCase("[127.0.0.1]:2181", "no IPv6 address")]
    [TestCase("zk 1:2181", "host 'zk 1' contains ' '")]
    [TestCase("user@zk1", "contains '@'")]
    [TestCase("zk1/app,zk2", "contains a comma")]
    [TestCase("zk1/app/", "ends in '/'")]
    [TestCase("zk1//app", "empty segment")]
    [TestCase("zk1/a/../b", "relative segment '..'")]
    public void Bad(string text, string names) =>
        Assert.That(
            () => ZkConnectString.Parse(text),
            Throws.InstanceOf<FormatException>().With.Message.Contains(names).And.Message.Contains($"'{text}'"));

    [Test]
    public void Connecting_refuses_what_parsing_refuses() =>
        Assert.That(
            async () => await ZkClient.ConnectAsync(new ZkClientOptions { ConnectString = "zk1:x" }),
            Throws.InstanceOf<FormatException>());

    [TestCase("/")]
    [TestCase("/a")]
    [TestCase("/a/b.c/..d/…")]
    public void Good_paths(string path) => Assert.That(ZkPath.Problem(path, sequential: false), Is.Null);

    [TestCase("", "is empty")]
    [TestCase("a", "does not start with '/'")]
    [TestCase("/a/", "ends in '/'")]
    [TestCase("//a", "empty segment")]
    [TestCase("/a//b", "empty segment")]
    [TestCase("/.", "relative segment '.'")]
    [TestCase("/a/../b", "relative segment '..'")]
    [TestCase("/a\0", "U+0000")]
    [TestCase("/a\u001f", "U+001F")]
    [TestCase("/\u007f", "U+007F")]
    [TestCase("/\u009f", "U+009F")]
    [TestCase("/\ufffd", "U+FFFD")]
    [TestCase("/\ue000", "U+E000")]
    [TestCase("/\U0001F600", "outside the basic plane")]
    public void Bad_paths(string path, string names) =>
        Assert.That(ZkPath.Problem(path, sequential: false), Does.Contain(names));

    [TestCase("", "/a", "/a")]
    [TestCase("/app", "/", "/app")]
    [TestCase("/app", "/a", "/app/a")]
    public void Chroot_goes_on_and_comes_off(string chroot, string path, string server)
    {
        Assert.That(ZkPath.ToServer(chroot, path), Is.EqualTo(server));
        Assert.That(ZkPath.ToClient(chroot, server), Is.EqualTo(path));
    }

    [Test]
    public void A_name_that_only_begins_like_the_chroot_is_not_under_it() =>
        Assert.That(ZkPath.ToClient("/app", "/apple"), Is.EqualTo("/apple"));

    [Test]
    public void A_sequential_path_may_end_in_a_slash()
    {
        Assert.That(ZkPath.Problem("/a/", sequential: true), Is.Null);
        Assert.That(ZkPath.Problem("/a//", sequential: true), Does.Contain("empty segment"));
    }
}
