using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace ZkArrow.Native;

/// <summary>Reads the arguments of exports, and refuses those that the header does not allow.</summary>
internal static unsafe class Argument
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The longest that a timer can wait, 49 days; whoever asks for more does not want a deadline.</summary>
    private const long LongestTimeoutMs = uint.MaxValue - 1;

    /// <summary>Ten thousand years, about what a time span can hold.</summary>
    private const long LongestTimeMs = 10_000L * 365 * 24 * 3600 * 1000;
    private const int MostTexts = 1000;

    public static T* NotNull<T>(T* pointer, [CallerArgumentExpression(nameof(pointer))] string name = "")
        where T : unmanaged => pointer != null ? pointer : throw Refused(name, "was NULL");

    public static T** NotNull<T>(T** pointer, [CallerArgumentExpression(nameof(pointer))] string name = "")
        where T : unmanaged => pointer != null ? pointer : throw Refused(name, "was NULL");

    public static string Text(byte* text, [CallerArgumentExpression(nameof(text))] string name = "") =>
        OptionalText(NotNull(text, name), name)!;

    public static string? OptionalText(byte* text, [CallerArgumentExpression(nameof(text))] string name = "")
    {
        if (text == null)
            return null;
        try
        {
            return Strict.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
        }
        catch (DecoderFallbackException)
        {
            throw Refused(name, "was not valid UTF-8");
        }
    }

    /// <summary>A list of texts.</summary>
    public static string[] Texts(byte** texts, long count, string name)
    {
        if (count is < 0 or > MostTexts || (count > 0 && texts == null))
            throw Refused(name, $"had {count} entries; give at most {MostTexts}, and a list that is not NULL");
        string[] read = new string[count];
        for (int i = 0; i < read.Length; i++)
            read[i] = Text(texts[i], name);
        return read;
    }

    /// <summary>A time in milliseconds.</summary>
    public static TimeSpan Milliseconds(long milliseconds, string name) => milliseconds <= LongestTimeMs
        ? TimeSpan.FromMilliseconds(milliseconds)
        : throw Refused(name, $"was {milliseconds}; it must be at most {LongestTimeMs}");

    public static TimeSpan Timeout(long milliseconds) => milliseconds switch
    {
        < -1 => throw Refused("timeout_ms", $"was {milliseconds}; it must be -1, 0 or positive"),
        -1 or > LongestTimeoutMs => System.Threading.Timeout.InfiniteTimeSpan,
        _ => TimeSpan.FromMilliseconds(milliseconds),
    };

    public static CancellationToken Cancel(nint handle) =>
        handle == 0 ? CancellationToken.None : Handles.Get<CancellationTokenSource>(handle).Token;

    public static long Version(ulong number, [CallerArgumentExpression(nameof(number))] string name = "") =>
        number <= long.MaxValue ? (long)number : throw Refused(name, $"was {number}, which no version can have");

    /// <summary>
    /// Checks the size that the caller wrote into a struct. A later header may have made it larger; an earlier one, smaller: then
    /// only what that size covers may be touched.
    /// </summary>
    public static T* Sized<T>(T* given, [CallerArgumentExpression(nameof(given))] string name = "")
        where T : unmanaged
    {
        uint size = *(uint*)NotNull(given, name);
        return size >= FirstSize<T>() ? given : throw Refused(name, $"had the struct_size {size} where {FirstSize<T>()} is the least; initialise it with its ..._INIT");
    }

    /// <summary>A copy of a struct that has grown since its first release; what an older caller does not have is zero.</summary>
    public static T Grown<T>(T* given, int firstSize, [CallerArgumentExpression(nameof(given))] string name = "")
        where T : unmanaged
    {
        uint size = *(uint*)NotNull(given, name);
        if (size < firstSize)
            throw Refused(name, $"had the struct_size {size} where {firstSize} is the least; initialise it with its ..._INIT");
        T copy = default;
        new ReadOnlySpan<byte>(given, (int)Math.Min(size, (uint)sizeof(T))).CopyTo(new Span<byte>(&copy, sizeof(T)));
        return copy;
    }

    /// <summary>The size that a struct which is written to had when it first came out.</summary>
    public static int FirstSize<T>()
        where T : unmanaged =>
        typeof(T) == typeof(ZkaVersionInfo) ? (int)Marshal.OffsetOf<ZkaVersionInfo>(nameof(ZkaVersionInfo.CommitNumber)) : sizeof(T);

    public static uint Flags(uint given, uint known, string name) =>
        (given & ~known) == 0 ? given : throw Refused(name, $"had the flags 0x{given & ~known:x}, which this version does not know");

    public static void Zero(int given, string name)
    {
        if (given != 0)
            throw Refused(name, $"was {given}; it must be 0");
    }

    public static ZkArrowException Refused(string name, string why) =>
        new(ZkArrowStatus.InvalidArgument, $"the argument {name.TrimStart('@')} {why}");
}
