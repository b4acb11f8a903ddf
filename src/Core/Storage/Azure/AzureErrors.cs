using System.Net;
using System.Text.Json;
using System.Xml;
using Azure;

namespace Serverless.Core.Storage.Azure;

/// <summary>The few failures that we tell apart.</summary>
/// <remarks>Codes: "Blob service error codes", "Table service error codes", "Common REST API error codes".</remarks>
internal static class AzureErrors
{
    public const string AppendPositionConditionNotMet = nameof(AppendPositionConditionNotMet);
    public const string BlobAlreadyExists = nameof(BlobAlreadyExists);
    public const string BlobNotFound = nameof(BlobNotFound);
    public const string BlockCountExceedsLimit = nameof(BlockCountExceedsLimit);
    public const string ConditionNotMet = nameof(ConditionNotMet);
    public const string ContainerNotFound = nameof(ContainerNotFound);
    public const string EntityAlreadyExists = nameof(EntityAlreadyExists);
    public const string EntityNotFound = nameof(EntityNotFound);
    public const string InvalidRange = nameof(InvalidRange);
    public const string ResourceNotFound = nameof(ResourceNotFound);
    public const string TableNotFound = nameof(TableNotFound);
    public const string UpdateConditionNotSatisfied = nameof(UpdateConditionNotSatisfied);

    public static bool Is(this RequestFailedException failure, HttpStatusCode status, params ReadOnlySpan<string> codes) =>
        failure.Status == (int)status && codes.Contains(CodeOf(failure));

    /// <summary>Whether a mutation that failed so may have taken effect, or may yet.</summary>
    /// <remarks>
    /// No reply, a reply cut short, or one that says the service failed or is busy. 429 and 503 mostly come without an
    /// effect, but 503 comes from gateways too, and taking an outcome as unknown is never wrong, only dearer.
    /// The caller's own cancellation is not an outcome: it passes through.
    /// </remarks>
    public static bool LeavesUnknown(Exception failure, CancellationToken cancellationToken) => failure switch
    {
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        RequestFailedException { Status: < 400 or 408 or 429 or >= 500 } => true,

        // Its code would tell which of several it is, and the answer was cut short before that.
        RequestFailedException { Status: 404 or 409 or 412 or 416 } refusal when CodeOf(refusal) is null => true,
        IOException or HttpRequestException or InvalidDataException => true,
        // The SDK's own words on an answer that it cannot read to its end.
        JsonException or XmlException => true,
        _ => false,
    };

    /// <summary>A mutation's refusal as ours. Only for what <see cref="LeavesUnknown"/> does not claim.</summary>
    public static StorageException Refused(RequestFailedException refusal) =>
        new($"Storage refused: {refusal.Status} {CodeOf(refusal)}.", IsPassing(refusal), refusal);

    /// <summary>What a read's failure is to our callers, or null where it is to pass through as it is.</summary>
    public static Exception? OfRead(Exception failure, CancellationToken cancellationToken) => failure switch
    {
        // What the SDK throws when each of several attempts failed. The caller's own cancellation of the last one lies within it, too.
        AggregateException { InnerExceptions: [.., var last] } => OfRead(last, cancellationToken) ?? last,
        StorageException ours => ours,
        _ when LeavesUnknown(failure, cancellationToken) => new StorageException("Storage does not answer.", retriable: true, failure),
        RequestFailedException refusal => Refused(refusal),
        _ => null,
    };

    // While a container or table is being deleted its name is refused, for half a minute or so.
    private static bool IsPassing(RequestFailedException refusal) =>
        refusal.Status == (int)HttpStatusCode.Conflict
        && CodeOf(refusal) is "ContainerBeingDeleted" or "TableBeingDeleted" or "AccountBeingCreated";

    // The SDK takes the code of a table's refusal from its body alone, which may have been cut short where the header came whole.
    private static string? CodeOf(RequestFailedException failure) => failure.ErrorCode is { Length: > 0 } code
        ? code
        : failure.GetRawResponse() is { } response && response.Headers.TryGetValue("x-ms-error-code", out var header) ? header : null;
}
