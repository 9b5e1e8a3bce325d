using System.Text.Json;
using System.Text.RegularExpressions;
using NUnit.Framework;
using ZkArrow.Testing;
using ZkArrow.ZooKeeper;

namespace ZkArrow.Tests.Datasets;

/// <summary>The page that documents the tree, held against a live one.</summary>
[TestFixture]
public sealed partial class ZnodeLayoutTests : DatasetFixture
{
    [Test]
    public async Task The_page_and_a_live_tree_say_the_same()
    {
        Dictionary<string, string> page = ReadPage();
        ZkArrowClient client = await ConnectAsync();
        await client.PublishAsync("prices/eod", Int64(0, 10), new PublishOptions { Residency = Residency.Host });
        await client.PublishAsync("prices/eod", Int64(0, 10), new PublishOptions { Residency = Residency.Inline });
        await client.PublishAsync("gone", Int64(0, 10));
        await client.DropAsync("gone");
        await client.PublishAsync("session", Int64(0, 10), new PublishOptions
        {
            Lifetime = Lifetime.Session,
            Tags = ["t"],
            Metadata = new Dictionary<string, string> { ["k"] = "v" },
        });
        await client.ConfigureAsync("session", new DatasetOptions { Retention = new Retention { Versions = 1, Age = TimeSpan.FromDays(1), Bytes = 1 } });
        await using ZkArrowOwner owner = await client.AcquireOwnershipAsync("owned");

        await using ZkClient keeper = await ZkClient.ConnectAsync(new ZkClientOptions { ConnectString = Url["zk://".Length..] });
        Assert.That((await keeper.GetChildrenAsync("/")).Names, Is.EqualTo(new[] { "zkarrow" }), "everything stands below one node");
        HashSet<string> met = [];
        await foreach ((string path, byte[] data) in WalkAsync(keeper, "/zkarrow"))
        {
            string relative = path["/zkarrow".Length..];
            string[] rows = [.. page.Keys.Where(row => Pattern(row).IsMatch(relative))];
            Assert.That(rows, Has.Length.EqualTo(1), $"{relative} is not in docs/znode-layout.md, or in two of its rows");
            met.Add(rows[0]);
            CheckData(relative, page[rows[0]], data);
        }

        Assert.That(met, Is.EquivalentTo(page.Keys), "the page has rows that no tree has");
    }

    /// <summary>A data cell begins with "JSON" and names the fields in backticks, or says "empty", or names another format.</summary>
    private static void CheckData(string path, string cell, byte[] data)
    {
        if (cell == "empty")
        {
            Assert.That(data, Is.Empty, path);
            return;
        }

        if (!cell.StartsWith("JSON", StringComparison.Ordinal))
        {
            Assert.That(data, Is.Not.Empty, path);
            return;
        }

        int end = Array.IndexOf(data, (byte)'\n');
        using JsonDocument document = JsonDocument.Parse(end < 0 ? data : data.AsMemory(0, end));
        string[] fields = [.. document.RootElement.EnumerateObject().Select(property => property.Name)];
        string[] documented = cell.StartsWith("JSON manifest", StringComparison.Ordinal)
            ? ManifestFields()
            : Fields(cell);
        Assert.That(fields, Is.SubsetOf(documented), path);
        Assert.That(documented.Except(fields), Is.SubsetOf(Optional(File.ReadAllText(Page))), $"{path} lacks a documented field");
    }

    private static Dictionary<string, string> ReadPage()
    {
        Dictionary<string, string> rows = [];
        foreach (string line in File.ReadLines(Page))
        {
            string[] cells = [.. line.Split('|').Select(cell => cell.Trim())];
            if (cells.Length > 4 && cells[1].StartsWith("`/", StringComparison.Ordinal))
                rows.Add(cells[1].Trim('`'), cells[3]);
        }

        Assert.That(rows, Is.Not.Empty);
        return rows;
    }

    /// <summary>What a text names in backticks; what stands in parentheses explains a field.</summary>
    private static string[] Fields(string text) =>
        [.. FieldName().Matches(Parenthesis().Replace(text, "")).Select(match => match.Groups[1].Value)];

    /// <summary>Fields that a record may lack have a question mark behind them.</summary>
    private static string[] Optional(string text) => [.. OptionalName().Matches(text).Select(match => match.Groups[1].Value)];

    /// <summary>The fields of the paragraph that describes the manifest.</summary>
    private static string[] ManifestFields()
    {
        string text = File.ReadAllText(Page);
        int start = text.IndexOf("A **manifest** is", StringComparison.Ordinal);
        return Fields(text[start..text.IndexOf("\n\n", start, StringComparison.Ordinal)]);
    }

    private static string Page => Path.Combine(RepositoryRoot.Find(), "docs", "znode-layout.md");

    private static Regex Pattern(string row) => new(
        "^" + Regex.Replace(Regex.Escape(row), "<[a-z]+>", match => match.Value switch
        {
            "<bb>" or "<ss>" or "<ii>" => "[0-9a-f]{2}",
            "<schema>" or "<inc>" => "[0-9a-f]{32}",
            "<version>" => "[0-9]{20}",
            _ => "[A-Za-z0-9_.~%-]+",
        }) + "$");

    private static async IAsyncEnumerable<(string Path, byte[] Data)> WalkAsync(ZkClient keeper, string root)
    {
        Queue<string> waiting = new([root]);
        while (waiting.TryDequeue(out string? path))
        {
            foreach (string child in (await keeper.GetChildrenAsync(path)).Names)
            {
                waiting.Enqueue($"{path}/{child}");
                yield return ($"{path}/{child}", (await keeper.GetDataAsync($"{path}/{child}")).Data);
            }
        }
    }

    [GeneratedRegex(@"\([^)]*\)")]
    private static partial Regex Parenthesis();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex FieldName();

    [GeneratedRegex(@"`([a-z_]+)`\?")]
    private static partial Regex OptionalName();
}
