namespace ZkArrow.Native;

/// <summary>Translates option structs; NULL stands for the defaults.</summary>
internal static unsafe class Options
{
    private const int AnyVersion = -1;
    private const int DefaultInlineMax = -1;
    private const uint SameSchema = 1;
    private const uint Strict = 1, WaitForIt = 2, ValidateFull = 4;

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
            SameSchema = (Argument.Flags(options->Flags, SameSchema, "options") & SameSchema) != 0,
            ExpectedVersion = options->ExpectedVersion == AnyVersion ? null : options->ExpectedVersion,
            Residency = options->Residency switch
            {
                0 => null,
                (int)Residency.Inline or (int)Residency.Host => (Residency)options->Residency,
                _ => throw Argument.Refused("options", $"had the residency {options->Residency}, which this version does not know"),
            },
        };
    }

    public static ReadOptions? Read(ZkaReadOptions* options)
    {
        if (options == null)
            return null;
        uint flags = Argument.Flags(Argument.Sized(options)->Flags, Strict | WaitForIt | ValidateFull, nameof(options));
        return new ReadOptions
        {
            Version = Argument.Version(options->Version, "version"),
            Strict = (flags & Strict) != 0,
            Wait = (flags & WaitForIt) != 0,
            ValidateFull = (flags & ValidateFull) != 0,
        };
    }
}
