using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using ZkArrow.ArrowC;

namespace ZkArrow.Bench;

/// <summary>
/// The producer of programs/exchange.c over again: one batch of int64 columns in native memory that is filled anew for
/// every use, so that producing allocates nothing, here as there.
/// </summary>
internal sealed unsafe class NativeTable : IDisposable
{
    private const int Rows = 1000;
    private readonly State* _state;

    public NativeTable(int columns)
    {
        _state = Zeroed<State>(1);
        _state->Columns = columns;
        _state->Arrays = Zeroed<ArrowArray>(columns);
        _state->Schemas = Zeroed<ArrowSchema>(columns);
        _state->ArrayChildren = (ArrowArray**)Zeroed<nint>(columns);
        _state->SchemaChildren = (ArrowSchema**)Zeroed<nint>(columns);
        _state->Names = (byte**)Zeroed<nint>(columns);
        _state->Buffers = (void**)Zeroed<nint>(2);
        _state->Buffers[1] = Zeroed<long>(Rows);
        _state->NoBuffers = (void**)Zeroed<nint>(1);
        _state->ColumnFormat = Text("l");
        _state->RootFormat = Text("+s");
        _state->RootName = Text("");
        for (int i = 0; i < columns; i++)
        {
            _state->Names[i] = Text($"c{i}");
            _state->ArrayChildren[i] = &_state->Arrays[i];
            _state->SchemaChildren[i] = &_state->Schemas[i];
        }
    }

    /// <summary>Arrays given out and not released.</summary>
    public int Live => _state->Live;

    /// <summary>A stream over the batch; the one before must have been released.</summary>
    public ArrowArrayStream Stream()
    {
        _state->Given = false;
        return new ArrowArrayStream
        {
            GetSchema = &GetSchema,
            GetNext = &GetNext,
            GetLastError = &GetLastError,
            Release = &ReleaseStream,
            PrivateData = _state,
        };
    }

    public void Fill(ArrowSchema* target) => Fill(_state, target);

    public void Fill(ArrowArray* target) => Fill(_state, target);

    public void Dispose()
    {
        for (int i = 0; i < _state->Columns; i++)
            NativeMemory.Free(_state->Names[i]);
        foreach (nint part in (ReadOnlySpan<nint>)[
            (nint)_state->Arrays, (nint)_state->Schemas, (nint)_state->ArrayChildren, (nint)_state->SchemaChildren,
            (nint)_state->Names, (nint)_state->Buffers[1], (nint)_state->Buffers, (nint)_state->NoBuffers,
            (nint)_state->ColumnFormat, (nint)_state->RootFormat, (nint)_state->RootName, (nint)_state])
        {
            NativeMemory.Free((void*)part);
        }
    }

    private static T* Zeroed<T>(int count)
        where T : unmanaged => (T*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(T));

    private static byte* Text(string text)
    {
        byte* bytes = Zeroed<byte>(text.Length + 1);
        Encoding.ASCII.GetBytes(text, new Span<byte>(bytes, text.Length));
        return bytes;
    }

    private static void Fill(State* state, ArrowSchema* target)
    {
        for (int i = 0; i < state->Columns; i++)
        {
            state->Schemas[i] = new ArrowSchema
            {
                Format = state->ColumnFormat,
                Name = state->Names[i],
                Release = &ReleaseSchema,
            };
        }

        *target = new ArrowSchema
        {
            Format = state->RootFormat,
            Name = state->RootName,
            NChildren = state->Columns,
            Children = state->SchemaChildren,
            Release = &ReleaseSchema,
        };
    }

    private static void Fill(State* state, ArrowArray* target)
    {
        state->Live++;
        for (int i = 0; i < state->Columns; i++)
        {
            state->Arrays[i] = new ArrowArray
            {
                Length = Rows,
                NBuffers = 2,
                Buffers = state->Buffers,
                Release = &ReleaseArray,
            };
        }

        *target = new ArrowArray
        {
            Length = Rows,
            NBuffers = 1,
            Buffers = state->NoBuffers,
            NChildren = state->Columns,
            Children = state->ArrayChildren,
            Release = &ReleaseArray,
            PrivateData = state,
        };
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetSchema(ArrowArrayStream* stream, ArrowSchema* target)
    {
        Fill((State*)stream->PrivateData, target);
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetNext(ArrowArrayStream* stream, ArrowArray* target)
    {
        var state = (State*)stream->PrivateData;
        *target = default;
        if (state->Given)
            return 0;
        state->Given = true;
        Fill(state, target);
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetLastError(ArrowArrayStream* stream) => null;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseStream(ArrowArrayStream* stream) => stream->Release = null;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseArray(ArrowArray* array)
    {
        for (long i = 0; i < array->NChildren; i++)
        {
            if (array->Children[i]->Release != null)
                array->Children[i]->Release(array->Children[i]);
        }

        if (array->PrivateData != null)
            ((State*)array->PrivateData)->Live--;
        array->Release = null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseSchema(ArrowSchema* schema)
    {
        for (long i = 0; i < schema->NChildren; i++)
        {
            if (schema->Children[i]->Release != null)
                schema->Children[i]->Release(schema->Children[i]);
        }

        schema->Release = null;
    }

    private struct State
    {
        public int Columns;
        public int Live;
        public bool Given;
        public ArrowArray* Arrays;
        public ArrowSchema* Schemas;
        public ArrowArray** ArrayChildren;
        public ArrowSchema** SchemaChildren;
        public byte** Names;
        public void** Buffers;
        public void** NoBuffers;
        public byte* ColumnFormat;
        public byte* RootFormat;
        public byte* RootName;
    }
}
