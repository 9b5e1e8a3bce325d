using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using ZkArrow.Extensions.DependencyInjection;
using ZkArrow.Testing;
using ZkArrow.ZooKeeper;

namespace ZkArrow.Tests.Api;

/// <summary>What every member of the public API has in common, read from the assemblies.</summary>
public sealed class ConventionTests
{
    private static readonly Assembly[] Shipped = [typeof(ZkClient).Assembly, typeof(ZkArrowClient).Assembly, typeof(ZkArrowConnection).Assembly];

    private static IEnumerable<Type> PublicTypes => Shipped.SelectMany(static assembly => assembly.GetExportedTypes());

    private static IEnumerable<MethodInfo> AsyncMethods => PublicTypes.SelectMany(static type => type.GetMethods())
        .Where(static method => method.Name.EndsWith("Async", StringComparison.Ordinal) && method.Name != nameof(IAsyncDisposable.DisposeAsync));

    [Test]
    public void Every_method_that_can_wait_takes_a_token_last_and_may_be_called_without_one()
    {
        string[] wrong = [.. AsyncMethods
            .Where(static m => m.GetParameters().LastOrDefault() is not { HasDefaultValue: true } last || last.ParameterType != typeof(CancellationToken))
            .Select(static m => $"{m.DeclaringType!.Name}.{m.Name}")];
        Assert.That(AsyncMethods.Count(), Is.GreaterThan(50));
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void A_method_that_is_called_Async_is_and_no_other()
    {
        static bool Waits(Type type) => type == typeof(Task) || type == typeof(ValueTask)
            || (type.IsGenericType && type.GetGenericTypeDefinition() is { } open
                && (open == typeof(Task<>) || open == typeof(ValueTask<>) || open == typeof(IAsyncEnumerable<>)));
        MethodInfo[] methods = [.. PublicTypes.Where(static type => !type.IsSubclassOf(typeof(Delegate)))
            .SelectMany(static type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))];
        Assert.That(
            methods.Where(static m => !m.IsSpecialName).Where(m => Waits(m.ReturnType) != m.Name.EndsWith("Async", StringComparison.Ordinal)).Select(static m => $"{m.DeclaringType!.Name}.{m.Name}"),
            Is.Empty);
    }

    [Test]
    public void The_token_of_an_enumeration_reaches_it() =>
        Assert.That(
            AsyncMethods.Where(static m => m.ReturnType.IsGenericType && m.ReturnType.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>))
                .Where(static m => m.GetCustomAttribute<AsyncIteratorStateMachineAttribute>() is not null
                    && m.GetParameters().Last().GetCustomAttribute<EnumeratorCancellationAttribute>() is null)
                .Select(static m => $"{m.DeclaringType!.Name}.{m.Name}"),
            Is.Empty);

    [Test]
    public void Options_are_records_that_cannot_be_changed()
    {
        // those of a container are set by a callback, and copied
        Type[] options = [.. PublicTypes.Where(static t => t.Name.EndsWith("Options", StringComparison.Ordinal) && t != typeof(ZkArrowServiceOptions))];
        Assert.That(options, Has.Length.GreaterThan(6));
        foreach (Type type in options)
        {
            Assert.That(type.GetMethod("<Clone>$"), Is.Not.Null, $"{type.Name} is a record");
            Assert.That(type.IsSealed, Is.True, $"{type.Name} is sealed");
            foreach (PropertyInfo property in type.GetProperties().Where(static p => p.SetMethod is not null))
            {
                Assert.That(
                    property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers(), Does.Contain(typeof(IsExternalInit)), $"{type.Name}.{property.Name}");
            }
        }
    }

    [Test]
    public void Exceptions_are_sealed_unless_others_are_of_their_kind()
    {
        Type[] exceptions = [.. PublicTypes.Where(static t => t.IsSubclassOf(typeof(Exception)))];
        Assert.That(exceptions.Where(t => !t.IsSealed && !exceptions.Any(leaf => leaf.IsSubclassOf(t))), Is.Empty);
    }

    [Test]
    public void Every_log_message_has_an_id_of_its_own_and_is_documented()
    {
        const BindingFlags any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance;
        LoggerMessageAttribute[] messages = [.. Shipped.SelectMany(static a => a.GetTypes()).SelectMany(static t => t.GetMethods(any))
            .Select(static m => m.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>()];
        Assert.That(messages.Select(static m => m.EventId), Is.Unique.And.Not.Empty);

        string page = File.ReadAllText(Path.Combine(RepositoryRoot.Find(), "docs", "dotnet.md"));
        string[] documented = [.. page.Split('\n').SkipWhile(static l => !l.StartsWith("| id | level", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(static l => l.StartsWith('|'))];
        Assert.That(
            documented, Is.EquivalentTo(messages.Select(static m => $"| {m.EventId} | {m.Level} | {m.Message.Replace("|", "\\|", StringComparison.Ordinal)} |")));
    }

    [Test]
    public void Every_name_of_telemetry_is_documented()
    {
        string page = File.ReadAllText(Path.Combine(RepositoryRoot.Find(), "docs", "dotnet.md"));
        IEnumerable<string> names = new[] { typeof(ZkArrowTelemetry), typeof(ZkTelemetry) }
            .SelectMany(static t => t.GetFields(BindingFlags.Public | BindingFlags.Static)).Select(static f => (string)f.GetRawConstantValue()!);
        Assert.That(names.Where(name => !page.Contains($"`{name}`", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Every_method_that_can_wait_says_what_it_throws()
    {
        // the ZooKeeper client says it once, on ZkException and its kinds: each call fails with the error that the server answers
        List<string> silent = [];
        foreach (Assembly assembly in Shipped.Where(static a => a != typeof(ZkClient).Assembly))
        {
            string[] members = [.. System.Xml.Linq.XDocument.Load(Path.ChangeExtension(assembly.Location, "xml")).Descendants("member")
                .Select(static m => m.ToString())];
            foreach (MethodInfo method in AsyncMethods.Where(m => m.DeclaringType!.Assembly == assembly && m.DeclaringType == m.ReflectedType))
            {
                string name = $"M:{method.DeclaringType!.FullName!.Replace('+', '.')}.{method.Name}";
                string[] documents = [.. members.Where(m => m.StartsWith($"<member name=\"{name}(", StringComparison.Ordinal))];
                // internal overloads, which the compiler writes there too, may say less
                if (!documents.Any(static d => d.Contains("<exception", StringComparison.Ordinal) || d.Contains("<inheritdoc", StringComparison.Ordinal)))
                    silent.Add(name);
            }
        }

        Assert.That(silent, Is.Empty);
    }
}
