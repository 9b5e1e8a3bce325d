using NUnit.Framework;
using ZkArrow.ArrowC;

namespace ZkArrow.Tests.ArrowC;

/// <summary>Everything that can leak, counted when made; <see cref="AssertNothingLeft"/> compares.</summary>
internal sealed class LiveCounters
{
    private readonly long[] _before = Now();

    public void AssertNothingLeft() => Assert.That(Now(), Is.EqualTo(_before), "arrays, streams, schemas, boxes, source structs, memory");

    private static long[] Now() =>
    [
        ArrowCounters.LiveExportedArrays, ArrowCounters.LiveExportedStreams, ArrowCounters.LiveExportedSchemas,
        ArrowCounters.LiveBoxes, CountedSource.Live, Ipc.OwnedMemory.Live,
    ];
}
