using Serverless.Contract.Rows;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Azure;
using Serverless.Core.Telemetry;
using Serverless.Faults;

namespace Serverless.Contract.Faults;

/// <summary>What is counted of requests to storage: each attempt, by its kind and by what came of it.</summary>
public sealed class StorageCallTests(AzuriteFixture azurite) : IDisposable
{
    private const string Calls = "serverless.storage.calls";

    private readonly Measured _measured = new();

    public void Dispose() => _measured.Dispose();

    [Fact]
    public async Task Each_kind_of_request_is_counted_by_its_name_and_status()
    {
        var storage = Storage();
        var (blobs, rows) = (storage.Blobs, storage.Rows);

        await blobs.CreateAsync("a/b", default);
        await blobs.CreateAsync("a/b", default);
        await blobs.AppendAsync("a/b", 0, "x"u8.ToArray(), default);
        await blobs.AppendAsync("a/b", 0, "x"u8.ToArray(), default);
        await blobs.ReadAsync("a/b", 0, 10, default);
        var listed = await blobs.ListAsync("a/", null, 10, default);
        await blobs.DeleteAsync("a/b", listed.Items[0].ETag, default);
        var etag = await rows.InsertAsync("r", 1);
        await rows.SubmitAsync(RowAction.Replace("r", RowTesting.Columns(2), etag));
        await rows.SubmitAsync(RowAction.Insert("s", RowTesting.Columns(1)), RowAction.Insert("t", RowTesting.Columns(1)));
        await rows.QueryAsync(RowTesting.Table, new RowQuery(RowTesting.Partition), default);
        var row = await rows.RowAsync("r");
        await rows.RowAsync("none");
        await rows.SubmitAsync(RowAction.Delete("r", row!.ETag));

        Assert.Equal(
            [
                "error.type=404 http.response.status_code=404 serverless.storage.kind=blob.create 1",
                "error.type=404 http.response.status_code=404 serverless.storage.kind=table.get 1",
                "error.type=404 http.response.status_code=404 serverless.storage.kind=table.insert 1",
                "error.type=409 http.response.status_code=409 serverless.storage.kind=blob.create 1",
                "error.type=412 http.response.status_code=412 serverless.storage.kind=blob.append 1",
                "http.response.status_code=200 serverless.storage.kind=blob.list 1",
                "http.response.status_code=200 serverless.storage.kind=table.get 1",
                "http.response.status_code=200 serverless.storage.kind=table.query 1",
                "http.response.status_code=201 serverless.storage.kind=blob.append 1",
                "http.response.status_code=201 serverless.storage.kind=blob.create 1",
                "http.response.status_code=201 serverless.storage.kind=blob.create_container 1",
                "http.response.status_code=202 serverless.storage.kind=blob.delete 1",
                "http.response.status_code=202 serverless.storage.kind=table.transaction 1",
                "http.response.status_code=204 serverless.storage.kind=table.create_table 1",
                "http.response.status_code=204 serverless.storage.kind=table.delete 1",
                "http.response.status_code=204 serverless.storage.kind=table.insert 1",
                "http.response.status_code=204 serverless.storage.kind=table.update 1",
                "http.response.status_code=206 serverless.storage.kind=blob.read 1",
            ],
            _measured.TagsOf(Calls).Select(tags => $"{tags} {_measured.Sum(Calls, tags)}"));
        Assert.Equal(_measured.TagsOf(Calls), _measured.TagsOf("serverless.storage.call.duration"));
        Assert.All(
            _measured.All.Where(one => one.Name == "serverless.storage.call.duration"), one => Assert.InRange(one.Value, double.Epsilon, 30));
    }

    [Fact]
    public async Task A_read_that_is_tried_again_is_counted_as_often_as_it_is_sent()
    {
        await Storage().Rows.InsertAsync("r", 7);
        var faults = new FaultPolicy((_, attempt) => attempt switch
        {
            0 => new Fault(FaultKind.LostResponse),
            1 => new Fault(FaultKind.ErrorWithoutEffect),
            _ => null,
        });

        await Storage(faults.AddTo).Rows.ValueAsync("r");

        Assert.Equal(1, _measured.Sum(Calls, "error.type=_OTHER serverless.storage.kind=table.get"));
        Assert.Equal(3, _measured.All.Count(one => one.Name == Calls && one.Tags.EndsWith("=table.get", StringComparison.Ordinal)));
    }

    private readonly AzureStorageOptions _options = AzuriteFixture.NewOptions() with { ReadRetryDelay = TimeSpan.FromMilliseconds(1) };
    private LogMetrics? _metrics;

    private AzureStorage Storage(Action<Azure.Core.ClientOptions>? configure = null) => azurite.NewStorage(_options with
    {
        ConfigureClient = configure, Metrics = _metrics ??= new LogMetrics(_measured), Clock = TimeProvider.System,
    });
}
