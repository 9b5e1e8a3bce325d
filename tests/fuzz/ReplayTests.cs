using NUnit.Framework;
using ZkArrow.Testing;

namespace ZkArrow.Fuzz;

/// <summary>Gives the targets what fuzzing has found: inputs that reach something of their own, and all that ever broke one.</summary>
[NonParallelizable]
internal sealed class ReplayTests
{
    private static readonly string Folder = Path.Combine(RepositoryRoot.Find(), "tests", "fuzz");

    public static IEnumerable<string> Names => Targets.All.Keys;

    public static IEnumerable<TestCaseData> Crashes =>
        from name in Targets.All.Keys
        from file in Inputs("crashes", name)
        select new TestCaseData(name, Path.GetFileName(file));

    [TestCaseSource(nameof(Names))]
    public void The_corpus_breaks_nothing(string target)
    {
        string[] files = Inputs("corpus", target);
        Assert.That(files, Has.Length.GreaterThan(100), "the corpus is committed");
        Assert.Multiple(() =>
        {
            foreach (string file in files)
                Assert.That(() => Targets.All[target](File.ReadAllBytes(file)), Throws.Nothing, Path.GetFileName(file));
        });
    }

    [TestCaseSource(nameof(Crashes))]
    public void What_once_broke_a_target_breaks_it_no_more(string target, string file) =>
        Targets.All[target](File.ReadAllBytes(Path.Combine(Folder, "crashes", target, file)));

    /// <summary>The same changes on every run, where coverage cannot guide them.</summary>
    [TestCaseSource(nameof(Names))]
    public void Inputs_of_chance_break_nothing(string target)
    {
        Random random = new(20261124);
        byte[][] corpus = [.. Inputs("corpus", target).Select(File.ReadAllBytes)];
        for (int i = 0; i < 3000; i++)
        {
            byte[] input = (byte[])corpus[random.Next(corpus.Length)].Clone();
            for (int changes = random.Next(1, 4); changes > 0 && input.Length > 0; changes--)
                input[random.Next(input.Length)] = (byte)random.Next(256);
            Assert.That(() => Targets.All[target](input), Throws.Nothing, Convert.ToHexString(input));
        }
    }

    private static string[] Inputs(string kind, string target)
    {
        string folder = Path.Combine(Folder, kind, target);
        return Directory.Exists(folder) ? Directory.GetFiles(folder) : [];
    }
}
