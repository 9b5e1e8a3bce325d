namespace ZkArrow.Native;

/// <summary>Translates option structs; NULL stands for the defaults.</summary>
internal static unsafe class Options
{
    /// <summary>Stands in inline_max for the default.</summary>
    private const int DefaultInlineMax = -1;

    /// <summary>The size of zka_publish_options in its first release, when it had no owner.</summary>
    private const int FirstPublishOptions = 24;

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
        ZkaPublishOptions given = Argument.Grown(options, FirstPublishOptions);
        Argument.Zero(given.Reserved, "reserved");
        return new PublishOptions
        {
            SameSchema = Argument.Flags(given.Flags, Zka.PublishSameSchema, nameof(options)) != 0,
            ExpectedVersion = given.ExpectedVersion == Zka.AnyVersion ? null : given.ExpectedVersion,
            Residency = given.Residency switch
            {
                0 => null,
                Zka.ResidencyInline or Zka.ResidencyHost => (Residency)given.Residency,
                _ => throw Argument.Refused(nameof(options), $"had the residency {given.Residency}, which this version does not know"),
            },
            Owner = given.Owner == 0 ? null : Handles.Get<ZkArrowOwner>(given.Owner),
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
        uint flags = Argument.Flags(Argument.Sized(options)->Flags, Zka.ReadStrict | Zka.ReadWait | Zka.ReadValidateFull, nameof(options));
        return new ReadOptions
        {
            Version = Argument.Version(options->Version, "version"),
            Strict = (flags & Zka.ReadStrict) != 0,
            Wait = (flags & Zka.ReadWait) != 0,
            ValidateFull = (flags & Zka.ReadValidateFull) != 0,
        };
    }
}
