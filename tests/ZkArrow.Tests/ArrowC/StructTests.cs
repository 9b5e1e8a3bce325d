using System.Runtime.InteropServices;
using Apache.Arrow.C;
using NUnit.Framework;
using ZkArrow.ArrowC;

namespace ZkArrow.Tests.ArrowC;

[TestFixture, NonParallelizable]
internal sealed unsafe class StructTests
{
    [Test]
    public void HaveTheSizesOfTheSpecification()
    {
        Assert.That(sizeof(ArrowSchema), Is.EqualTo(72));
        Assert.That(sizeof(ArrowArray), Is.EqualTo(80));
        Assert.That(sizeof(ArrowArrayStream), Is.EqualTo(40));
        Assert.That(sizeof(ArrowArray), Is.EqualTo(sizeof(CArrowArray)));
        Assert.That(sizeof(ArrowSchema), Is.EqualTo(sizeof(CArrowSchema)));
    }

    [TestCase(nameof(ArrowArray.Length), 0)]
    [TestCase(nameof(ArrowArray.NullCount), 8)]
    [TestCase(nameof(ArrowArray.Offset), 16)]
    [TestCase(nameof(ArrowArray.NBuffers), 24)]
    [TestCase(nameof(ArrowArray.NChildren), 32)]
    [TestCase(nameof(ArrowArray.Buffers), 40)]
    [TestCase(nameof(ArrowArray.Children), 48)]
    [TestCase(nameof(ArrowArray.Dictionary), 56)]
    [TestCase(nameof(ArrowArray.Release), 64)]
    [TestCase(nameof(ArrowArray.PrivateData), 72)]
    public void HaveTheirFieldsInPlace(string field, int offset) =>
        Assert.That((int)Marshal.OffsetOf<ArrowArray>(field), Is.EqualTo(offset));
}
