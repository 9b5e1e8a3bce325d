using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;
using ZkArrow.Testing;

namespace ZkArrow.ZooKeeper.Tests.Package;

/// <summary>The client as others get it: compiled into a native program, and as a package.</summary>
[Category("Package")]
[CancelAfter(120_000)]
public sealed class PackageTests
{
    private static readonly string _client = Path.Combine(RepositoryRoot.Find(), "src", "ZkArrow.ZooKeeper");
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("zkarrow-package-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_native_program_is_published_without_a_warning_and_works(CancellationToken bound)
    {
        string project = Path.Combine(RepositoryRoot.Find(), "tests", "ZkArrow.ZooKeeper.Consumer");
        string built = await DotnetAsync(bound, "publish", project, "-c", "Release", "--artifacts-path", _folder, "-o", $"{_folder}/app");
        Assert.That(built, Does.Not.Match(@"warning IL\d+"));

        string servers = SharedServer.Plain.ConnectString + await SharedServer.NewPlainChrootAsync();
        string said = await Command.RunAsync(
            _folder, new Dictionary<string, string>(), bound, $"{_folder}/app/ZkArrow.ZooKeeper.Consumer", servers);
        Assert.That(said, Is.EqualTo("/node new NodeDataChanged /node/job-0000000000 Closed\n"));
    }

    [Test]
    public async Task A_program_outside_the_repository_uses_the_package_as_its_readme_says(CancellationToken bound)
    {
        const string version = "0.0.0-packed"; // in no other feed, and in no cache
        await DotnetAsync(
            bound, "pack", _client, "-c", "Release", "--artifacts-path", $"{_folder}/obj", "-o", $"{_folder}/feed", $"-p:Version={version}");
        using (ZipArchive package = await ZipFile.OpenReadAsync($"{_folder}/feed/ZkArrow.ZooKeeper.{version}.nupkg", bound))
            await ExpectAllAsync(package, bound);
        using (ZipArchive symbols = await ZipFile.OpenReadAsync($"{_folder}/feed/ZkArrow.ZooKeeper.{version}.snupkg", bound))
            await ExpectSourcesAsync(symbols, bound);

        string app = Directory.CreateDirectory($"{_folder}/app").FullName;
        string examples = string.Concat(DocumentedExamples.Of("src/ZkArrow.ZooKeeper/README.md").Take(2));
        await File.WriteAllTextAsync($"{app}/Program.cs", $"using ZkArrow.ZooKeeper;\nstring servers = args[0];\n{examples}", bound);
        await File.WriteAllTextAsync($"{app}/App.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <WarningsNotAsErrors>NU1603;NU1900</WarningsNotAsErrors>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="ZkArrow.ZooKeeper" Version="{version}" />
              </ItemGroup>
            </Project>
            """, bound);
        // besides the machine's own sources; what it depends on may be there already
        await File.WriteAllTextAsync($"{app}/nuget.config", $"""
            <configuration>
              <packageSources>
                <add key="packed" value="{_folder}/feed" />
              </packageSources>
              <fallbackPackageFolders>
                <add key="machine" value="{PackagesOfTheMachine()}" />
              </fallbackPackageFolders>
            </configuration>
            """, bound);
        Dictionary<string, string> ownCache = new() { ["NUGET_PACKAGES"] = $"{_folder}/packages" };
        await Command.RunAsync(app, ownCache, bound, "dotnet", "build", "-o", "out");
        Assert.That($"{_folder}/packages/zkarrow.zookeeper/{version}", Does.Exist);

        string servers = SharedServer.Plain.ConnectString + await SharedServer.NewPlainChrootAsync();
        string said = await Command.RunAsync(app, ownCache, bound, "dotnet", "out/App.dll", servers);
        Assert.That(said, Does.StartWith("NoNode, NotDone\n"));
    }

    private static async Task ExpectAllAsync(ZipArchive package, CancellationToken bound)
    {
        string[] names = [.. package.Entries.Select(static entry => entry.FullName)];
        Assert.That(names, Is.SupersetOf(
            (string[])["README.md", "lib/net10.0/ZkArrow.ZooKeeper.dll", "lib/net10.0/ZkArrow.ZooKeeper.xml"]));

        using StreamReader specification = new(package.GetEntry("ZkArrow.ZooKeeper.nuspec")!.Open());
        XElement metadata = XElement.Parse(await specification.ReadToEndAsync(bound)).Elements().First();
        XElement licence = metadata.Elements().Single(static element => element.Name.LocalName == "license");
        Assert.That((licence.Attribute("type")?.Value, licence.Value), Is.EqualTo(("expression", "Apache-2.0")));
        Assert.That(metadata.Elements().Single(static element => element.Name.LocalName == "readme").Value, Is.EqualTo("README.md"));

        using StreamReader documentation = new(package.GetEntry("lib/net10.0/ZkArrow.ZooKeeper.xml")!.Open());
        Assert.That(await documentation.ReadToEndAsync(bound), Does.Contain("M:ZkArrow.ZooKeeper.ZkClient.ConnectAsync"));

        byte[] library = await BytesAsync(package, "lib/net10.0/ZkArrow.ZooKeeper.dll", bound);
        using PEReader reader = new(new MemoryStream(library));
        Assert.That(reader.ReadDebugDirectory().Select(static entry => entry.Type), Does.Contain(DebugDirectoryEntryType.Reproducible), "it is deterministic");
        Assert.That(Encoding.UTF8.GetString(library), Does.Not.Contain(RepositoryRoot.Find()), "it names no folder of the builder");
    }

    private static async Task ExpectSourcesAsync(ZipArchive symbols, CancellationToken bound)
    {
        byte[] bytes = await BytesAsync(symbols, "lib/net10.0/ZkArrow.ZooKeeper.pdb", bound);
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(bytes));
        MetadataReader pdb = provider.GetMetadataReader();
        string[] sources = [.. pdb.Documents.Select(document => pdb.GetString(pdb.GetDocument(document).Name))];
        Assert.That(sources, Does.Contain("/zkarrow/src/ZkArrow.ZooKeeper/ZkClient.cs"));
        Guid embeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");
        int embedded = pdb.CustomDebugInformation.Count(handle => pdb.GetGuid(pdb.GetCustomDebugInformation(handle).Kind) == embeddedSource);
        Assert.That(embedded, Is.EqualTo(sources.Length), "each source is inside");
    }

    private static async Task<byte[]> BytesAsync(ZipArchive package, string name, CancellationToken bound)
    {
        using MemoryStream bytes = new();
        using Stream packed = package.GetEntry(name)!.Open();
        await packed.CopyToAsync(bytes, bound);
        return bytes.ToArray();
    }

    private Task<string> DotnetAsync(CancellationToken bound, params string[] arguments) =>
        Command.RunAsync(_folder, new Dictionary<string, string>(), bound, "dotnet", arguments);

    private static string PackagesOfTheMachine() =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } moved
            ? moved
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
