using ZkArrow.ArrowC;
using ZkArrow.Ipc;

namespace ZkArrow.Loans;

/// <summary>
/// The Arrow IPC file that a loan becomes: magic, schema, space for the one record batch message, the body that is handed out,
/// space for the footer. Where everything is and how long depends on the schema and the body's length alone, so it is known
/// before the first value is.
/// </summary>
internal sealed unsafe class LoanFile
{
    private readonly SchemaBox _schema;
    private readonly int _messageSpace;
    private readonly int _tailSpace;

    public LoanFile(SchemaBox schema, long bodyLength)
    {
        _schema = schema;
        _messageSpace = Framed(LoanEncoder.Placeholder(schema.Root)).Length;
        BodyStart = MessageStart + _messageSpace;
        BodyLength = bodyLength;
        _tailSpace = Tail(new string('0', CommitDigits)).Length;
        Length = checked(BodyStart + bodyLength + _tailSpace);
    }

    private const int CommitDigits = 32;

    /// <summary>Where the body begins, a multiple of 64.</summary>
    public long BodyStart { get; }

    public long BodyLength { get; }

    /// <summary>The bytes of the whole file.</summary>
    public long Length { get; }

    private long MessageStart => 8 + _schema.IpcMessage.Length;

    /// <summary>Writes all but the body.</summary>
    public void Complete(LoanMemory memory, byte[] message, string commit)
    {
        byte[] framed = Framed(message), tail = Tail(commit);
        if (framed.Length != _messageSpace || tail.Length != _tailSpace)
            throw new ZkArrowException(
                ZkArrowStatus.Internal,
                $"The metadata of a loan took {framed.Length} and {tail.Length} bytes where {_messageSpace} and {_tailSpace} were kept; report it with this message.");
        Put(memory, 0, [.. IpcFormat.Magic, 0, 0]);
        Put(memory, 8, _schema.IpcMessage);
        Put(memory, MessageStart, framed);
        Put(memory, BodyStart + BodyLength, tail);
    }

    private byte[] Framed(byte[] message) => SchemaEncoder.Encapsulate(message, MessageStart);

    private byte[] Tail(string commit) =>
        IpcPlan.Tail(_schema, [], [MessageStart, _messageSpace, BodyLength], [KeyValuePair.Create(IpcFormat.CommitKey, commit)]);

    private static void Put(LoanMemory memory, long position, ReadOnlySpan<byte> bytes) =>
        bytes.CopyTo(new Span<byte>(memory.Start + position, bytes.Length));
}
