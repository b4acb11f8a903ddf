using Serverless.Contract.Rows;
using Serverless.Core.Storage;
using Serverless.Core.Storage.Azure;

namespace Serverless.Contract.Faults;

/// <summary>One kind of mutation: what must be there before, how it is asked for, and how to see whether it happened.</summary>
/// <param name="GivenAsync">Makes what the mutation needs; the text it gives (an ETag, mostly) is handed to the mutation.</param>
/// <param name="ActAsync">Mutates, and tells what became of it.</param>
/// <param name="TookEffectAsync">Reads back.</param>
public sealed record Mutation(
    Func<AzureStorage, Task<string>> GivenAsync,
    Func<AzureStorage, string, CancellationToken, Task<string>> ActAsync,
    Func<AzureStorage, Task<bool>> TookEffectAsync)
{
    public static readonly IReadOnlyDictionary<string, Mutation> All = new Dictionary<string, Mutation>
    {
        ["create"] = new(
            async storage => await BlobAsync(storage, "other"),
            async (storage, _, token) => $"{await storage.Blobs.CreateAsync("b", token)}",
            async storage => (await storage.Blobs.ReadAsync("b", 0, 1, default)).Exists),
        ["append"] = new(
            async storage => await BlobAsync(storage, "b"),
            async (storage, _, token) => $"{(await storage.Blobs.AppendAsync("b", 0, "x"u8.ToArray(), token)).Outcome}",
            async storage => (await storage.Blobs.ReadAsync("b", 0, 1, default)).Bytes.Length == 1),
        ["delete"] = new(
            async storage => await BlobAsync(storage, "b"),
            async (storage, etag, token) => $"{await storage.Blobs.DeleteAsync("b", etag, token)}",
            async storage => !(await storage.Blobs.ReadAsync("b", 0, 1, default)).Exists),
        ["insert"] = new(
            async storage => await storage.Rows.InsertAsync("other", 0),
            async (storage, _, token) => await SubmitAsync(storage, token, RowAction.Insert("r", RowTesting.Columns(1))),
            async storage => await storage.Rows.ValueAsync("r") == 1),
        ["replace"] = new(
            async storage => await storage.Rows.InsertAsync("r", 0),
            async (storage, etag, token) =>
                await SubmitAsync(storage, token, RowAction.Replace("r", RowTesting.Columns(1), etag)),
            async storage => await storage.Rows.ValueAsync("r") == 1),
        ["remove"] = new(
            async storage => await storage.Rows.InsertAsync("r", 0),
            async (storage, etag, token) => await SubmitAsync(storage, token, RowAction.Delete("r", etag)),
            async storage => await storage.Rows.RowAsync("r") is null),
        ["transaction"] = new(
            async storage => await storage.Rows.InsertAsync("r", 0),
            async (storage, etag, token) => await SubmitAsync(
                storage,
                token,
                RowAction.Replace("r", RowTesting.Columns(1), etag),
                RowAction.Insert("s", RowTesting.Columns(1))),
            async storage => (await storage.Rows.ValueAsync("r"), await storage.Rows.ValueAsync("s")) switch
            {
                (1, 1) => true,
                (0, null) => false,
                var torn => throw new InvalidOperationException($"A torn transaction: {torn}."),
            }),
    };

    private static async Task<string> BlobAsync(AzureStorage storage, string name)
    {
        await storage.Blobs.CreateAsync(name, default);
        return Assert.Single((await storage.Blobs.ListAsync(name, null, 1, default)).Items).ETag;
    }

    private static async Task<string> SubmitAsync(AzureStorage storage, CancellationToken token, params RowAction[] actions) =>
        $"{(await storage.Rows.SubmitAsync(RowTesting.Table, RowTesting.Partition, actions, token)).Outcome}";
}
