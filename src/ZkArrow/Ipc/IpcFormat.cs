namespace ZkArrow.Ipc;

/// <summary>The numbers of Arrow's Message.fbs, Schema.fbs and File.fbs.</summary>
internal static class IpcFormat
{
    public const int Alignment = 64;
    public const short VersionV4 = 3;
    public const short VersionV5 = 4;
    public const int Continuation = -1;

    public const byte HeaderSchema = 1;
    public const byte HeaderDictionary = 2;
    public const byte HeaderBatch = 3;

    public const byte TypeNull = 1;
    public const byte TypeInt = 2;
    public const byte TypeFloat = 3;
    public const byte TypeBinary = 4;
    public const byte TypeUtf8 = 5;
    public const byte TypeBool = 6;
    public const byte TypeDecimal = 7;
    public const byte TypeDate = 8;
    public const byte TypeTime = 9;
    public const byte TypeTimestamp = 10;
    public const byte TypeInterval = 11;
    public const byte TypeList = 12;
    public const byte TypeStruct = 13;
    public const byte TypeUnion = 14;
    public const byte TypeFixedBinary = 15;
    public const byte TypeFixedList = 16;
    public const byte TypeMap = 17;
    public const byte TypeDuration = 18;
    public const byte TypeLargeBinary = 19;
    public const byte TypeLargeUtf8 = 20;
    public const byte TypeLargeList = 21;
    public const byte TypeRunEnd = 22;
    public const byte TypeBinaryView = 23;
    public const byte TypeUtf8View = 24;
    public const byte TypeListView = 25;
    public const byte TypeLargeListView = 26;

    /// <summary>The time units, at the place of their number.</summary>
    public const string TimeUnits = "smun";

    /// <summary>
    /// Where the metadata of dictionary values travels: IPC has no place for it, and an extension type inside a dictionary
    /// would be lost.
    /// </summary>
    public const string DictionaryMetadataKey = "zkarrow:dictionary:metadata";

    /// <summary>Where the footer of every segment says which commit it was written for.</summary>
    public const string CommitKey = "zkarrow.commit";

    public static ReadOnlySpan<byte> Magic => "ARROW1"u8;

    public static long Padded(long length) => (length + Alignment - 1) & -Alignment;
}
