using System.Text.RegularExpressions;
using ZkArrow.Testing;

namespace ZkArrow.ZooKeeper.Tests;

/// <summary>Compares the examples of a page with a test that compiles and runs them.</summary>
internal static class DocumentedExamples
{
    /// <summary>Expects so many C# examples on the page, each of them word for word in the test's source.</summary>
    public static void AssertCompiled(string page, string source, int count)
    {
        string compiled = Flat(Read($"tests/ZkArrow.ZooKeeper.Tests/{source}"));
        string[] examples = Of(page);
        Assert.That(examples, Has.Length.EqualTo(count));
        foreach (string example in examples)
            Assert.That(compiled, Does.Contain(Flat(example)));
    }

    /// <summary>The C# examples of a page, in its order.</summary>
    public static string[] Of(string page) =>
        [.. Regex.Matches(Read(page), "```csharp\n(.*?)```", RegexOptions.Singleline).Select(static match => match.Groups[1].Value)];

    public static string Read(string path) => File.ReadAllText(Path.Combine(RepositoryRoot.Find(), path));

    private static string Flat(string code) => Regex.Replace(code, @"\s+", " ").Trim();
}
