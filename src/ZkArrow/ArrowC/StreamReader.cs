using System.Text;

namespace ZkArrow.ArrowC;

/// <summary>Reads an ArrowArrayStream of any producer.</summary>
internal static unsafe class StreamReader
{
    private const int InvalidArgument = 22;
    private const int NoMemory = 12;
    private const int Cancelled = 125;

    public static ArrowTable Drain(ArrowArrayStream* stream)
    {
        if (stream == null) throw ArrowFailure.Invalid("The ArrowArrayStream was NULL.");
        if (stream->Release == null) throw ArrowFailure.Invalid("The ArrowArrayStream was already released.");
        if (stream->GetSchema == null || stream->GetNext == null)
            throw ArrowFailure.Invalid("The ArrowArrayStream had no get_schema or no get_next.");
        SchemaBox schema = ReadSchema(stream);
        // most streams have one batch, and then this is what the table keeps
        ArrayBox[] batches = new ArrayBox[1];
        int count = 0;
        try
        {
            while (ReadBatch(stream, schema) is ArrayBox batch)
            {
                if (count == batches.Length) Array.Resize(ref batches, count * 4);
                batches[count++] = batch;
            }
            if (count < batches.Length) Array.Resize(ref batches, count);
            var table = new ArrowTable(schema, batches);
            stream->Release(stream);
            return table;
        }
        catch
        {
            for (int i = 0; i < count; i++) batches[i].Release();
            schema.Release();
            throw;
        }
    }

    private static SchemaBox ReadSchema(ArrowArrayStream* stream)
    {
        ArrowSchema schema = default;
        int errno = stream->GetSchema(stream, &schema);
        if (errno != 0) throw Failure(stream, errno, "schema");
        try
        {
            return SchemaBox.FromC(&schema);
        }
        finally
        {
            if (schema.Release != null) schema.Release(&schema);
        }
    }

    /// <summary>The next batch, or null at the end.</summary>
    private static ArrayBox? ReadBatch(ArrowArrayStream* stream, SchemaBox schema)
    {
        ArrowArray array = default;
        int errno = stream->GetNext(stream, &array);
        if (errno != 0) throw Failure(stream, errno, "next batch");
        if (array.Release == null) return null;
        try
        {
            return ArrayBox.Move(&array, schema);
        }
        finally
        {
            if (array.Release != null) array.Release(&array);
        }
    }

    private static ZkArrowException Failure(ArrowArrayStream* stream, int errno, string what)
    {
        ZkArrowStatus status = errno switch
        {
            NoMemory => ZkArrowStatus.NoSpace,
            Cancelled => ZkArrowStatus.Cancelled,
            _ => ZkArrowStatus.InvalidArgument,
        };
        byte* text = stream->GetLastError == null ? null : stream->GetLastError(stream);
        string reason = text == null ? "it gave no reason" : OneLine(Encoding.UTF8.GetString(SchemaReader.Bytes(text)));
        string code = errno is InvalidArgument or NoMemory or Cancelled ? "" : $" (errno {errno})";
        return new ZkArrowException(status, $"The stream failed to give its {what}{code}: {reason}");
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
