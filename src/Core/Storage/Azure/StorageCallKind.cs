using Azure.Core;

namespace Serverless.Core.Storage.Azure;

/// <summary>Kinds of requests to the storage account, as they are counted and paid for.</summary>
internal static class StorageCallKind
{
    public static string OfBlobs(Request request)
    {
        var method = request.Method;
        if (method == RequestMethod.Put)
        {
            var query = request.Uri.Query;
            return Has(query, "comp=appendblock") ? "blob.append"
                : Has(query, "restype=container") ? "blob.create_container"
                : "blob.create";
        }

        return method == RequestMethod.Get ? Has(request.Uri.Query, "comp=list") ? "blob.list" : "blob.read"
            : method == RequestMethod.Head ? "blob.properties"
            : method == RequestMethod.Delete ? "blob.delete"
            : "blob.other";
    }

    public static string OfTables(Request request)
    {
        var method = request.Method;
        var path = request.Uri.Path;
        return method == RequestMethod.Post
                ? path.EndsWith("/$batch", StringComparison.Ordinal) ? "table.transaction"
                    : path.EndsWith("/Tables", StringComparison.Ordinal) ? "table.create_table"
                    : "table.insert"
            : method == RequestMethod.Get ? path.EndsWith(')') && !path.EndsWith("()", StringComparison.Ordinal) ? "table.get" : "table.query"
            : method == RequestMethod.Put || method == RequestMethod.Patch ? "table.update"
            : method == RequestMethod.Delete ? "table.delete"
            : "table.other";
    }

    private static bool Has(string query, string parameter) => query.Contains(parameter, StringComparison.Ordinal);
}
