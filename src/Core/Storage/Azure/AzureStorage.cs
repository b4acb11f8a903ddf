using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Blobs;

namespace Serverless.Core.Storage.Azure;

/// <summary>Both ports on one storage account.</summary>
/// <remarks>
/// Upholds <b>sent once</b>: mutations have clients of their own, which neither retry nor let the transport do so.
/// Reads have others, which retry. Make one and keep it: it holds the connections, and any number of threads may use it.
/// </remarks>
public sealed class AzureStorage
{
    private AzureStorage(IBlobStore blobs, IRowStore rows)
    {
        Blobs = blobs;
        Rows = rows;
    }

    public IBlobStore Blobs { get; }

    public IRowStore Rows { get; }

    /// <summary>An account by its connection string: the emulator, or an account that still has shared keys.</summary>
    public static AzureStorage Connect(string connectionString, AzureStorageOptions options) => Connect(
        options,
        clientOptions => new BlobServiceClient(connectionString, clientOptions),
        clientOptions => new TableServiceClient(connectionString, clientOptions));

    /// <summary>An account by the addresses of its services, and an identity that may write to its blobs and tables.</summary>
    public static AzureStorage Connect(
        Uri blobService, Uri tableService, TokenCredential credential, AzureStorageOptions options)
    {
        var checkedCredential = new CheckedCredential(credential);
        return Connect(
            options,
            clientOptions => new BlobServiceClient(blobService, checkedCredential, clientOptions),
            clientOptions => new TableServiceClient(tableService, checkedCredential, clientOptions));
    }

    private static AzureStorage Connect(
        AzureStorageOptions options,
        Func<BlobClientOptions, BlobServiceClient> blobs,
        Func<TableClientOptions, TableServiceClient> tables)
    {
        StorageRules.TablePrefix(options.TablePrefix);
        return new(
            new AzureBlobStore(
                blobs(options.ForMutations(new BlobClientOptions())).GetBlobContainerClient(options.ContainerName),
                blobs(options.ForReads(new BlobClientOptions())).GetBlobContainerClient(options.ContainerName)),
            new AzureRowStore(
                tables(options.ForMutations(new TableClientOptions())),
                tables(options.ForReads(new TableClientOptions())),
                options.TablePrefix));
    }
}
