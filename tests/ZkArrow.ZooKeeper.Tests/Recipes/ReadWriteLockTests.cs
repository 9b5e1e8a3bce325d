using ZkArrow.Testing;
using ZkArrow.ZooKeeper.Recipes;

namespace ZkArrow.ZooKeeper.Tests.Recipes;

public sealed class ReadWriteLockTests : RecipeTest
{
    private const string Path = "/rw";
    private static readonly TimeSpan _shortly = TimeSpan.FromMilliseconds(100);

    [Test]
    public async Task Readers_share_and_writers_do_not()
    {
        ZkReadWriteLock mine = new(Client, Path), others = new(Other, Path);
        ZkLockHandle one = await mine.AcquireReadAsync(), two = await others.AcquireReadAsync();
        Assert.That((one.Token, two.Token), Is.EqualTo((0, 0)));
        Assert.That(await ChildrenAsync(Path), Has.All.Match("^_c_[0-9a-f-]{36}-__READ__[0-9]{10}$"));
        Assert.That(await mine.TryAcquireWriteAsync(_shortly), Is.Null);
        await one.DisposeAsync();
        Assert.That(await mine.TryAcquireWriteAsync(_shortly), Is.Null);
        await two.DisposeAsync();
        await using ZkLockHandle writer = await mine.AcquireWriteAsync();
        Assert.That(writer.Token, Is.EqualTo(1));
        Assert.That(await ChildrenAsync(Path), Has.All.Match("^_c_[0-9a-f-]{36}-__WRIT__[0-9]{10}$"));
        Assert.That(await others.TryAcquireReadAsync(_shortly), Is.Null);
        Assert.That(await others.TryAcquireWriteAsync(_shortly), Is.Null);
        Assert.That(await ChildrenAsync(Path), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_reader_behind_a_waiting_writer_waits_for_it_and_sees_its_token()
    {
        ZkReadWriteLock mine = new(Client, Path), others = new(Other, Path);
        ZkLockHandle first = await mine.AcquireReadAsync();
        await Other.MultiAsync([.. first.Fence, ZkOp.SetData("/", default)]);
        Task<ZkLockHandle> writer = others.AcquireWriteAsync();
        await ChildCountAsync(Path, 2);
        Task<ZkLockHandle> reader = mine.AcquireReadAsync();
        await ChildCountAsync(Path, 3);
        await Eventually.TrueAsync(async () => (await WatchesAsync()).Values.Sum() == 3, "each had its one watch");
        Assert.That((writer.IsCompleted, reader.IsCompleted), Is.EqualTo((false, false)));
        await first.DisposeAsync();
        await using (ZkLockHandle wrote = await writer)
            Assert.That(reader.IsCompleted, Is.False);
        await using ZkLockHandle read = await reader;
        Assert.That(read.Token, Is.EqualTo((await writer).Token));
        Assert.That(async () => await Other.MultiAsync([first.Fence[1]]), Throws.InstanceOf<ZkMultiException>(),
            "a writer came since, so the first reader is fenced off");
    }
}
