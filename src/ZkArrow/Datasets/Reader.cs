using ZkArrow.ArrowC;
using ZkArrow.Coordination;
using ZkArrow.Ipc;
using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>Opens versions: record first, then the bytes, pinned before they are looked at.</summary>
internal sealed class Reader(DatasetContext context, HeadCache heads, DatasetRecords datasets)
{
    private const string InlineReason = "inline: the bytes came from the coordinator, not from shared memory";

    /// <summary>The head's table when nothing has to be asked, mapped or waited for; else null.</summary>
    public ZkArrowTable? TryOpenCached(string name, ReadOptions options)
    {
        if (options.Strict || options.ValidateFull || options.Tag != null)
            return null;
        DatasetEntry entry = heads[name];
        Head? head = entry.TryCached();
        if (head?.Manifest is not { } manifest || (options.Version != 0 && options.Version != head.Version))
            return null;
        try
        {
            ArrowTable? table = context.Open.TryGet(Key(head.Incarnation, manifest));
            return table == null ? null : Wrap(manifest, table);
        }
        catch (ZkArrowException e) when (e.Status == ZkArrowStatus.Corrupt)
        {
            context.Kept.LetGo(entry); // or nobody could ever open it anew
            throw;
        }
    }

    public async ValueTask<ZkArrowTable> OpenAsync(string name, ReadOptions options, Call call)
    {
        if (options.Tag != null)
            return await OpenTaggedAsync(name, options.Tag, options, call).ConfigureAwait(false);
        DatasetEntry entry = heads[name];
        bool strict = options.Strict;
        while (true)
        {
            Task changed = entry.NextChange;
            Head? head = strict
                ? await entry.StrictHeadAsync(call.Token).ConfigureAwait(false)
                : await entry.HeadAsync(call.Token).ConfigureAwait(false);
            strict = false;
            if (head != null && options.Version > head.Version && !options.Wait && !options.Strict)
            {
                // the caller may know of it from elsewhere, while this session's server is behind
                strict = true;
                options = options with { Strict = true };
                continue;
            }

            if (head == null)
            {
                if (!options.Wait)
                    throw Missing(name);
                if (await entry.ExistsAsync(call.Token).ConfigureAwait(false))
                    continue;
            }
            else if (options.Version <= head.Version && head.Manifest is { } manifest)
            {
                ZkArrowTable? table = await OpenVersionAsync(head.Incarnation, manifest, options.Version, options.ValidateFull, call.Token).ConfigureAwait(false);
                if (table != null)
                {
                    if (table.Version.Number == head.Version && table.Version.Residency != Residency.Process)
                        context.Kept.Keep(entry, head, table.Data);
                    return table;
                }

                Head? now = await entry.StrictHeadAsync(call.Token).ConfigureAwait(false);
                if (now == null && !options.Wait)
                    throw Missing(name);
                if (options.Version != 0 && now?.Incarnation == head.Incarnation)
                    throw MissingVersion(name, options.Version, now.Version);
                continue;
            }
            else if (!options.Wait)
            {
                throw head.Version == 0 ? NoVersion(name) : MissingVersion(name, options.Version, head.Version);
            }

            call.WaitsForChange = true;
            await changed.WaitAsync(call.Token).ConfigureAwait(false);
            call.WaitsForChange = false;
        }
    }

    /// <summary>The version that has a tag; asked again when the tag has moved and the version is gone.</summary>
    private async ValueTask<ZkArrowTable> OpenTaggedAsync(string name, string tag, ReadOptions options, Call call)
    {
        if (options.Version != 0 || options.Wait)
            throw new ZkArrowException(ZkArrowStatus.InvalidArgument, "a tag names one version that there is: leave the version and the waiting out");
        DatasetEntry entry = heads[name];
        for (bool strict = options.Strict; ; strict = true)
        {
            Head? head = strict
                ? await entry.StrictHeadAsync(call.Token).ConfigureAwait(false)
                : await entry.HeadAsync(call.Token).ConfigureAwait(false);
            KnownDataset? dataset = head == null ? null : await datasets.ReadAsync(head.Incarnation, Freshness.Session, call.Token).ConfigureAwait(false);
            if (head == null && strict)
                throw Missing(name);
            if (dataset == null)
                continue;
            if (dataset.Record.Tags?.TryGetValue(tag, out long version) == true)
            {
                if (head!.Manifest is { } manifest
                    && await OpenVersionAsync(head.Incarnation, manifest, version, options.ValidateFull, call.Token).ConfigureAwait(false) is { } table)
                {
                    return table;
                }
            }
            else if (strict)
            {
                throw dataset.Record.NoTag(tag);
            }
        }
    }

