using CsCheck;
using NUnit.Framework;
using ZkArrow.Coordination;

namespace ZkArrow.Tests.Coordination;

/// <summary>Random commits against a tree in memory: the same answers, the same nodes.</summary>
[TestFixture("zk", 40)]
[TestFixture("local", 200)]
public class CoordinatorModelTests(string kind, int runs) : CoordinatorFixture(kind)
{
    private static readonly string[] _paths = ["/a", "/b", "/a/x", "/a/y", "/b/x", "/a/x/z"];

    private static readonly Gen<TreeOp[][]> _commits = Gen.Select(
        Gen.Enum<TreeOpKind>(), Gen.Int[0, _paths.Length - 1], Gen.Int[-1, 3], Gen.Byte.Array[0, 40],
        (kind, path, version, data) => new TreeOp(kind, _paths[path], data, version)).Array[1, 4].Array[1, 25];

    [Test]
    public async Task RandomCommitsAnswerAsTheModelDoes()
    {
        ICoordinator one = await OpenAsync();
        int run = 0;
        await _commits.SampleAsync(
            async commits =>
            {
                string root = $"{Root}/{Interlocked.Increment(ref run)}";
                await one.CommitAsync([TreeOp.Create(root, default)], default);
                Model model = new();
                foreach (TreeOp[] commit in commits)
                {
                    TreeAnswer answer = await one.CommitAsync([.. commit.Select(op => op with { Path = root + op.Path })], default);
                    (TreeRefusal Refusal, int At, int[] Versions) expected = model.Apply(commit, one.SessionId);
                    Assert.That((answer.Refusal, answer.RefusedAt), Is.EqualTo((expected.Refusal, expected.At)), string.Join("; ", commit));
                    Assert.That(answer.StatVersions, Is.EqualTo(expected.Versions));
                }

                foreach (string path in _paths)
                {
                    Node? node = await one.GetAsync(root + path, null, default);
                    Model.Entry? entry = model.Find(path);
                    Assert.That(node == null, Is.EqualTo(entry == null), path);
                    if (node != null)
                        Assert.That((node.StatVersion, node.SessionId, Convert.ToHexString(node.Data)), Is.EqualTo((entry!.Version, entry.Session, Convert.ToHexString(entry.Data.Span))), path);
                }
            },
            iter: runs,
            threads: 1);
    }

    private sealed class Model
    {
        private Dictionary<string, Entry> _nodes = new() { [""] = new(default, 0, 0) };

        public Entry? Find(string path) => _nodes.GetValueOrDefault(path);

        public (TreeRefusal Refusal, int At, int[] Versions) Apply(TreeOp[] commit, long session)
        {
            Dictionary<string, Entry> before = new(_nodes);
            int[] versions = new int[commit.Length];
            for (int i = 0; i < commit.Length; i++)
            {
                TreeRefusal refusal = Apply(commit[i], session, ref versions[i]);
                if (refusal == TreeRefusal.None)
                    continue;
                _nodes = before;
                return (refusal, i, []);
            }

            return (TreeRefusal.None, -1, versions);
        }

        private TreeRefusal Apply(TreeOp op, long session, ref int version)
        {
            Entry? found = Find(op.Path);
            if (op.Kind is TreeOpKind.Create or TreeOpKind.CreateBound)
            {
                Entry? parent = Find(op.Path[..op.Path.LastIndexOf('/')]);
                if (parent == null || found != null)
                    return parent == null ? TreeRefusal.NoNode : TreeRefusal.NodeExists;
                if (parent.Session != 0)
                    return TreeRefusal.Other;
                _nodes[op.Path] = new Entry(op.Data, 0, op.Kind == TreeOpKind.CreateBound ? session : 0);
                return TreeRefusal.None;
            }

            if (found == null || (op.StatVersion != -1 && op.StatVersion != found.Version))
                return found == null ? TreeRefusal.NoNode : TreeRefusal.BadVersion;
            if (op.Kind == TreeOpKind.Set)
                _nodes[op.Path] = found with { Data = op.Data, Version = version = found.Version + 1 };
            if (op.Kind == TreeOpKind.Delete)
            {
                if (_nodes.Keys.Any(path => path.StartsWith(op.Path + "/", StringComparison.Ordinal)))
                    return TreeRefusal.NotEmpty;
                _nodes.Remove(op.Path);
            }

            return TreeRefusal.None;
        }

        public sealed record Entry(ReadOnlyMemory<byte> Data, int Version, long Session);
    }
}
