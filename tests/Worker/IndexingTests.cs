using System.Text.Json.Nodes;

namespace Serverless.Worker;

/// <summary>What the worker tells the host before the first request.</summary>
[Collection(typeof(SharedWorker))]
public sealed class IndexingTests(WorkerFixture worker)
{
    [Fact]
    public void The_worker_tells_the_host_every_function_as_its_attributes_have_it()
    {
        var told = worker.Host.Functions
            .Select(function => DeclaredFunction.Of(function.Name, function.Metadata.EntryPoint, function.Trigger));

        Assert.NotEmpty(DeclaredFunction.All);
        Assert.Equal(DeclaredFunction.All, told.OrderBy(function => function.Name));
        Assert.All(worker.Host.Functions, function =>
            Assert.Equal(("dotnet-isolated", "Serverless.Functions.dll"), (function.Metadata.Language, function.Metadata.ScriptFile)));
    }

    [Fact]
    public async Task The_file_of_metadata_has_the_same_functions()
    {
        var file = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(WorkerFixture.Folder, "functions.metadata")))!.AsArray();

        var written = file.Select(function => DeclaredFunction.Of(
            function!["name"]!.GetValue<string>(), function["entryPoint"]!.GetValue<string>(), function["bindings"]![0]!.AsObject()));

        Assert.Equal(DeclaredFunction.All, written.OrderBy(function => function.Name));
    }

    [Fact]
    public async Task Routes_are_whole_paths_and_none_is_one_that_the_host_keeps_for_itself()
    {
        var settings = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(WorkerFixture.Folder, "host.json")))!;

        var reserved = from function in worker.Host.Functions
                       let route = function.Trigger["route"]?.GetValue<string>() ?? function.Name
                       where function.IsHttp && route.Split('/')[0].ToLowerInvariant() is "admin" or "runtime"
                       select route;

        Assert.Equal("", settings["extensions"]!["http"]!["routePrefix"]!.GetValue<string>());
        Assert.Empty(reserved);
    }

    [Theory]
    [InlineData("HttpUri")]
    [InlineData("HandlesInvocationCancelMessage")]
    [InlineData("HandlesWorkerTerminateMessage")]
    public void The_worker_can_serve_HTTP_and_be_cancelled_and_stopped(string capability)
    {
        Assert.NotEmpty(worker.Host.Capabilities[capability]);
    }
}
