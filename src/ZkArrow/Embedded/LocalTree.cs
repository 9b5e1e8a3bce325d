using ZkArrow.Coordination;

namespace ZkArrow.Embedded;

/// <summary>What is known of a node without its data.</summary>
internal readonly record struct NodeMark(int StatVersion, long SessionId);

/// <summary>The tree in its database: what an operation means, inside a transaction that somebody else begins and ends.</summary>
/// <remarks>
/// A node's key is its parent's path and its own name, so that one index finds nodes and children. Every commit has a number
/// from one counter. <c>change</c> keeps what the last commits touched, for whoever watches.
/// </remarks>
internal sealed class LocalTree(SqliteDatabase database)
{
    /// <summary>Of how many commits it is known what they touched; who was away for longer looks at everything.</summary>
    public const int Remembered = 1024;

    private const int AnyVersion = -1;
    private const int Application = 0x5A4B4172; // "ZKAr", in the header of the file
    private const int Format = 1;

    private static readonly string[] _schema =
    [
        """
        CREATE TABLE node(
          parent TEXT NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL, version INTEGER NOT NULL,
          created INTEGER NOT NULL, modified INTEGER NOT NULL, session INTEGER NOT NULL,
          UNIQUE(parent, name))
        """,
        "CREATE INDEX bound ON node(session) WHERE session <> 0",
        "CREATE TABLE state(commits INTEGER NOT NULL)",
        "CREATE TABLE change(at INTEGER NOT NULL, path TEXT NOT NULL, PRIMARY KEY(at, path)) WITHOUT ROWID",
        "INSERT INTO state VALUES(0)",
        "INSERT INTO node VALUES('', '', x'', 0, 0, 0, 0)",
        $"PRAGMA user_version = {Format}",
        $"PRAGMA application_id = {Application}",
    ];

    /// <summary>Whether the database has a tree; throws when it has something else.</summary>
    public bool IsMade()
    {
        long application = database.Scalar("PRAGMA application_id");
        if (application == 0 && database.Scalar("SELECT count(*) FROM sqlite_master") == 0)
            return false;
        if (application != Application)
            throw new ZkArrowException(ZkArrowStatus.Corrupt, $"{database.Path} was found to be another program's database; give another folder");
        long format = database.Scalar("PRAGMA user_version");
        return format == Format
            ? true
            : throw new ZkArrowException(ZkArrowStatus.Unsupported, $"{database.Path} has format {format}, this version reads {Format}; use the version that made it, or a newer one");
    }

    public void Make()
    {
        foreach (string statement in _schema)
            database.Execute(statement);
    }

    /// <summary>A node as the last commit left it, and that commit's number; null when there is none.</summary>
    public Node? Get(string path)
    {
        (string parent, string name) = Split(path);
        using SqliteStatement.Use use = database.Use(
            "SELECT data, version, created, modified, commits, session FROM node, state WHERE parent = ?1 AND name = ?2");
        return use.Bind(1, parent).Bind(2, name).Step()
            ? new Node(use.Bytes(0), (int)use.Int64(1), use.Int64(2), use.Int64(3), use.Int64(4), use.Int64(5))
            : null;
    }

    public NodeMark? Find(string path)
    {
        (string parent, string name) = Split(path);
        using SqliteStatement.Use use = database.Use("SELECT version, session FROM node WHERE parent = ?1 AND name = ?2");
        return use.Bind(1, parent).Bind(2, name).Step() ? new NodeMark((int)use.Int64(0), use.Int64(1)) : null;
    }

    /// <summary>The number of the last commit.</summary>
    public long LastCommit() => database.Scalar("SELECT commits FROM state");

    /// <summary>The names below a node; null when there is no such node.</summary>
    public IReadOnlyList<string>? Children(string path)
    {
        (string parent, string name) = Split(path);
        // the node itself is a row of one and the same look, with no name
        using SqliteStatement.Use use = database.Use(
            "SELECT '' FROM node WHERE parent = ?1 AND name = ?2 UNION ALL SELECT name FROM node WHERE parent = ?3");
        if (!use.Bind(1, parent).Bind(2, name).Bind(3, path).Step())
            return null;
        List<string> names = [];
        while (use.Step())
            names.Add(use.Text(0));
        return names;
    }

