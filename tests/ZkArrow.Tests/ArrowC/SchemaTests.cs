using System.Runtime.InteropServices;
using System.Text;
using NUnit.Framework;
using ZkArrow.ArrowC;

namespace ZkArrow.Tests.ArrowC;

[TestFixture, NonParallelizable]
internal sealed unsafe class SchemaTests
{
    private LiveCounters _counters = null!;

    [SetUp]
    public void Count() => _counters = new LiveCounters();

    [TearDown]
    public void NothingIsLeft() => _counters.AssertNothingLeft();

    [Test]
    public void EveryFormatOfTheSpecificationIsKnown()
    {
        string[] formats =
        [
            "n", "b", "c", "C", "s", "S", "i", "I", "l", "L", "e", "f", "g", "z", "Z", "vz", "u", "U", "vu", "d:19,10", "d:19,-3",
            "d:9,2,32", "d:18,2,64", "d:19,10,128", "d:76,10,256", "w:42", "w:0", "tdD", "tdm", "tts", "ttm", "ttu", "ttn", "tss:", "tsm:UTC",
            "tsu:Europe/Paris", "tsn:+05:30", "tDs", "tDm", "tDu", "tDn", "tiM", "tiD", "tin", "+l", "+L", "+vl", "+vL", "+w:3", "+s", "+m",
            "+ud:0,1", "+us:5,7", "+ud:", "+r",
        ];
        foreach (string format in formats) Assert.That(ArrowType.Parse(format), Is.Not.Null, format);
    }

    [TestCase("")]
    [TestCase("x")]
    [TestCase("w:")]
    [TestCase("w:-1")]
    [TestCase("d:")]
    [TestCase("d:1")]
    [TestCase("d:0,1")]
    [TestCase("d:10,1,100")]
    [TestCase("tsx:")]
    [TestCase("ts")]
    [TestCase("+w:")]
    [TestCase("+ud:128")]
    [TestCase("+us:a")]
    public void OtherFormatsAreRefused(string format)
    {
        Assert.That(ArrowType.Parse(format), Is.Null);
        ArrowSchema* schema = stackalloc ArrowSchema[1];
        CountedSource.Schema(schema, "+s", "", 0, 1);
        CountedSource.Schema(schema->Children[0], format, "bad\ncolumn", 0, 0);
        ZkArrowException failure = Assert.Throws<ZkArrowException>(() => SchemaBox.FromC(schema))!;
        Assert.That(failure.Status, Is.EqualTo(ZkArrowStatus.InvalidArgument));
        Assert.That(failure.Message, Does.Contain("bad?column").And.Not.Contain("\n"));
        schema->Release(schema);
    }

    [Test]
    public void AllOfASchemaIsCopied()
    {
        byte[] metadata = ArrowMetadata.Encode([([1, 0xFF], [0xC0, 0]), ([1, 0xFF], []), ([], "x"u8.ToArray())]);
        ArrowSchema source = Sample(metadata);
        using SchemaBox box = SchemaBox.FromC(&source);
        using SchemaBox again = SchemaBox.FromC(&source);
        Assert.That(again, Is.SameAs(box));
        ArrowSchema exported;
        box.Export(&exported);
        source.Release(&source);
        using (SchemaBox copy = new(SchemaReader.Read(&exported))) Assert.That(box.ContentEquals(copy), Is.True);
        Assert.That(new ReadOnlySpan<byte>(exported.Children[0]->Metadata, metadata.Length).SequenceEqual(metadata), Is.True);
        Assert.That(exported.Children[0]->Flags, Is.EqualTo(ArrowSchema.FlagNullable | ArrowSchema.FlagDictionaryOrdered));
        Assert.That(new string((sbyte*)exported.Children[0]->Dictionary->Format), Is.EqualTo("u"));

        ArrowSchema child = *exported.Children[0];
        exported.Children[0]->Release = null;
        exported.Release(&exported);
        Assert.That(new string((sbyte*)child.Name), Is.EqualTo("word"));
        child.Release(&child);
    }

    [Test]
    public void TheMessageCarriesTheWholeSchema()
    {
        byte[] metadata = ArrowMetadata.Encode([([1, 0xFF], [0xC0, 0]), ([1, 0xFF], [])]);
        ArrowSchema source = Sample(metadata);
        source.Children[0]->Dictionary->Metadata = Native(ArrowMetadata.Encode([("ARROW:extension:name"u8.ToArray(), "inside"u8.ToArray())]));
        using SchemaBox box = SchemaBox.FromC(&source);
        source.Release(&source);
        using SchemaBox parsed = SchemaBox.FromIpcMessage(box.IpcMessage);
        Assert.That(parsed.FirstDifference(box), Is.Null);
        Assert.That(parsed.Fields[0].Dictionary!.Metadata, Is.EqualTo(box.Fields[0].Dictionary!.Metadata));
        Assert.That(parsed.Fingerprint, Is.EqualTo(box.Fingerprint).And.Match("^[0-9a-f]{32}$"));
        Assert.That((8 + box.IpcMessage.Length) % 64, Is.Zero);
    }

