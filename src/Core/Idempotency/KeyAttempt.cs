using Serverless.Core.Log;

namespace Serverless.Core.Idempotency;

/// <summary>One attempt at a keyed request, which holds its row until another attempt takes it over.</summary>
public sealed class KeyAttempt
{
    internal KeyAttempt(KeyedRequest request, KeyRow row, string etag) => (Request, Row, ETag) = (request, row, etag);

    /// <summary>Only this request has it, and all its attempts do: what they make can be known by it.</summary>
    public string RequestId => Row.RequestId;

    public ProduceStart? Start => Row.Start;

    public DateTimeOffset ExpiresAt => Row.ExpiresAt;

    /// <summary>What the log knows the request by, with where the topic stood before the first attempt.</summary>
    public RequestKey? Key => Row.Start is { } start ? new RequestKey(HashOf(Request, RequestId), start) : null;

    internal KeyedRequest Request { get; }

    internal KeyRow Row { get; set; }

    internal string ETag { get; set; }

    /// <summary>The hash that its batches carry.</summary>
    internal static long HashOf(KeyedRequest request, string requestId) =>
        RequestKey.HashOf(KeyedRequest.Digest(request.Id, requestId));
}

/// <summary>What is to be done with a keyed request.</summary>
public abstract record KeyAnswer
{
    private KeyAnswer()
    {
    }

    /// <summary>To be tried: for the first time, or again where an earlier attempt came to no end.</summary>
    public sealed record Begun(KeyAttempt Attempt) : KeyAnswer;

    /// <summary>It was answered already.</summary>
    public sealed record Answered(StoredReply Reply, DateTimeOffset ExpiresAt) : KeyAnswer;

    /// <summary>Another attempt is under way.</summary>
    public sealed record Running(TimeSpan RetryAfter) : KeyAnswer;

    /// <summary>The key belongs to a request that asks something else.</summary>
    public sealed record Reused : KeyAnswer;
}

/// <summary>Where a topic stands for the records of a request, if there is one.</summary>
/// <param name="hash">What decides where records without a key go.</param>
/// <param name="before">What an earlier attempt wrote down; to be kept where it is of the same topic.</param>
public delegate ValueTask<ProduceStart?> StartOf(long hash, ProduceStart? before);
