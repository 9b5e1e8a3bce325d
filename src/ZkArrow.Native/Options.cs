using ZkArrow.Sql;

namespace ZkArrow.Native;

/// <summary>Translates option structs; NULL stands for the defaults.</summary>
internal static unsafe class Options
{
    /// <summary>Sizes in the first release: of zka_client_options without a code tag, …</summary>
    private const int FirstClientOptions = 32;

    /// <summary>… of zka_publish_options without an owner, tags and more, …</summary>
    private const int FirstPublishOptions = 24;

    /// <summary>… and of zka_read_options without a tag.</summary>
    private const int FirstReadOptions = 16;

    /// <summary>Stands in inline_max for the default.</summary>
    private const int DefaultInlineMax = -1;

    /// <summary>The times that .NET knows, in microseconds since 1970.</summary>
    private const long MinUs = -62_135_596_800_000_000, MaxUs = 253_402_300_799_999_999;

    /// <summary>Stands in the limits of zka_dataset_options for no change.</summary>
    private const long AsItIs = -1;

    public static ZkArrowOptions Read(ZkaClientOptions* options)
    {
        ZkArrowOptions read = new() { LoggerFactory = CallbackLog.Current };
        if (options == null)
            return read;
        ZkaClientOptions given = Argument.Grown(options, FirstClientOptions);
        read = read with
        {
            DataDirectory = Argument.OptionalText(given.DataDir, "data_dir"),
            Auth = Argument.OptionalText(given.Auth, "auth"),
            CodeTag = Argument.OptionalText(given.CodeTag, "code_tag"),
            DiskDirectory = Argument.OptionalText(given.DiskDir, "disk_dir"),
            SpaceLimit = given.SpaceLimit,
        };
        if (given.SessionTimeoutMs != 0)
            read = read with { SessionTimeout = TimeSpan.FromMilliseconds(given.SessionTimeoutMs) };
        return given.InlineMax == DefaultInlineMax ? read : read with { InlineMax = given.InlineMax };
    }

    public static PublishOptions? Read(ZkaPublishOptions* options)
    {
        if (options == null)
            return null;
        ZkaPublishOptions given = Argument.Grown(options, FirstPublishOptions);
        Argument.Zero(given.Reserved, "reserved");
        Argument.Zero(given.Reserved2, "reserved2");
        return new PublishOptions
        {
            SameSchema = Argument.Flags(given.Flags, Zka.PublishSameSchema, nameof(options)) != 0,
            ExpectedVersion = given.ExpectedVersion == Zka.AnyVersion ? null : given.ExpectedVersion,
            Residency = given.Residency switch
            {
                0 => null,
                Zka.ResidencyInline or Zka.ResidencyHost or Zka.ResidencyDisk or Zka.ResidencyProcess => (Residency)given.Residency,
                _ => throw Argument.Refused(nameof(options), $"had the residency {given.Residency}, which this version does not know"),
            },
            Owner = given.Owner == 0 ? null : Handles.Get<ZkArrowOwner>(given.Owner),
            Tags = Argument.Texts(given.Tags, given.NTags, "tags"),
            Metadata = Pairs(given.Metadata, given.NMetadata),
            Lifetime = given.Lifetime switch
            {
                0 => null,
                Zka.LifetimePersistent or Zka.LifetimeSession or Zka.LifetimeTtl => (Lifetime)given.Lifetime,
                _ => throw Argument.Refused(nameof(options), $"had the lifetime {given.Lifetime}, which this version does not know"),
            },
            TimeToLive = given.TtlMs == 0 ? null : Argument.Milliseconds(given.TtlMs, "ttl_ms"),
        };
    }

    public static DatasetOptions Read(ZkaDatasetOptions* options)
    {
        ZkaDatasetOptions given = *Argument.Sized(options);
        bool keeps = given is not { KeepVersions: AsItIs, KeepAgeMs: AsItIs, KeepBytes: AsItIs };
        return new DatasetOptions
        {
            Retention = !keeps ? null : new Retention
            {
                Versions = Limit(given.KeepVersions),
                Age = Limit(given.KeepAgeMs) is { } age ? Argument.Milliseconds(age, "keep_age_ms") : null,
                Bytes = Limit(given.KeepBytes),
            },
            SchemaPolicy = given.SchemaPolicy switch
            {
                0 => null,
                >= Zka.SchemaPolicyNone and <= Zka.SchemaPolicyExact => (SchemaPolicy)given.SchemaPolicy,
                _ => throw Argument.Refused(nameof(options), $"had the schema_policy {given.SchemaPolicy}, which this version does not know"),
            },
            TimeToLive = given.TtlMs == AsItIs ? null : Argument.Milliseconds(given.TtlMs, "ttl_ms"),
        };
    }