    /// <summary>Applies the operations in order, each seeing those before it. After a refusal the caller rolls all back.</summary>
    public TreeAnswer Apply(IReadOnlyList<TreeOp> operations, long session)
    {
        long commit = NextCommit();
        int[] versions = new int[operations.Count];
        for (int i = 0; i < operations.Count; i++)
        {
            (TreeRefusal refusal, int code) = Apply(operations[i], commit, session, ref versions[i]);
            if (refusal != TreeRefusal.None)
                return new TreeAnswer(refusal, i, code, []);
        }

        return new TreeAnswer(TreeRefusal.None, -1, 0, versions, commit);
    }

    /// <summary>Whether a session has nodes.</summary>
    public bool HasBound(long session)
    {
        using SqliteStatement.Use use = database.Use("SELECT 1 FROM node WHERE session = ?1 AND session <> 0 LIMIT 1");
        return use.Bind(1, session).Step();
    }

    /// <summary>The sessions that have nodes.</summary>
    public IReadOnlyList<long> Sessions()
    {
        using SqliteStatement.Use use = database.Use("SELECT DISTINCT session FROM node WHERE session <> 0");
        List<long> sessions = [];
        while (use.Step())
            sessions.Add(use.Int64(0));
        return sessions;
    }

    /// <summary>Removes the nodes of a session in one commit, and gives its number; 0 when there are none.</summary>
    public long RemoveBound(long session)
    {
        List<string> paths = [];
        using (SqliteStatement.Use use = database.Use("SELECT parent, name FROM node WHERE session = ?1 AND session <> 0"))
        {
            use.Bind(1, session);
            while (use.Step())
                paths.Add(Join(use.Text(0), use.Text(1)));
        }

        if (paths.Count == 0)
            return 0;
        long commit = NextCommit();
        foreach (string path in paths)
            Remove(path, commit);
        return commit;
    }

    /// <summary>The sessions that a node and its children are bound to.</summary>
    public IReadOnlyList<long> SessionsAt(string path)
    {
        (string parent, string name) = Split(path);
        using SqliteStatement.Use use = database.Use(
            "SELECT DISTINCT session FROM node WHERE session <> 0 AND (parent = ?1 AND name = ?2 OR parent = ?3)");
        use.Bind(1, parent).Bind(2, name).Bind(3, path);
        List<long> sessions = [];
        while (use.Step())
            sessions.Add(use.Int64(0));
        return sessions;
    }

    /// <summary>
    /// What commits after a given one touched, each path with the last commit that did; null when that is more than is
    /// remembered.
    /// </summary>
    public IReadOnlyDictionary<string, long>? Changes(long after, out long last)
    {
        // both looks are one moment
        database.Execute("BEGIN");
        Dictionary<string, long> changes = [];
        last = LastCommit();
        if (last != after && last - after <= Remembered)
        {
            using SqliteStatement.Use use = database.Use("SELECT path, at FROM change WHERE at > ?1 ORDER BY at");
            use.Bind(1, after);
            while (use.Step())
                changes[use.Text(0)] = use.Int64(1);
        }

        database.Execute("COMMIT");
        return last - after <= Remembered ? changes : null;
    }

    private long NextCommit()
    {
        database.Execute("UPDATE state SET commits = commits + 1");
        long commit = LastCommit();
        using SqliteStatement.Use use = database.Use("DELETE FROM change WHERE at <= ?1");
        use.Bind(1, commit - Remembered).Run();
        return commit;
    }

