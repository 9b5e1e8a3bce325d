namespace ZkArrow.ArrowC;

/// <summary>Short names for the errors of the Arrow layer.</summary>
internal static class ArrowFailure
{
    public static ZkArrowException Invalid(string message) => new(ZkArrowStatus.InvalidArgument, message);

    public static ZkArrowException Mismatch(string message) => new(ZkArrowStatus.SchemaMismatch, message);

    public static ZkArrowException Corrupt(string message) => new(ZkArrowStatus.Corrupt, message);

    public static ZkArrowException Unsupported(string message) => new(ZkArrowStatus.Unsupported, message);

    public static ZkArrowException TooLarge(string message) => new(ZkArrowStatus.TooLarge, message);
}
