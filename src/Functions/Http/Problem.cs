namespace Serverless.Functions.Http;

/// <summary>An error as a client sees it: HTTP status, the contract's <c>error_code</c>, and text for people.</summary>
/// <param name="RetryAfter">Seconds after which the same request may succeed; 0 when a retry is of no use.</param>
internal sealed record Problem(int Status, int Code, string Message, int RetryAfter = 0)
{
    public static Problem RouteNotFound { get; } = new(404, 404, "HTTP 404 Not Found");

    public static Problem MethodNotAllowed { get; } = new(405, 405, "HTTP 405 Method Not Allowed");

    public static Problem NotAcceptable { get; } = new(406, 406, "HTTP 406 Not Acceptable");

    public static Problem FormatMismatch { get; } =
        new(406, 40601, "The requested embedded data format does not match the deserializer for this consumer instance.");

    public static Problem BodyTimeout { get; } = new(408, 408, "The request body did not arrive in time.");

    public static Problem UnsupportedMediaType { get; } = new(415, 415, "HTTP 415 Unsupported Media Type");

    public static Problem TopicNotFound { get; } = new(404, 40401, "Topic not found.");

    public static Problem PartitionNotFound { get; } = new(404, 40402, "Partition not found.");

    public static Problem ConsumerNotFound { get; } = new(404, 40403, "Consumer instance not found.");

    public static Problem ProducerNotFound { get; } = new(404, 40450, "Transactional instance or producer not found or expired.");

    public static Problem ProducerFenced { get; } = new(409, 40951, "A newer instance of the transactional id, or a newer epoch, exists.");

    public static Problem Storage { get; } = new(500, 50002, "The storage behind this service failed.");

    public static Problem Unauthenticated { get; } = new(401, 40101, "Who asks could not be verified.");

    public static Problem Forbidden { get; } = new(403, 40301, "The caller is not allowed to do this.");

    public static Problem IssuerUnavailable { get; } =
        new(503, 50350, "Tokens cannot be verified for now: the issuer does not answer. The same request may succeed.", RetryAfter: 5);

    public static Problem NotOurs { get; } = new(401, 40101, "Only the service itself may call this.");

    public static Problem StorageRetriable { get; } =
        new(500, 50003, "The storage behind this service failed for now; the same request may succeed.", RetryAfter: 1);

    public static Problem Internal { get; } = new(500, 500, "Internal Server Error");

    public static Problem NoBody { get; } = new(422, 422, "Request body is empty. Data is required.");

    public static Problem KeyRequired { get; } = new(400, 40050, "This request needs an Idempotency-Key header.");

    public static Problem KeyReused { get; } =
        new(422, 42250, "This Idempotency-Key was used with a different request to the same path.");

    public static Problem SequenceOutOfOrder { get; } = new(
        409, 40952, "The sequence does not follow the last one that was stored, so records before it are missing. Nothing was stored.");

    public static Problem SequenceReused { get; } =
        new(409, 40952, "The sequence was used already, with other records. Nothing was stored.");

    public static Problem EffectNotFound { get; } = NotFound("Effect not found.");

    public static Problem EffectFenced { get; } = new(
        409, 40956, "The effect is not claimed under this fencing token: it was taken over, given up, or recorded. Nothing was changed.");

    /// <summary>400/40051: the header cannot be a key.</summary>
    public static Problem MalformedKey(string message) => new(400, 40051, message);

    /// <summary>409/40950: the first attempt is not done.</summary>
    public static Problem KeyInUse(TimeSpan retryAfter) =>
        new(409, 40950, "A request with this Idempotency-Key is still running.", Seconds(retryAfter));

    /// <summary>409/40955: its claim lives.</summary>
    public static Problem EffectHeld(TimeSpan retryAfter) => new(409, 40955, "Another holds the claim of this effect.", Seconds(retryAfter));

    public static Problem ReadOnlyTopic { get; } = new(422, 422, "The topic is a view: it can only be read.");

    /// <summary>400/400: not JSON, a wrong JSON type, a bad query parameter.</summary>
    public static Problem Malformed(string message) => new(400, 400, message);

    /// <summary>422/422: a rule on the content is broken.</summary>
    public static Problem Content(string message) => new(422, 422, message);

    /// <summary>422/42204: a consumer's configuration, name or group is invalid.</summary>
    public static Problem Configuration(string message) => new(422, 42204, message);

    /// <summary>404/404: a v3 resource that is neither topic nor partition.</summary>
    public static Problem NotFound(string message) => new(404, 404, message);

    /// <summary>409/40903: the state does not allow the request.</summary>
    public static Problem IllegalState(string message) => new(409, 40903, message);

    /// <summary>409/40953: the step does not fit the transaction's state.</summary>
    public static Problem TransactionState(string message) => new(409, 40953, message);

    /// <summary>400/40002: v3 admin refusals, and offsets out of range.</summary>
    public static Problem BadAdmin(string message) => new(400, 40002, message);

    /// <summary>429/42901: the same request is fine later.</summary>
    public static Problem TooMany(string message, TimeSpan retryAfter) => new(429, 42901, message, Seconds(retryAfter));

    public static Problem TooLarge(string message) => new(413, 413, message);

    /// <summary>503/50350: a health probe found storage missing.</summary>
    public static Problem NotReady(string missing) => new(503, 50350, missing, RetryAfter: 5);

    private static int Seconds(TimeSpan retryAfter) => Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds));
}
