using System.Buffers.Binary;
using Apache.Arrow;
using Apache.Arrow.Ipc;

namespace ZkArrow.ContractDriver;

/// <summary>DIGEST of the contract, from Apache.Arrow's arrays.</summary>
internal sealed class Digest
{
    private ulong _hash = 0xcbf29ce484222325;

    public int Batches { get; private set; }

    public string Hex => _hash.ToString("x16");

    /// <summary>Reads a stream to its end.</summary>
    public static async ValueTask<Digest> OfAsync(IArrowArrayStream stream)
    {
        Digest digest = new();
        while (await stream.ReadNextRecordBatchAsync() is { } batch)
            using (batch)
                digest.Add(batch);
        return digest;
    }

    private void Add(RecordBatch batch)
    {
        Batches++;
        AddLong(batch.Length);
        foreach (IArrowArray column in batch.Arrays)
            for (int row = 0; row < batch.Length; row++)
            {
                bool valid = column.IsValid(row);
                AddByte(valid);
                if (valid)
                    AddValue(column, row);
            }
    }

    private void AddValue(IArrowArray column, int row)
    {
        switch (column)
        {
            case BooleanArray bools:
                AddByte(bools.GetValue(row)!.Value);
                break;
            case Int64Array longs:
                AddLong(longs.Values[row]);
                break;
            case UInt64Array longs:
                AddLong((long)longs.Values[row]);
                break;
            case DoubleArray doubles:
                AddLong(BitConverter.DoubleToInt64Bits(doubles.Values[row]));
                break;
            // strings too: StringArray derives from it
            case BinaryArray bytes:
                ReadOnlySpan<byte> value = bytes.GetBytes(row);
                AddLong(value.Length);
                AddBytes(value);
                break;
            default:
                throw new ZkArrowException(ZkArrowStatus.Unsupported, $"no digest is defined for columns of type {column.Data.DataType.Name}");
        }
    }

    private void AddByte(bool value) => AddBytes([value ? (byte)1 : (byte)0]);

    private void AddLong(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        AddBytes(bytes);
    }

    private void AddBytes(ReadOnlySpan<byte> bytes)
    {
        foreach (byte one in bytes)
            _hash = (_hash ^ one) * 0x100000001b3;
    }
}
