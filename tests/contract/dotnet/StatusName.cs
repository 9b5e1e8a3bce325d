using System.Text.RegularExpressions;

namespace ZkArrow.ContractDriver;

/// <summary>Names statuses as <c>zkarrow.h</c> does.</summary>
internal static partial class StatusName
{
    /// <summary><c>NotFound</c> becomes <c>ZKA_NOT_FOUND</c>.</summary>
    public static string Of(ZkArrowStatus status) => "ZKA_" + WordStart().Replace(status.ToString(), "_").ToUpperInvariant();

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordStart();
}
