using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace ZkArrow.ArrowC;

/// <summary>
/// A schema in one native block: this header, all the structs, the lists of children, all the text. It is never changed,
/// so that any number of exports share its text.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SchemaBlock
{
    private long _refs;
    private int _nodes;
    private int _pointers;
    public ArrowSchema Root;

    private static readonly nint ReleasePointer = (nint)(delegate* unmanaged[Cdecl]<ArrowSchema*, void>)&ReleaseExported;

    /// <summary>Writes the block of a schema; the caller holds its first reference.</summary>
    public static SchemaBlock* Create(SchemaNode root)
    {
        long text = 0;
        int pointers = 0;
        Measure(root, ref text, ref pointers);
        int nodes = root.Nodes - 1;
        long size = sizeof(SchemaBlock) + ((long)nodes * sizeof(ArrowSchema)) + ((long)pointers * sizeof(void*)) + text;
        var block = (SchemaBlock*)NativeMemory.AllocZeroed((nuint)size);
        block->_refs = 1;
        block->_nodes = nodes;
        block->_pointers = pointers;
        var cursor = new Cursor((byte*)(block + 1), nodes, pointers);
        Write(root, &block->Root, ref cursor);
        return block;
    }

    public static void AddRef(SchemaBlock* block) => Interlocked.Increment(ref block->_refs);

    public static void Release(SchemaBlock* block)
    {
        if (Interlocked.Decrement(ref block->_refs) == 0) NativeMemory.Free(block);
    }

    /// <summary>Writes a schema with a life of its own: one allocation for its structs, and a reference on the text.</summary>
    public static void Export(SchemaBlock* block, ArrowSchema* target)
    {
        long size = sizeof(ExportBlock) + ((long)block->_nodes * sizeof(ArrowSchema)) + ((long)block->_pointers * sizeof(void*));
        var export = (ExportBlock*)NativeMemory.Alloc((nuint)size);
        export->Live = block->_nodes + 1;
        export->Source = block;
        AddRef(block);
        var cursor = new Cursor((byte*)(export + 1), block->_nodes, block->_pointers);
        Copy(&block->Root, target, export, ref cursor);
        ArrowCounters.AddSchemas(1);
    }

    private static void Measure(SchemaNode node, ref long text, ref int pointers)
    {
        text += Encoding.UTF8.GetByteCount(node.Type.Format) + 1 + node.Name.Length + 1 + node.Metadata.Length;
        pointers += node.Children.Length;
        foreach (SchemaNode child in node.Children) Measure(child, ref text, ref pointers);
        if (node.Dictionary is not null) Measure(node.Dictionary, ref text, ref pointers);
    }

    private static void Write(SchemaNode node, ArrowSchema* target, ref Cursor cursor)
    {
        target->Format = cursor.Text(Encoding.UTF8.GetBytes(node.Type.Format), terminated: true);
        target->Name = cursor.Text(node.Name, terminated: true);
        target->Metadata = node.Metadata.Length == 0 ? null : cursor.Text(node.Metadata, terminated: false);
        target->Flags = node.Flags;
        target->NChildren = node.Children.Length;
        target->Children = cursor.Children(node.Children.Length);
        for (int i = 0; i < node.Children.Length; i++) Write(node.Children[i], target->Children[i], ref cursor);
        if (node.Dictionary is null) return;
        target->Dictionary = cursor.Node();
        Write(node.Dictionary, target->Dictionary, ref cursor);
    }

    private static void Copy(ArrowSchema* source, ArrowSchema* target, ExportBlock* export, ref Cursor cursor)
    {
        *target = *source;
        target->Release = (delegate* unmanaged[Cdecl]<ArrowSchema*, void>)ReleasePointer;
        target->PrivateData = export;
        target->Children = cursor.Children(source->NChildren);
        for (long i = 0; i < source->NChildren; i++) Copy(source->Children[i], target->Children[i], export, ref cursor);
        if (source->Dictionary == null) return;
        target->Dictionary = cursor.Node();
        Copy(source->Dictionary, target->Dictionary, export, ref cursor);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseExported(ArrowSchema* schema)
    {
        if (schema == null || schema->Release == null) return;
        var export = (ExportBlock*)schema->PrivateData;
        long released = Abandon(schema, export);
        if (Interlocked.Add(ref export->Live, -released) > 0) return;
        SchemaBlock* source = export->Source;
        NativeMemory.Free(export);
        Release(source);
        ArrowCounters.AddSchemas(-1);
    }

    /// <summary>Marks a struct and those below it that were not moved out as released; returns how many they are.</summary>
    private static long Abandon(ArrowSchema* schema, ExportBlock* export)
    {
        if (schema->PrivateData != export || (nint)schema->Release != ReleasePointer)
        {
            // somebody put a struct of their own here; it is released by its own rules
            if (schema->Release != null) schema->Release(schema);
            return 0;
        }
        schema->Release = null;
        long released = 1;
        for (long i = 0; i < schema->NChildren; i++) released += Abandon(schema->Children[i], export);
        if (schema->Dictionary != null) released += Abandon(schema->Dictionary, export);
        return released;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ExportBlock
    {
        public long Live;
        public SchemaBlock* Source;
    }

    /// <summary>Hands out the parts of a block one after the other.</summary>
    private ref struct Cursor(byte* start, int nodes, int pointers)
    {
        private ArrowSchema* _node = (ArrowSchema*)start;
        private ArrowSchema** _pointer = (ArrowSchema**)(start + ((long)nodes * sizeof(ArrowSchema)));
        private byte* _text = start + ((long)nodes * sizeof(ArrowSchema)) + ((long)pointers * sizeof(void*));

        public ArrowSchema* Node() => _node++;

        public ArrowSchema** Children(long count)
        {
            if (count == 0) return null;
            ArrowSchema** list = _pointer;
            for (long i = 0; i < count; i++) *_pointer++ = _node++;
            return list;
        }

        public byte* Text(byte[] bytes, bool terminated)
        {
            byte* copy = _text;
            bytes.CopyTo(new Span<byte>(_text, bytes.Length));
            _text += bytes.Length;
            if (terminated) *_text++ = 0;
            return copy;
        }
    }
}