    private (TreeRefusal Refusal, int Code) Apply(in TreeOp op, long commit, long session, ref int version)
    {
        NodeMark? found = Find(op.Path);
        if (op.Kind is TreeOpKind.Create or TreeOpKind.CreateBound)
        {
            if (op.Path == "/")
                return KeeperCode.NodeExists;
            if (Find(Split(op.Path).Parent) is not { } parent)
                return KeeperCode.NoNode;
            if (found != null)
                return KeeperCode.NodeExists;
            if (parent.SessionId != 0)
                return KeeperCode.NoChildrenForEphemerals;
            Create(op, commit, op.Kind == TreeOpKind.CreateBound ? session : 0);
            return default;
        }

        if (found is not { } node)
            return KeeperCode.NoNode;
        if (op.StatVersion != AnyVersion && op.StatVersion != node.StatVersion)
            return KeeperCode.BadVersion;
        switch (op.Kind)
        {
            case TreeOpKind.Set:
                version = node.StatVersion + 1;
                Set(op, version, commit);
                return default;
            case TreeOpKind.Delete when op.Path == "/":
                return KeeperCode.BadArguments;
            case TreeOpKind.Delete when HasChildren(op.Path):
                return KeeperCode.NotEmpty;
            case TreeOpKind.Delete:
                Remove(op.Path, commit);
                return default;
            default:
                return default;
        }
    }

    private void Create(in TreeOp op, long commit, long session)
    {
        (string parent, string name) = Split(op.Path);
        using (SqliteStatement.Use use = database.Use("INSERT INTO node VALUES(?1, ?2, ?3, 0, ?4, ?4, ?5)"))
            use.Bind(1, parent).Bind(2, name).Bind(3, op.Data.Span).Bind(4, commit).Bind(5, session).Run();
        Touch(op.Path, commit);
    }

    private void Set(in TreeOp op, int version, long commit)
    {
        (string parent, string name) = Split(op.Path);
        using (SqliteStatement.Use use = database.Use(
            "UPDATE node SET data = ?3, version = ?4, modified = ?5 WHERE parent = ?1 AND name = ?2"))
            use.Bind(1, parent).Bind(2, name).Bind(3, op.Data.Span).Bind(4, version).Bind(5, commit).Run();
        Touch(op.Path, commit);
    }

    private void Remove(string path, long commit)
    {
        (string parent, string name) = Split(path);
        using (SqliteStatement.Use use = database.Use("DELETE FROM node WHERE parent = ?1 AND name = ?2"))
            use.Bind(1, parent).Bind(2, name).Run();
        Touch(path, commit);
    }

    private void Touch(string path, long commit)
    {
        using SqliteStatement.Use use = database.Use("INSERT OR IGNORE INTO change VALUES(?1, ?2)");
        use.Bind(1, commit).Bind(2, path).Run();
    }

    private bool HasChildren(string path)
    {
        using SqliteStatement.Use use = database.Use("SELECT 1 FROM node WHERE parent = ?1 LIMIT 1");
        return use.Bind(1, path).Step();
    }

    /// <summary>A path as its parent's path and its own name; the root has neither.</summary>
    private static (string Parent, string Name) Split(string path)
    {
        int slash = path.LastIndexOf('/');
        return path == "/" ? ("", "") : (slash == 0 ? "/" : path[..slash], path[(slash + 1)..]);
    }

    private static string Join(string parent, string name) => parent.Length <= 1 ? "/" + name : $"{parent}/{name}";

    /// <summary>Refusals with the codes that a ZooKeeper server gives them.</summary>
    private static class KeeperCode
    {
        public static readonly (TreeRefusal, int) BadArguments = (TreeRefusal.Other, -8);
        public static readonly (TreeRefusal, int) NoNode = (TreeRefusal.NoNode, -101);
        public static readonly (TreeRefusal, int) BadVersion = (TreeRefusal.BadVersion, -103);
        public static readonly (TreeRefusal, int) NoChildrenForEphemerals = (TreeRefusal.Other, -108);
        public static readonly (TreeRefusal, int) NodeExists = (TreeRefusal.NodeExists, -110);
        public static readonly (TreeRefusal, int) NotEmpty = (TreeRefusal.NotEmpty, -111);
    }
}
