namespace ZkArrow.Native;

/// <summary>Translates option structs; NULL stands for the defaults.</summary>
internal static unsafe class Options
{
    /// <summary>Stands in inline_max for the default.</summary>
    private const int DefaultInlineMax = -1;

    /// <summary>The times that .NET knows, in microseconds since 1970.</summary>
    private const long MinUs = -62_135_596_800_000_000, MaxUs = 253_402_300_799_999_999;

    public static ZkArrowOptions Read(ZkaClientOptions* options)
    {
        ZkArrowOptions read = new() { LoggerFactory = CallbackLog.Current };
        if (options == null)
            return read;
        Argument.Sized(options);
        read = read with { DataDirectory = Argument.OptionalText(options->DataDir, "data_dir"), Auth = Argument.OptionalText(options->Auth, "auth") };
        if (options->SessionTimeoutMs != 0)
            read = read with { SessionTimeout = TimeSpan.FromMilliseconds(options->SessionTimeoutMs) };
        return options->InlineMax == DefaultInlineMax ? read : read with { InlineMax = options->InlineMax };
    }

    public static PublishOptions? Read(ZkaPublishOptions* options)
    {
        if (options == null)
            return null;
        Argument.Sized(options);
        Argument.Zero(options->Reserved, "reserved");
        return new PublishOptions
        {
            SameSchema = Argument.Flags(options->Flags, Zka.PublishSameSchema, nameof(options)) != 0,
            ExpectedVersion = options->ExpectedVersion == Zka.AnyVersion ? null : options->ExpectedVersion,
            Residency = options->Residency switch
            {
                0 => null,
                Zka.ResidencyInline or Zka.ResidencyHost => (Residency)options->Residency,
                _ => throw Argument.Refused(nameof(options), $"had the residency {options->Residency}, which this version does not know"),
            },
        };
    }

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
        ZkaReadOptions given = Argument.Copy(options);
        uint flags = Argument.Flags(given.Flags, Zka.ReadStrict | Zka.ReadWait | Zka.ReadValidateFull, nameof(options));
        return new ReadOptions
        {
            Version = Argument.Version(given.Version, "version"),
            AsOf = Moment(given.AsOfCommitNumber, given.AsOfUs, given.AsOfCommitId),
            Strict = (flags & Zka.ReadStrict) != 0,
            Wait = (flags & Zka.ReadWait) != 0,
            ValidateFull = (flags & Zka.ReadValidateFull) != 0,
        };
    }

    public static AsOf? Read(ZkaSnapshotOptions* options)
    {
        if (options == null)
            return null;
        ZkaSnapshotOptions given = Argument.Copy(options);
        Argument.Zero((int)given.Reserved, "reserved");
        return Moment(given.AsOfCommitNumber, given.AsOfUs, given.AsOfCommitId);
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
}
