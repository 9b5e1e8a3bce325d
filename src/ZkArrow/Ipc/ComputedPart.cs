namespace ZkArrow.Ipc;

/// <summary>A buffer of a file whose items are worked out one by one from buffers in memory.</summary>
internal abstract unsafe class ComputedPart
{
    private const int ScratchBytes = 32 * 1024;

    /// <summary>Bytes of one item.</summary>
    protected abstract int Width { get; }

    public void Write(IIpcSink sink, long count)
    {
        byte* scratch = stackalloc byte[ScratchBytes];
        for (long at = 0; at < count;)
        {
            int n = (int)Math.Min(count - at, ScratchBytes / Width);
            Fill(scratch, at, n);
            sink.Write(scratch, (long)n * Width);
            at += n;
        }
    }

    public BufferPart Part(long count) => new(PartKind.Computed, 0, 0, count, checked(count * Width), this);

    /// <summary>Writes the items from <paramref name="at"/> on.</summary>
    protected abstract void Fill(byte* target, long at, int count);
}
