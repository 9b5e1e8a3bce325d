using CsCheck;
using NUnit.Framework;
using ZkArrow.ArrowC;
using ZkArrow.Tests.ArrowC;

namespace ZkArrow.Tests.Ipc;

/// <summary>Tables of any type, in any mix and however deep, come back as they were stored.</summary>
[TestFixture, NonParallelizable]
internal sealed unsafe class AnyTypeTests
{
    private LiveCounters _counters = null!;

    [SetUp]
    public void Count() => _counters = new LiveCounters();

    [TearDown]
    public void NothingIsLeft()
    {
        _counters.AssertNothingLeft();
        Assert.That(CountedSource.Live, Is.Zero);
    }

    [Test]
    public void WhatIsStoredIsRead() => Sample(random =>
    {
        using ArrowTable table = new RandomArrays(random).Table(RandomType.Table(random));
        using ArrowTable stored = TestData.ReadBytes(TestData.Write(table));
        Same(table, stored);
        Assert.That(stored.NBytes, Is.GreaterThanOrEqualTo(0));
        using ArrowTable again = TestData.ReadBytes(TestData.Write(stored));
        Same(stored, again);
        Assert.That(again.NBytes, Is.EqualTo(stored.NBytes));
    });

    [Test]
    public void WhatIsExportedIsTheSame() => Sample(random =>
    {
        using ArrowTable table = new RandomArrays(random).Table(RandomType.Table(random));
        ArrowArrayStream stream;
        table.Export(&stream);
        using ArrowTable exported = ArrowTable.Drain(&stream);
        Same(table, exported);
    });

    [Test]
    public void DictionariesOfBatchesAreUnited() => Sample(random =>
    {
        RandomType type = RandomType.Table(random);
        var arrays = new RandomArrays(random);
        using ArrowTable a = arrays.Table(type), b = arrays.Table(type), c = arrays.Table(type), all = ArrowTable.Concat([a, b, a, c, c]);
        using ArrowTable stored = TestData.ReadBytes(TestData.Write(all));
        Same(all, stored);
    });

    private static void Sample(Action<Random> check) => Gen.Int.Sample(seed => check(new Random(seed)), iter: 2000, threads: 1);

    private static void Same(ArrowTable expected, ArrowTable actual) => Assert.That(Logical.Difference(actual, expected), Is.Null);
}
