using NUnit.Framework;
using ZkArrow.ArrowC;

namespace ZkArrow.Tests.ArrowC;

/// <summary>Everything that can leak, counted when made; <see cref="AssertNothingLeft"/> compares.</summary>
internal sealed class LiveCounters
{
    private readonly long[] before = Now();

    public void AssertNothingLeft() => Assert.That(Now(), Is.EqualTo(before), "arrays, streams, schemas, boxes, source structs, memory");

    private static long[] Now() =>
    [
        ArrowCounters.LiveExportedArrays, ArrowCounters.LiveExportedStreams, ArrowCounters.LiveExportedSchemas,
        ArrowCounters.LiveBoxes, CountedSource.Live, Ipc.OwnedMemory.Live,
    ];
}
