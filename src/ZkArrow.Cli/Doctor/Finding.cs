namespace ZkArrow.Cli.Doctor;

/// <summary>How a check ended, the better the smaller.</summary>
internal enum Verdict
{
    /// <summary>Could not be checked here; the message says why.</summary>
    Skip,

    /// <summary>Nothing to do.</summary>
    Ok,

    /// <summary>Works, and could be better.</summary>
    Warn,

    /// <summary>Does not work, or lost something.</summary>
    Fail,
}

/// <summary>What a check found, in a sentence.</summary>
/// <param name="Verdict">How it ended.</param>
/// <param name="Message">What is so.</param>
/// <param name="Fix">One line that makes it better: mostly one to be run as it is. Null when there is nothing to do.</param>
/// <param name="Details">The single things it is about: segments, pins, servers.</param>
internal sealed record Finding(Verdict Verdict, string Message, string? Fix, IReadOnlyList<string> Details)
{
    // more would hide what follows; the message has the count of all
    private const int MostDetails = 20;

    public static Finding Ok(string message, IEnumerable<string>? details = null) => Make(Verdict.Ok, message, null, details);

    public static Finding Skip(string message, string? fix = null) => Make(Verdict.Skip, message, fix, null);

    public static Finding Warn(string message, string fix, IEnumerable<string>? details = null) => Make(Verdict.Warn, message, fix, details);

    public static Finding Fail(string message, string fix, IEnumerable<string>? details = null) => Make(Verdict.Fail, message, fix, details);

    /// <summary>What kept a check from looking; our messages end with what to do.</summary>
    public static Finding Of(ZkArrowException failure)
    {
        int cut = failure.Message.LastIndexOf("; ", StringComparison.Ordinal);
        return cut < 0
            ? Fail(failure.Message, "report it with this message")
            : Fail($"{failure.Message[..cut]}.", failure.Message[(cut + 2)..].TrimEnd('.'));
    }

    private static Finding Make(Verdict verdict, string message, string? fix, IEnumerable<string>? details) =>
        new(verdict, message, fix, [.. (details ?? []).Take(MostDetails)]);
}