    /// <summary>
    /// Takes hold of the versions of a cut. One whose bytes are not to be had here is held without them, and says so when it is
    /// read. Null when a record is gone, and the cut must be chosen again.
    /// </summary>
    public async ValueTask<IReadOnlyList<HeldVersion>?> HoldAsync(IReadOnlyList<ChosenVersion> versions, bool validateFull, CancellationToken cancellationToken)
    {
        HeldVersion?[] held = new HeldVersion?[versions.Count];
        bool complete = false;
        try
        {
            for (int i = 0; i < held.Length; i++)
            {
                ChosenVersion chosen = versions[i];
                try
                {
                    if (await OpenVersionAsync(chosen.Incarnation, chosen.Manifest, chosen.Manifest.Version, validateFull, cancellationToken).ConfigureAwait(false) is not { } table)
                        return null;
                    held[i] = new HeldVersion(chosen.Name, table.Version, table, null);
                }
                catch (ZkArrowException e) when (e.Status is ZkArrowStatus.NotResident or ZkArrowStatus.DataLost or ZkArrowStatus.Corrupt)
                {
                    held[i] = new HeldVersion(chosen.Name, DatasetVersion.From(chosen.Manifest), null, e);
                }
            }

            complete = true;
            return held!;
        }
        finally
        {
            if (!complete)
            {
                foreach (HeldVersion? one in held)
                    one?.Table?.Dispose();
            }
        }
    }

    /// <summary>The head's rows, without those of its first segments; null when the head is gone.</summary>
    public async ValueTask<ArrowTable?> OpenTailAsync(Head head, int without, CancellationToken cancellationToken)
    {
        Manifest manifest = head.Manifest!;
        if (!manifest.IsInline)
            return await OpenSegmentsAsync(head.Incarnation, manifest, [.. manifest.Segments.Skip(without)], ValidationLevel.Default, cancellationToken).ConfigureAwait(false);
        return await ReadRecordAsync(head.Incarnation, head.Version, cancellationToken).ConfigureAwait(false) is { } record
            ? OpenInline(record.InlineFile.Span, ValidationLevel.Default)
            : null;
    }

    /// <summary>The manifest of a version; null when it is not recorded.</summary>
    public async ValueTask<(Manifest Manifest, ReadOnlyMemory<byte> InlineFile)?> ReadRecordAsync(
        Guid incarnation, long version, CancellationToken cancellationToken, Freshness freshness = Freshness.Session)
    {
        string path = context.Layout.Version(incarnation, version);
        Node? node = await context.GetAsync(path, null, freshness, cancellationToken).ConfigureAwait(false);
        if (node == null)
            return null;
        Manifest manifest = RecordCodec.ReadVersion(node, path, out ReadOnlyMemory<byte> file);
        return (manifest, file);
    }

    public static ZkArrowException Missing(string name) =>
        new(ZkArrowStatus.NotFound, $"the dataset '{name}' does not exist; publish it, or wait for it") { IsRetryable = true };

    public static ZkArrowException NoVersion(string name) =>
        new(ZkArrowStatus.NotFound, $"the dataset '{name}' has no version yet; publish one, or wait for it") { IsRetryable = true };

    public static ZkArrowException MissingVersion(string name, long version, long head) =>
        new(ZkArrowStatus.NotFound, $"version {version} of '{name}' cannot be read; its head is {head} and older versions may have been dropped");

    /// <summary>A version, or the head for 0, of which the manifest is known. Null when the version's record is gone.</summary>
    private async ValueTask<ZkArrowTable?> OpenVersionAsync(Guid incarnation, Manifest head, long version, bool validateFull, CancellationToken cancellationToken)
    {
        bool isHead = version == 0 || version == head.Version;
        Manifest manifest = head;
        ReadOnlyMemory<byte> inlineFile = default;
        if (isHead && !validateFull && context.Open.TryGet(Key(incarnation, manifest)) is { } open)
            return Wrap(manifest, open);
        if (!isHead || manifest.IsInline)
        {
            long number = isHead ? head.Version : version;
            (Manifest Manifest, ReadOnlyMemory<byte> InlineFile)? record =
                await ReadRecordAsync(incarnation, number, cancellationToken).ConfigureAwait(false);
            if (record == null)
                return null;
            (manifest, inlineFile) = record.Value;
            if (!validateFull && context.Open.TryGet(Key(incarnation, manifest)) is { } other)
                return Wrap(manifest, other);
        }

        ValidationLevel level = validateFull ? ValidationLevel.Full : ValidationLevel.Default;
        ArrowTable? table = manifest.IsInline
            ? OpenInline(inlineFile.Span, level)
            : await OpenSegmentsAsync(incarnation, manifest, manifest.Segments, level, cancellationToken).ConfigureAwait(false);
        if (table == null)
            return null;
        if (manifest.Place != Residency.Process) // found again by its name, while its publisher is open
            context.Open.Add(Key(incarnation, manifest), table);
        return Wrap(manifest, table);
    }

