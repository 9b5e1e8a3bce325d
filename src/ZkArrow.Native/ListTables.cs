using ZkArrow.ArrowC;
using ZkArrow.Coordination;

namespace ZkArrow.Native;

/// <summary>Lists as Arrow tables, with the columns that <c>zkarrow.h</c> documents.</summary>
internal static class ListTables
{
    public static ArrowTable Datasets(IReadOnlyList<DatasetInfo> datasets)
    {
        TableBuilder table = new(datasets.Count);
        table.AddText("name", i => datasets[i].Name);
        table.AddNumbers("version", TableBuilder.Unsigned, i => datasets[i].Head.Number);
        AddCommon(table, i => datasets[i].Head);
        return table.Build();
    }

    public static ArrowTable Versions(IReadOnlyList<DatasetVersion> versions)
    {
        TableBuilder table = new(versions.Count);
        table.AddNumbers("version", TableBuilder.Unsigned, i => versions[i].Number);
        AddCommon(table, i => versions[i]);
        table.AddText("commit_id", i => versions[i].CommitId);
        table.AddText("author", i => versions[i].Author);
        table.AddText("parent_commit_id", i => versions[i].ParentCommitId ?? "");
        table.AddText("code_tag", i => versions[i].CodeTag ?? "");
        table.AddTexts("tags", i => versions[i].Tags);
        table.AddMap("metadata", i => versions[i].Metadata);
        return table.Build();
    }

    public static ArrowTable Tags(IReadOnlyDictionary<string, long> tags)
    {
        KeyValuePair<string, long>[] sorted = [.. tags.OrderBy(tag => tag.Key, StringComparer.Ordinal)];
        TableBuilder table = new(sorted.Length);
        table.AddText("tag", i => sorted[i].Key);
        table.AddNumbers("version", TableBuilder.Unsigned, i => sorted[i].Value);
        return table.Build();
    }

    public static ArrowTable Cut(IReadOnlyDictionary<string, DatasetVersion> versions)
    {
        DatasetInfo[] rows = [.. versions.Select(pair => new DatasetInfo(pair.Key, pair.Value))];
        TableBuilder table = new(rows.Length);
        table.AddText("name", i => rows[i].Name);
        table.AddNumbers("version", TableBuilder.Unsigned, i => rows[i].Head.Number);
        AddCommon(table, i => rows[i].Head);
        table.AddText("commit_id", i => rows[i].Head.CommitId);
        table.AddText("author", i => rows[i].Head.Author);
        return table.Build();
    }

    private static void AddCommon(TableBuilder table, Func<int, DatasetVersion> version)
    {
        table.AddNumbers("epoch", TableBuilder.Unsigned, i => version(i).Epoch);
        table.AddNumbers("rows", TableBuilder.Signed, i => version(i).Rows);
        table.AddNumbers("nbytes", TableBuilder.Signed, i => version(i).Bytes);
        table.AddNumbers("committed_at", TableBuilder.MicrosecondsUtc, i => Output.Microseconds(version(i).CommittedAt));
        table.AddText("residency", i => Manifest.NameOf(version(i).Residency));
        table.AddText("schema_id", i => version(i).SchemaId);
        table.AddNumbers("commit_number", TableBuilder.Signed, i => version(i).CommitNumber);
    }
}
