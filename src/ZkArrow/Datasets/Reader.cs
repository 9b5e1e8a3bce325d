using ZkArrow.ArrowC;
using ZkArrow.Coordination;
using ZkArrow.Ipc;
using ZkArrow.Segments;

namespace ZkArrow.Datasets;

/// <summary>Opens versions: record first, then the bytes, pinned before they are looked at.</summary>
internal sealed class Reader(DatasetContext context, HeadCache heads)
{
    private const string InlineReason = "inline: the bytes came from the coordinator, not from shared memory";

    /// <summary>The head's table when nothing has to be asked, mapped or waited for; else null.</summary>
    public ZkArrowTable? TryOpenCached(string name, ReadOptions options)
    {
        if (options.Strict || options.ValidateFull)
            return null;
        Head? head = heads[name].TryCached();
        if (head == null || (options.Version != 0 && options.Version != head.Version))
            return null;
        ArrowTable? table = context.Open.TryGet(Key(head.Incarnation, head.Manifest));
        return table == null ? null : Wrap(head.Manifest, table);
    }

    public async ValueTask<ZkArrowTable> OpenAsync(string name, ReadOptions options, Call call)
    {
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
            else if (options.Version <= head.Version)
            {
                ZkArrowTable? table = await OpenVersionAsync(head, options, call.Token).ConfigureAwait(false);
                if (table != null)
                    return table;
                Head? now = await entry.StrictHeadAsync(call.Token).ConfigureAwait(false);
                if (now == null && !options.Wait)
                    throw Missing(name);
                if (options.Version != 0 && now?.Incarnation == head.Incarnation)
                    throw MissingVersion(name, options.Version, now.Version);
                continue;
            }
            else if (!options.Wait)
            {
                throw MissingVersion(name, options.Version, head.Version);
            }

            call.WaitsForChange = true;
            await changed.WaitAsync(call.Token).ConfigureAwait(false);
            call.WaitsForChange = false;
        }
    }

    /// <summary>The manifest of a version; null when it is not recorded.</summary>
    public async ValueTask<(Manifest Manifest, ReadOnlyMemory<byte> InlineFile)?> ReadRecordAsync(
        Guid incarnation, long version, CancellationToken cancellationToken, bool sync = false)
    {
        string path = context.Layout.Version(incarnation, version);
        Node? node = await context.GetAsync(path, null, sync, cancellationToken).ConfigureAwait(false);
        if (node == null)
            return null;
        Manifest manifest = RecordCodec.ReadVersion(node.Data, path, out ReadOnlyMemory<byte> file);
        return (manifest, file);
    }

    public static ZkArrowException Missing(string name) =>
        new(ZkArrowStatus.NotFound, $"the dataset '{name}' does not exist; publish it, or wait for it") { IsRetryable = true };

    public static ZkArrowException MissingVersion(string name, long version, long head) =>
        new(ZkArrowStatus.NotFound, $"version {version} of '{name}' cannot be read; its head is {head} and older versions may have been dropped");

    /// <summary>Null when the version's record is gone.</summary>
    private async ValueTask<ZkArrowTable?> OpenVersionAsync(Head head, ReadOptions options, CancellationToken cancellationToken)
    {
        bool isHead = options.Version == 0 || options.Version == head.Version;
        Manifest manifest = head.Manifest;
        ReadOnlyMemory<byte> inlineFile = default;
        if (isHead && !options.ValidateFull && context.Open.TryGet(Key(head.Incarnation, manifest)) is { } open)
            return Wrap(manifest, open);
        if (!isHead || manifest.IsInline)
        {
            long number = isHead ? head.Version : options.Version;
            (Manifest Manifest, ReadOnlyMemory<byte> InlineFile)? record =
                await ReadRecordAsync(head.Incarnation, number, cancellationToken).ConfigureAwait(false);
            if (record == null)
                return null;
            (manifest, inlineFile) = record.Value;
            if (!options.ValidateFull && context.Open.TryGet(Key(head.Incarnation, manifest)) is { } other)
                return Wrap(manifest, other);
        }

        ValidationLevel level = options.ValidateFull ? ValidationLevel.Full : ValidationLevel.Default;
        ArrowTable? table = manifest.IsInline
            ? OpenInline(inlineFile.Span, level)
            : await OpenSegmentAsync(head.Incarnation, manifest, level, cancellationToken).ConfigureAwait(false);
        if (table == null)
            return null;
        context.Open.Add(Key(head.Incarnation, manifest), table);
        return Wrap(manifest, table);
    }

    private async ValueTask<ArrowTable?> OpenSegmentAsync(Guid incarnation, Manifest manifest, ValidationLevel level, CancellationToken cancellationToken)
    {
        if (manifest.Segments.Count != 1)
            throw new ZkArrowException(ZkArrowStatus.Unsupported, $"version {manifest.Version} has {manifest.Segments.Count} segments; this version of ZkArrow reads one, use a newer one");
        SegmentRecord segment = manifest.Segments[0];
        MappedSegment? mapped = context.Directory.TryMap(segment.File, segment.Bytes);
        if (mapped == null)
        {
            // bytes go after their record: a record that is still there says that they should be here, or are elsewhere
            if (await ReadRecordAsync(incarnation, manifest.Version, cancellationToken, sync: true).ConfigureAwait(false) == null)
                return null;
            throw manifest.Boot == context.Boot
                ? new ZkArrowException(ZkArrowStatus.DataLost, $"the segment {segment.File} is not in {context.Directory.Path}; it was deleted, or this client's data_dir is not the publisher's")
                : new ZkArrowException(ZkArrowStatus.NotResident, $"version {manifest.Version} is in the memory of another host or an earlier boot (published by {manifest.Author}); read it there, or publish it here");
        }

        return ReadMapped(mapped, manifest, level);
    }

    private static unsafe ArrowTable ReadMapped(MappedSegment mapped, Manifest manifest, ValidationLevel level)
    {
        ArrowTable table = IpcReader.Read(mapped.Start, mapped.Length, mapped, level, out IReadOnlyList<KeyValuePair<string, string>> footer);
        string commit = footer.FirstOrDefault(pair => pair.Key == Publisher.CommitKey).Value;
        if (commit != manifest.Commit)
        {
            table.Release();
            throw new ZkArrowException(ZkArrowStatus.Corrupt, $"the segment {manifest.Segments[0].File} carries commit '{commit}' where its manifest says {manifest.Commit}; it was overwritten, publish it again");
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
        manifest.IsInline ? $"{incarnation:N}:{manifest.Version}" : manifest.Segments[0].File;

    private static ZkArrowTable Wrap(Manifest manifest, ArrowTable table) =>
        new(DatasetVersion.From(manifest), table, manifest.IsInline ? InlineReason : table.CopyReason);
}
