using System.Globalization;

namespace ZkArrow;

/// <summary>A moment in the history of a namespace: a commit, by its number or its id, or a time.</summary>
public readonly record struct AsOf
{
    private AsOf(long? number, string? id, DateTimeOffset? time)
    {
        CommitNumber = number;
        CommitId = id;
        PointInTime = time;
    }

    internal long? CommitNumber { get; }

    internal string? CommitId { get; }

    internal DateTimeOffset? PointInTime { get; }

    /// <summary>Just after the commit with a number: <see cref="DatasetVersion.CommitNumber"/> or <see cref="ZkArrowSnapshot.CommitNumber"/>.</summary>
    /// <param name="number">From 1.</param>
    /// <exception cref="ZkArrowException">InvalidArgument.</exception>
    public static AsOf Commit(long number) => number > 0
        ? new AsOf(number, null, null)
        : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"the commit number was {number}; it must be positive");

    /// <summary>Just after the commit with an id, which made a version of one of the datasets that are asked for.</summary>
    /// <param name="id">32 hex digits: <see cref="DatasetVersion.CommitId"/>.</param>
    /// <exception cref="ZkArrowException">InvalidArgument.</exception>
    public static AsOf Commit(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return id.Length == 32 && id.All(char.IsAsciiHexDigit)
            ? new AsOf(null, id.ToLowerInvariant(), null)
            : throw new ZkArrowException(ZkArrowStatus.InvalidArgument, $"the commit id '{id}' was refused; it must be 32 hex digits");
    }

    /// <summary>
    /// Just after the last commit, of the datasets that are asked for, that was made at a time or before, by the clock of whoever
    /// published it. All datasets are read as of that one commit, so that clocks which differ choose another cut, but never a mixed one.
    /// </summary>
    /// <param name="time">The time, exact to the microsecond.</param>
    public static AsOf Time(DateTimeOffset time) => new(null, null, time);

    /// <summary>As an error says it.</summary>
    public override string ToString() =>
        CommitNumber is { } number ? $"commit {number.ToString(CultureInfo.InvariantCulture)}"
        : CommitId is { } id ? $"commit {id}"
        : PointInTime is { } time ? time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff 'UTC'", CultureInfo.InvariantCulture)
        : "now";
}