    /// <summary>Whether an owner that lives is to be replaced.</summary>
    public static bool TakesOver(ZkaOwnerOptions* options) =>
        options != null && Argument.Flags(Argument.Sized(options)->Flags, Zka.OwnerTakeOver, nameof(options)) != 0;

    /// <summary>The budgets of the columns; null when one number stands for all.</summary>
    public static long[]? ColumnBytes(ZkaLoanOptions* options)
    {
        if (options->ColumnVarBytes == null)
            return null;
        if (options->NColumns is < 0 or > int.MaxValue)
            throw Argument.Refused(nameof(options), $"had {options->NColumns} entries in column_var_bytes; give one for each column");
        return new ReadOnlySpan<long>(options->ColumnVarBytes, (int)options->NColumns).ToArray();
    }

    public static ReadOptions? Read(ZkaReadOptions* options)
    {
        if (options == null)
            return null;
        ZkaReadOptions given = Argument.Grown(options, FirstReadOptions);
        uint flags = Argument.Flags(given.Flags, Zka.ReadStrict | Zka.ReadWait | Zka.ReadValidateFull, nameof(options));
        return new ReadOptions
        {
            Version = Argument.Version(given.Version, "version"),
            AsOf = Moment(given.AsOfCommitNumber, given.AsOfUs, given.AsOfCommitId),
            Strict = (flags & Zka.ReadStrict) != 0,
            Wait = (flags & Zka.ReadWait) != 0,
            ValidateFull = (flags & Zka.ReadValidateFull) != 0,
            Tag = Argument.OptionalText(given.Tag, "tag"),
        };
    }

    public static AsOf? Read(ZkaSnapshotOptions* options)
    {
        if (options == null)
            return null;
        ZkaSnapshotOptions given = *Argument.Sized(options);
        Argument.Zero((int)given.Reserved, "reserved");
        return Moment(given.AsOfCommitNumber, given.AsOfUs, given.AsOfCommitId);
    }

    public static QueryOptions Read(ZkaQueryOptions* options)
    {
        if (options == null)
            return new QueryOptions();
        ZkaQueryOptions given = *Argument.Sized(options);
        return new QueryOptions
        {
            Threads = given.Threads == 0 ? null : given.Threads,
            MemoryLimit = given.MemoryLimit == 0 ? null : given.MemoryLimit,
            AsOf = Moment(given.AsOfCommitNumber, given.AsOfUs, given.AsOfCommitId),
        };
    }

    /// <summary>The moment that one of three fields gives; null when none does.</summary>
    private static AsOf? Moment(long commitNumber, long us, byte* commitId)
    {
        if ((commitNumber != 0 ? 1 : 0) + (us != 0 ? 1 : 0) + (commitId != null ? 1 : 0) > 1)
            throw Argument.Refused("options", "gave more than one as_of; give a commit number, a commit id or a time");
        if (commitId != null)
            return AsOf.Commit(Argument.Text(commitId, "as_of_commit_id"));
        if (commitNumber != 0)
            return AsOf.Commit(commitNumber);
        if (us == 0)
            return null;
        return us is >= MinUs and <= MaxUs
            ? AsOf.Time(DateTimeOffset.UnixEpoch.AddTicks(us * TimeSpan.TicksPerMicrosecond))
            : throw Argument.Refused("as_of_us", $"was {us}, which is no time between the years 1 and 9999");
    }

    /// <summary>What stands for no limit, or for no change.</summary>
    private static long? Limit(long given) => given is 0 or AsItIs ? null : given;

    private static Dictionary<string, string> Pairs(byte** texts, long count)
    {
        string[] all = Argument.Texts(texts, count is >= 0 and <= int.MaxValue ? 2 * count : -1, "metadata");
        Dictionary<string, string> pairs = new(StringComparer.Ordinal);
        for (int i = 0; i < all.Length; i += 2)
            pairs[all[i]] = all[i + 1];
        return pairs;
    }
}
