namespace ZkArrow;

/// <summary>How an operation ended. The values are those of <c>zkarrow.h</c> and are only ever added to.</summary>
public enum ZkArrowStatus
{
    /// <summary>It was done.</summary>
    Ok = 0,

    /// <summary>An argument was refused; nothing was done.</summary>
    InvalidArgument = 1,

    /// <summary>A handle was NULL, closed or of another kind.</summary>
    InvalidHandle = 2,

    /// <summary>The dataset or the version does not exist.</summary>
    NotFound = 3,

    /// <summary>The dataset exists and was expected not to.</summary>
    AlreadyExists = 4,

    /// <summary>Another writer published first; the message names it.</summary>
    Conflict = 5,

    /// <summary>The dataset has an owner, and it is somebody else.</summary>
    NotOwner = 6,

    /// <summary>Ownership was taken over by a later epoch.</summary>
    Fenced = 7,

    /// <summary>The schema is not the one that was required, or a batch does not fit its schema.</summary>
    SchemaMismatch = 8,

    /// <summary>The version exists, but its bytes are on another host.</summary>
    NotResident = 9,

    /// <summary>The version is recorded, but its bytes are gone.</summary>
    DataLost = 10,

    /// <summary>Bytes were found that are not what was written.</summary>
    Corrupt = 11,

    /// <summary>The data directory is full.</summary>
    NoSpace = 12,

    /// <summary>A limit was exceeded; the message names it.</summary>
    TooLarge = 13,

    /// <summary>The deadline passed.</summary>
    Timeout = 14,

    /// <summary>The call was cancelled.</summary>
    Cancelled = 15,

    /// <summary>The coordinator could not be reached before the deadline.</summary>
    Unavailable = 16,

    /// <summary>The session ended before the operation was decided.</summary>
    SessionExpired = 17,

    /// <summary>The credentials were refused.</summary>
    Unauthenticated = 18,

    /// <summary>The access rights do not allow it.</summary>
    PermissionDenied = 19,

    /// <summary>It is valid, but this version of ZkArrow cannot do it.</summary>
    Unsupported = 20,

    /// <summary>The process was forked after the library was used.</summary>
    Forked = 21,

    /// <summary>The object is in use.</summary>
    Busy = 22,

    /// <summary>A defect in ZkArrow.</summary>
    Internal = 23,
}
