using System.Runtime.InteropServices;

namespace ZkArrow.ArrowC;

/// <summary>The native part of a batch: its count of references, so that releasing an export needs no managed object.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BatchBlock
{
    private long _refs;
    private nint _owner;
    public ArrowArray Source;

    /// <summary>Of the shared bytes the batch lies in; null for a batch of this process.</summary>
    public Tripwire* Tripwire;

    /// <summary>What exports copy: <see cref="Source"/>, or a normalised copy of it.</summary>
    public ArrowArray* View;
    public int Structs;
    public int Pointers;

    public readonly bool IsDamaged => Tripwire != null && Tripwire->IsTripped;

    /// <summary>Moves a checked array in; the caller holds the first reference.</summary>
    public static BatchBlock* Create(ArrowArray* array, SchemaNode root, bool normalise, IDisposable? owner)
    {
        int structs = 0, pointers = 0;
        ArrayTree.Measure(array, ref structs, ref pointers);
        var block = (BatchBlock*)NativeMemory.AllocZeroed((nuint)sizeof(BatchBlock));
        try
        {
            block->_refs = 1;
            block->Structs = structs;
            block->Pointers = pointers;
            block->View = normalise ? ArrayTree.Normalise(array, root, structs, pointers) : &block->Source;
            if (owner is ISharedBytes bytes) block->Tripwire = bytes.Tripwire;
            if (owner is not null) block->_owner = GCHandle.ToIntPtr(GCHandle.Alloc(owner));
        }
        catch
        {
            if (block->View != &block->Source) NativeMemory.Free(block->View);
            NativeMemory.Free(block);
            throw;
        }
        block->Source = *array;
        array->Release = null;
        ArrowCounters.AddBoxes(1);
        return block;
    }

    public static void AddRef(BatchBlock* block) => Interlocked.Increment(ref block->_refs);

    public static void Release(BatchBlock* block)
    {
        if (Interlocked.Decrement(ref block->_refs) > 0) return;
        if (block->Source.Release != null) block->Source.Release(&block->Source);
        nint owner = block->_owner;
        if (block->View != &block->Source) NativeMemory.Free(block->View);
        NativeMemory.Free(block);
        ArrowCounters.AddBoxes(-1);
        if (owner != 0) DisposeOwner(GCHandle.FromIntPtr(owner));
    }

    private static void DisposeOwner(GCHandle handle)
    {
        var owner = (IDisposable)handle.Target!;
        handle.Free();
        try
        {
            owner.Dispose();
        }
        catch (Exception e)
        {
            // this can run under a consumer's release call, and no exception may cross into foreign code
            Environment.FailFast("ZkArrow could not let go of the memory behind a released array.", e);
        }
    }
}
