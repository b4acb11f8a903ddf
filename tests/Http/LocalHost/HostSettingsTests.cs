using Serverless.LocalHost;

namespace Serverless.Http.LocalHost;

public sealed class HostSettingsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("host-settings-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_fresh_clone_needs_no_settings()
    {
        var settings = HostSettings.Load(new LocalHostOptions { Root = _root });

        Assert.Equal("UseDevelopmentStorage=true", settings["AzureWebJobsStorage"]);
    }

    [Fact]
    public void Local_settings_give_way_to_the_environment_and_that_to_the_options()
    {
        const string Variable = "HostSettingsTests__FromEnvironment";
        Write("local.settings.json", $$$"""
            // func allows comments
            {"Values": {"Http__ClusterId": "from-file", "{{{Variable}}}": "from-file", "LogStorage": "from-file",
                        "LogStorage__blobServiceUri": "https://b/"}}
            """);
        Environment.SetEnvironmentVariable(Variable, "from-environment");
        try
        {
            var settings = HostSettings.Load(new LocalHostOptions { Root = _root, Storage = "from-options" });

            Assert.Equal("from-file", settings["Http:ClusterId"]);
            Assert.Equal("from-environment", settings["HostSettingsTests:FromEnvironment"]);
            Assert.Equal("from-options", settings["LogStorage"]);
            Assert.Equal("https://b/", settings["LogStorage:blobServiceUri"]);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }
    }

    [Theory]
    [InlineData("local.settings.json", "{")]
    [InlineData("local.settings.json", """{"IsEncrypted": true, "Values": {}}""")]
    [InlineData("host.json", "nothing")]
    public void A_file_that_cannot_be_read_stops_the_start(string name, string content)
    {
        Write(name, content);

        Assert.Throws<StartException>(() =>
        {
            HostSettings.Load(new LocalHostOptions { Root = _root });
            HostSettings.RoutePrefix(_root);
        });
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_root, name), content);
}
