using Serverless.Core.Storage.Azure;
using Serverless.Core.Storage;
using Serverless.Faults;

namespace Serverless.Contract.Rows;

/// <summary>The sum by which a transaction is asserted to fit, held against what the SDK would send.</summary>
public sealed class RowSizeTests
{
    private static readonly Dictionary<string, Dictionary<string, object>> Columns = new()
    {
        ["none"] = [],
        ["numbers"] = Enumerable.Range(0, 250).ToDictionary(i => $"c{i}", object (_) => long.MinValue),
        ["doubles"] = Enumerable.Range(0, 250).ToDictionary(i => $"c{i}", object (_) => -double.MaxValue / 3),
        ["moments"] = Enumerable.Range(0, 250).ToDictionary(i => $"c{i}", object (_) => DateTimeOffset.MaxValue),
        ["plain text"] = new() { ["value"] = new string('a', 32_768) },
        ["quotes"] = new() { ["value"] = new string('"', 32_768) },
        ["controls"] = new() { ["value"] = new string('\u0001', 32_768) },
        ["wide text"] = new() { ["value"] = string.Concat(Enumerable.Repeat("漢😀", 10_000)) },
        ["bytes"] = new() { ["value"] = Enumerable.Range(0, 65_536).Select(i => (byte)i).ToArray() },
        ["long names"] = Enumerable.Range(0, 250).ToDictionary(i => $"{new string('n', 250)}{i}", object (i) => (long)i),
    };

    public static TheoryData<string> Names => [.. Columns.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_sent_is_never_more_than_was_summed(string name)
    {
        const string Etag = "W/\"datetime'2026-11-22T22%3A38%3A06.3339330Z'\"";
        var partition = new string('=', StorageRules.KeyLengthMax);
        RowAction[] actions =
        [
            RowAction.Insert(new string('|', StorageRules.KeyLengthMax), Columns[name]),
            RowAction.Replace("short", Columns[name], Etag),
            RowAction.Delete(new string('~', StorageRules.KeyLengthMax), Etag),
        ];
        long? sent = null;
        var policy = new FaultPolicy((request, _) =>
        {
            sent = request.Content!.TryComputeLength(out var length) ? length : null;
            return new Fault(FaultKind.LostRequest);
        });
        var storage = AzureStorage.Connect(
            "AccountName=devstoreaccount1;AccountKey=a2V5;"
                + "BlobEndpoint=https://longest24accountnames0.blob.core.windows.net;"
                + "TableEndpoint=https://longest24accountnames0.table.core.windows.net;",
            new AzureStorageOptions { ConfigureClient = policy.AddTo });

        await storage.Rows.SubmitAsync(new string('t', StorageRules.TableLengthMax), partition, actions, default);

        Assert.InRange(sent!.Value, 1, actions.Sum(action => RowSize.OnTheWire(partition, action)));
    }
}
