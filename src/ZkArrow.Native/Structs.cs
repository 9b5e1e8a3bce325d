using System.Runtime.InteropServices;

namespace ZkArrow.Native;

/// <summary><c>zka_error</c>, field for field; <c>abi.py check</c> compares all of this file with the header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ZkaError
{
    public uint StructSize;
    public int Status;
    public int KeeperCode;
    public uint Flags;
    public byte* Message;
    public delegate* unmanaged[Cdecl]<ZkaError*, void> Release;
    public void* PrivateData;
}

/// <summary><c>zka_client_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ZkaClientOptions
{
    public uint StructSize;
    public int SessionTimeoutMs;
    public byte* DataDir;
    public byte* Auth;
    public long InlineMax;
    public byte* CodeTag;
    public byte* DiskDir;
    public long SpaceLimit;
}

/// <summary><c>zka_version_info</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ZkaVersionInfo
{
    public uint StructSize;
    public int Residency;
    public ulong Number;
    public ulong Epoch;
    public long Rows;
    public long Nbytes;
    public long CommittedAtUs;
    public fixed byte CommitId[33];
    public fixed byte SchemaId[33];
    public fixed byte Reserved[6];
    public long CommitNumber;
}

/// <summary><c>zka_publish_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ZkaPublishOptions
{
    public uint StructSize;
    public uint Flags;
    public long ExpectedVersion;
    public int Residency;
    public int Reserved;
    public nint Owner;
    public byte** Tags;
    public long NTags;
    public byte** Metadata;
    public long NMetadata;
    public long TtlMs;
    public int Lifetime;
    public int Reserved2;
}

/// <summary><c>zka_owner_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ZkaOwnerOptions
{
    public uint StructSize;
    public uint Flags;
}

/// <summary><c>zka_read_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ZkaReadOptions
{
    public uint StructSize;
    public uint Flags;
    public ulong Version;
    public byte* Tag;
    public long AsOfCommitNumber;
    public long AsOfUs;
    public byte* AsOfCommitId;
}

/// <summary><c>zka_snapshot_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ZkaSnapshotOptions
{
    public uint StructSize;
    public uint Reserved;
    public long AsOfCommitNumber;
    public long AsOfUs;
    public byte* AsOfCommitId;
}

/// <summary><c>zka_query_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ZkaQueryOptions
{
    public uint StructSize;
    public int Threads;
    public long MemoryLimit;
    public long AsOfCommitNumber;
    public long AsOfUs;
    public byte* AsOfCommitId;
}

/// <summary><c>zka_dataset_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ZkaDatasetOptions
{
    public uint StructSize;
    public int SchemaPolicy;
    public long KeepVersions;
    public long KeepAgeMs;
    public long KeepBytes;
    public long TtlMs;
}

/// <summary><c>zka_dataset_description</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ZkaDatasetDescription
{
    public uint StructSize;
    public int SchemaPolicy;
    public int Lifetime;
    public int Owned;
    public ulong Head;
    public ulong Epoch;
    public long Versions;
    public long Nbytes;
    public long CreatedAtUs;
    public long KeepVersions;
    public long KeepAgeMs;
    public long KeepBytes;
    public long TtlMs;
}

/// <summary><c>zka_loan_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ZkaLoanOptions
{
    public uint StructSize;
    public uint Reserved;
    public long VarBytes;
    public long* ColumnVarBytes;
    public long NColumns;
    public long AllocBytes;
}

/// <summary><c>zka_counters</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ZkaCounters
{
    public uint StructSize;
    public uint Reserved;
    public long Handles;
    public long ExportedArrays;
    public long ExportedStreams;
    public long ExportedSchemas;
    public long Batches;
    public long MappedSegments;
    public long MappedBytes;
}