    [Test]
    public void TheMessageCarriesEveryType()
    {
        ArrowSchema source;
        string[] formats =
        [
            "n", "b", "c", "C", "s", "S", "i", "I", "l", "L", "e", "f", "g", "z", "Z", "vz", "u", "U", "vu", "d:19,10", "d:19,-3", "d:9,2,32",
            "d:18,2,64", "d:76,10,256", "w:42", "w:0", "tdD", "tdm", "tts", "ttm", "ttu", "ttn", "tss:", "tsm:UTC", "tsu:Zürich", "tsn:+05:30",
            "tDs", "tDm", "tDu", "tDn", "tiM", "tiD", "tin", "+s", "+l", "+L", "+vl", "+vL", "+w:3",
        ];
        CountedSource.Schema(&source, "+s", "", 0, formats.Length + 2);
        for (int i = 0; i < formats.Length; i++)
        {
            bool isList = formats[i][0] == '+' && formats[i] != "+s";
            CountedSource.Schema(source.Children[i], formats[i], "same name", i % 2 == 0 ? ArrowSchema.FlagNullable : 0, isList ? 1 : 0);
            if (isList) CountedSource.Schema(source.Children[i]->Children[0], "i", "", 0, 0);
        }
        string[] parents = ["+ud:5,7", "+r"];
        for (int p = 0; p < parents.Length; p++)
        {
            ArrowSchema* parent = source.Children[formats.Length + p];
            CountedSource.Schema(parent, parents[p], "", 0, 2);
            for (int i = 0; i < 2; i++) CountedSource.Schema(parent->Children[i], "i", "x", 0, 0);
        }
        using SchemaBox box = SchemaBox.FromC(&source);
        source.Release(&source);
        using SchemaBox parsed = SchemaBox.FromIpcMessage(box.IpcMessage);
        Assert.That(parsed.FirstDifference(box), Is.Null);
        Assert.That(parsed.Fields.Select(field => field.Type.Format), Is.EqualTo(formats.Concat(parents)));
    }

    [Test]
    public void TheFirstDifferenceNamesTheField()
    {
        using SchemaBox two = Make(2, null), three = Make(3, null), other = Make(2, s => s->Children[1]->Name[0] = (byte)'d');
        using SchemaBox retyped = Make(2, s => s->Children[0]->Format[0] = (byte)'g'), strict = Make(2, s => s->Children[0]->Flags = 0);
        Assert.That(two.FirstDifference(two), Is.Null);
        Assert.That(two.FirstDifference(three), Does.Contain("'c2' is missing"));
        Assert.That(three.FirstDifference(two), Does.Contain("'c2' is not expected"));
        Assert.That(other.FirstDifference(two), Does.Contain("'d1'").And.Contain("'c1'"));
        Assert.That(retyped.FirstDifference(two), Is.EqualTo("Column 'c0' has type float64 where int64 was expected."));
        Assert.That(strict.FirstDifference(two), Is.EqualTo("Column 'c0' is not nullable where nullable was expected."));
        Assert.That(two.ContentEquals(three), Is.False);
        Assert.That(two.Fingerprint, Is.Not.EqualTo(retyped.Fingerprint));
    }

    [Test]
    public void ACycleIsNotFollowedForEver()
    {
        ArrowSchema* schema = stackalloc ArrowSchema[1];
        CountedSource.Schema(schema, "+s", "", 0, 2);
        ArrowSchema* first = schema->Children[0], second = schema->Children[1];
        schema->Children[0] = schema;
        schema->Children[1] = schema;
        Assert.That(Assert.Throws<ZkArrowException>(() => SchemaBox.FromC(schema))!.Status, Is.EqualTo(ZkArrowStatus.TooLarge));
        schema->Children[0] = first;
        schema->Children[1] = second;
        CountedSource.Schema(first, "l", "", 0, 0);
        CountedSource.Schema(second, "l", "", 0, 0);
        schema->Release(schema);
    }

    private delegate void Change(ArrowSchema* schema);

    private static SchemaBox Make(int columns, Change? change)
    {
        ArrowSchema schema;
        CountedSource.Schema(&schema, columns);
        change?.Invoke(&schema);
        SchemaBox box = SchemaBox.FromC(&schema);
        schema.Release(&schema);
        return box;
    }

    /// <summary>A dictionary-encoded column with metadata, and a struct of nothing.</summary>
    private static ArrowSchema Sample(byte[] metadata)
    {
        ArrowSchema schema;
        CountedSource.Schema(&schema, "+s", "top", ArrowSchema.FlagNullable, 2);
        CountedSource.Schema(schema.Children[0], "c", "word", ArrowSchema.FlagNullable | ArrowSchema.FlagDictionaryOrdered, 0);
        schema.Children[0]->Metadata = Native(metadata);
        schema.Children[0]->Dictionary = (ArrowSchema*)NativeMemory.AllocZeroed((nuint)sizeof(ArrowSchema));
        CountedSource.Schema(schema.Children[0]->Dictionary, "u", "", ArrowSchema.FlagNullable, 0);
        CountedSource.Schema(schema.Children[1], "+s", Encoding.UTF8.GetString([0x65, 0xCC, 0x81]), 0, 0);
        return schema;
    }

    private static byte* Native(byte[] bytes)
    {
        var copy = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        return copy;
    }
}
