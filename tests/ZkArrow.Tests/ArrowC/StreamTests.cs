using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NUnit.Framework;
using ZkArrow.ArrowC;

namespace ZkArrow.Tests.ArrowC;

[TestFixture, NonParallelizable]
internal sealed unsafe class StreamTests
{
    private LiveCounters _counters = null!;

    [SetUp]
    public void Count() => _counters = new LiveCounters();

    [TearDown]
    public void NothingIsLeft() => _counters.AssertNothingLeft();

    [Test]
    public void DrainReadsAllAndReleases()
    {
        ArrowArrayStream* stream = stackalloc ArrowArrayStream[1];
        Faulty.Make(stream, batches: 3, errno: 0, text: null);
        using ArrowTable table = ArrowTable.Drain(stream);
        Assert.That((long)stream->Release, Is.Zero);
        Assert.That(table.Batches, Has.Count.EqualTo(3));
        Assert.That(table.Rows, Is.EqualTo(30));
    }

    [TestCase(22, ZkArrowStatus.InvalidArgument)]
    [TestCase(12, ZkArrowStatus.NoSpace)]
    [TestCase(125, ZkArrowStatus.Cancelled)]
    [TestCase(5, ZkArrowStatus.InvalidArgument)]
    public void AnErrorHalfWayIsToldAndLeavesTheStream(int errno, ZkArrowStatus status)
    {
        ArrowArrayStream* stream = stackalloc ArrowArrayStream[1];
        foreach (int batches in new[] { -1, 0, 2 })
        {
            Faulty.Make(stream, batches, errno, "the producer\nran dry");
            ZkArrowException failure = Assert.Throws<ZkArrowException>(() => ArrowTable.Drain(stream))!;
            Assert.That(failure.Status, Is.EqualTo(status));
            Assert.That(failure.Message, Does.Contain("the producer ran dry"));
            Assert.That(failure.Message.Contains("errno 5", StringComparison.Ordinal), Is.EqualTo(errno == 5));
            Assert.That((long)stream->Release, Is.Not.Zero);
            stream->Release(stream);
            _counters.AssertNothingLeft();
        }
    }

    [Test]
    public void AnErrorWithoutTextIsToldToo()
    {
        ArrowArrayStream* stream = stackalloc ArrowArrayStream[1];
        Faulty.Make(stream, batches: 1, errno: 22, text: null);
        Assert.That(Assert.Throws<ZkArrowException>(() => ArrowTable.Drain(stream))!.Message, Does.Contain("no reason"));
        stream->Release(stream);
    }

    [Test]
    public void ABatchThatDoesNotFitItsSchemaIsRefused()
    {
        ArrowArrayStream* stream = stackalloc ArrowArrayStream[1];
        Faulty.Make(stream, batches: 3, errno: 0, text: null, columns: 3);
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => ArrowTable.Drain(stream))!;
        Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.SchemaMismatch));
        stream->Release(stream);
    }

    [Test]
    public void AnExportedStreamGivesEverythingAgain()
    {
        ArrowArrayStream* stream = stackalloc ArrowArrayStream[1];
        Faulty.Make(stream, batches: 3, errno: 0, text: null);
        using ArrowTable table = ArrowTable.Drain(stream);
        for (int time = 0; time < 3; time++)
        {
            table.Export(stream);
            using ArrowTable again = ArrowTable.Drain(stream);
            Assert.That(Logical.Difference(table, again), Is.Null);
            Assert.That(again.Schema, Is.SameAs(table.Schema), "equal content is parsed once");
        }
    }

    [Test]
    public void AStreamThatIsLetGoHalfWayLeavesNothing()
    {
        ArrowArrayStream* stream = stackalloc ArrowArrayStream[1];
        ArrowArray array;
        ArrowSchema schema;
        using (ArrowTable table = CountedSource.Table(2, 3)) table.Export(stream);
        Assert.That(stream->GetSchema(stream, &schema), Is.Zero);
        Assert.That(stream->GetNext(stream, &array), Is.Zero);
        stream->Release(stream);
        array.Release(&array);
        Assert.That(new string((sbyte*)schema.Children[1]->Name), Is.EqualTo("c1"));
        schema.Release(&schema);
    }

    [Test]
    public void TheEndCanBeAskedForTwice()
    {
        ArrowArrayStream* stream = stackalloc ArrowArrayStream[1];
        ArrowArray array;
        using (ArrowTable table = CountedSource.Table(2, 3)) table.Export(stream);
        Assert.That(stream->GetNext(stream, &array), Is.Zero);
        array.Release(&array);
        for (int i = 0; i < 2; i++)
        {
            array.Release = (delegate* unmanaged[Cdecl]<ArrowArray*, void>)1;
            Assert.That(stream->GetNext(stream, &array), Is.Zero);
            Assert.That((long)array.Release, Is.Zero);
        }
        stream->Release(stream);
    }

    /// <summary>A stream of some batches of ten rows and two columns, then an error or the end.</summary>
    private static class Faulty
    {
        public static void Make(ArrowArrayStream* stream, int batches, int errno, string? text, int columns = 2)
        {
            var state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
            *state = new State { Left = batches, Errno = errno, Columns = columns, Text = text is null ? 0 : Marshal.StringToCoTaskMemUTF8(text) };
            stream->GetSchema = &GetSchema;
            stream->GetNext = &GetNext;
            stream->GetLastError = &GetLastError;
            stream->Release = &Release;
            stream->PrivateData = state;
        }

        [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
        private static int GetSchema(ArrowArrayStream* stream, ArrowSchema* target)
        {
            var state = (State*)stream->PrivateData;
            if (state->Left < 0) return state->Errno;
            CountedSource.Schema(target, 2);
            return 0;
        }

        [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
        private static int GetNext(ArrowArrayStream* stream, ArrowArray* target)
        {
            var state = (State*)stream->PrivateData;
            *target = default;
            if (state->Left-- > 0) CountedSource.Batch(target, state->Left == 1 ? state->Columns : 2, 10);
            else return state->Errno;
            return 0;
        }

        [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
        private static byte* GetLastError(ArrowArrayStream* stream) => (byte*)((State*)stream->PrivateData)->Text;

        [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
        private static void Release(ArrowArrayStream* stream)
        {
            Marshal.FreeCoTaskMem(((State*)stream->PrivateData)->Text);
            NativeMemory.Free(stream->PrivateData);
            stream->Release = null;
        }

        private struct State
        {
            public int Left;
            public int Errno;
            public int Columns;
            public nint Text;
        }
    }
}
