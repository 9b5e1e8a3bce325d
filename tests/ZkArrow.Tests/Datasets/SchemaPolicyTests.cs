using Apache.Arrow;
using Apache.Arrow.Types;
using NUnit.Framework;

namespace ZkArrow.Tests.Datasets;

/// <summary>Which schema may follow which, and what a refusal says.</summary>
[TestFixture]
public sealed class SchemaPolicyTests : DatasetFixture
{
    private static readonly SchemaPolicy[] All = [SchemaPolicy.None, SchemaPolicy.Backward, SchemaPolicy.Forward, SchemaPolicy.Full, SchemaPolicy.Exact];
    private static readonly SchemaPolicy[] Backward = [SchemaPolicy.None, SchemaPolicy.Backward];
    private static readonly SchemaPolicy[] Forward = [SchemaPolicy.None, SchemaPolicy.Forward];
    private static readonly SchemaPolicy[] Full = [SchemaPolicy.None, SchemaPolicy.Backward, SchemaPolicy.Forward, SchemaPolicy.Full];
    private static readonly SchemaPolicy[] None = [SchemaPolicy.None];

    private static IEnumerable<TestCaseData> Changes()
    {
        Field x = new("x", Int32Type.Default, false), wide = new("x", Int64Type.Default, false), maybe = new("x", Int32Type.Default, true);
        Field text = new("x", StringType.Default, false), y = new("y", Int32Type.Default, false), maybeY = new("y", Int32Type.Default, true);
        yield return Case("the same", [x], [x], All);
        yield return Case("a nullable field is added", [x], [x, maybeY], Full);
        yield return Case("a field is added", [x], [x, y], Forward);
        yield return Case("a nullable field is removed", [x, maybeY], [x], Full);
        yield return Case("a field is removed", [x, y], [x], Backward);
        yield return Case("fields change places", [x, y], [y, x], Full);
        yield return Case("a type gets wider", [x], [wide], Backward);
        yield return Case("a type gets narrower", [wide], [x], Forward);
        yield return Case("nulls are allowed", [x], [maybe], Backward);
        yield return Case("nulls are forbidden", [maybe], [x], Forward);
        yield return Case("another type", [x], [text], None);
        yield return Case("inside a struct", [In(x)], [In(x, maybeY)], Full);
        yield return Case("inside a list", [Of(x)], [Of(wide)], Backward);

        static Field In(params Field[] fields) => new("s", new StructType(fields), false);
        static Field Of(Field field) => new("l", new ListType(field), false);
        static TestCaseData Case(string what, Field[] before, Field[] next, SchemaPolicy[] admits) => new TestCaseData(before, next, admits).SetArgDisplayNames(what);
    }

    [TestCaseSource(nameof(Changes))]
    public async Task A_policy_admits_what_its_programs_can_read(Field[] before, Field[] next, SchemaPolicy[] admits)
    {
        ZkArrowClient client = await ConnectAsync();
        foreach (SchemaPolicy policy in All)
        {
            string name = policy.ToString();
            await client.ConfigureAsync(name, new DatasetOptions { SchemaPolicy = policy });
            await client.PublishAsync(name, Empty(before));
            if (admits.Contains(policy))
            {
                Assert.That((await client.PublishAsync(name, Empty(next))).Number, Is.EqualTo(2), name);
                continue;
            }

            ZkArrowException e = (await Assert.ThrowsAsync<ZkArrowException>(async () => await client.PublishAsync(name, Empty(next)), name))!;
            Assert.That(e.Status, Is.EqualTo(ZkArrowStatus.SchemaMismatch), name);
            Assert.That(e.Message, Does.Contain($"the schema policy of '{name}' is {name.ToLowerInvariant()}: "));
            Assert.That(e.Message, policy == SchemaPolicy.Exact ? Does.Match("olumn|schema|Field") : Does.Match("column '(s\\.|l\\.)?[a-z]+"), name);
        }
    }

    [Test]
    public async Task A_publisher_that_heard_of_no_policy_follows_it_at_once()
    {
        ZkArrowClient client = await ConnectAsync();
        ZkArrowClient other = await ConnectAsync();
        await client.PublishAsync("a", Int64(0, 1));
        await other.ConfigureAsync("a", new DatasetOptions { SchemaPolicy = SchemaPolicy.Exact });
        Assert.That(
            await StatusOf(() => client.PublishAsync("a", Empty([new Field("other", Int64Type.Default, false)])).AsTask()),
            Is.EqualTo(ZkArrowStatus.SchemaMismatch));
        Assert.That((await client.PublishAsync("a", Int64(0, 1))).Number, Is.EqualTo(2));
    }

    private static RecordBatch Empty(Field[] fields) => new(new Schema(fields, null), fields.Select(field => ArrayOf(field.DataType)), 0);

    private static IArrowArray ArrayOf(IArrowType type) => type switch
    {
        Int32Type => new Int32Array.Builder().Build(),
        Int64Type => new Int64Array.Builder().Build(),
        StringType => new StringArray.Builder().Build(),
        StructType s => new StructArray(s, 0, s.Fields.Select(field => ArrayOf(field.DataType)), ArrowBuffer.Empty),
        ListType l => new ListArray(l, 0, new ArrowBuffer(new byte[4]), ArrayOf(l.ValueDataType), ArrowBuffer.Empty),
        _ => throw new NotSupportedException(type.Name),
    };
}