    private async ValueTask<ArrowTable?> OpenSegmentsAsync(
        Guid incarnation, Manifest manifest, IReadOnlyList<SegmentRecord> segments, ValidationLevel level, CancellationToken cancellationToken)
    {
        if (segments.Count == 0)
            throw new ZkArrowException(ZkArrowStatus.Corrupt, $"the manifest of version {manifest.Version} names no segment; another program may have written it");
        List<ArrowTable> tables = [];
        try
        {
            foreach (SegmentRecord segment in segments)
            {
                if (await OpenSegmentAsync(incarnation, manifest, segment, level, cancellationToken).ConfigureAwait(false) is not { } table)
                    return null;
                tables.Add(table);
            }

            if (tables.Count > 1)
                return ArrowTable.Concat(tables);
            tables[0].AddRef();
            return tables[0];
        }
        finally
        {
            foreach (ArrowTable table in tables)
                table.Release();
        }
    }

    private async ValueTask<ArrowTable?> OpenSegmentAsync(
        Guid incarnation, Manifest manifest, SegmentRecord segment, ValidationLevel level, CancellationToken cancellationToken)
    {
        MappedSegment? mapped = context.Places.Of(manifest)?.TryMap(segment.File, segment.Bytes);
        if (mapped == null)
        {
            // bytes go after their record: a record that is still there says that they should be here, or are elsewhere
            if (await ReadRecordAsync(incarnation, manifest.Version, cancellationToken, Freshness.Majority).ConfigureAwait(false) == null)
                return null;
            throw Absence.Of(manifest, segment.File, context);
        }

        return ReadMapped(mapped, segment, segment.Commit ?? manifest.Commit, level);
    }

    private static ArrowTable ReadMapped(MappedSegment mapped, SegmentRecord segment, string expected, ValidationLevel level)
    {
        // one reference more: what was found wrong may be the zeros of a file that was truncated meanwhile
        mapped.AddRef();
        try
        {
            ArrowTable table = ParseMapped(mapped, segment, expected, level);
            if (table.Batches.Count > 0)
                table.ThrowIfDamaged();
            return table;
        }
        catch (ZkArrowException)
        {
            mapped.ThrowIfDamaged();
            throw;
        }
        finally
        {
            mapped.Dispose();
        }
    }

    private static unsafe ArrowTable ParseMapped(MappedSegment mapped, SegmentRecord segment, string expected, ValidationLevel level)
    {
        ArrowTable table = IpcReader.Read(mapped.Start, mapped.Length, mapped, level, out IReadOnlyList<KeyValuePair<string, string>> footer);
        string commit = footer.FirstOrDefault(pair => pair.Key == IpcFormat.CommitKey).Value;
        if (commit != expected)
        {
            table.Release();
            throw new ZkArrowException(ZkArrowStatus.Corrupt, $"the segment {segment.File} carries commit '{commit}' where its manifest says {expected}; it was overwritten, publish it again");
        }

        return table;
    }

    private static unsafe ArrowTable OpenInline(ReadOnlySpan<byte> file, ValidationLevel level)
    {
        MemorySink copy = new(file.Length);
        fixed (byte* start = file)
            copy.Write(start, file.Length);
        return IpcReader.Read(copy.Start, copy.Length, copy, level, out _);
    }

    private static string Key(Guid incarnation, Manifest manifest) =>
        manifest.IsInline || manifest.Segments.Count == 0 ? $"{incarnation:N}:{manifest.Version}" : manifest.Segments[^1].File; // the last one is the version's own

    private static ZkArrowTable Wrap(Manifest manifest, ArrowTable table) =>
        new(DatasetVersion.From(manifest), table, manifest.IsInline ? InlineReason : table.CopyReason);
}
