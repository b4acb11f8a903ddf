using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Serverless.Core;
using Serverless.Core.Storage;

namespace Serverless.Functions.Http;

/// <summary>Exceptions and error codes → what the client is told. The one place that knows both sides.</summary>
internal static class ErrorReply
{
    /// <summary>The problem behind an exception. What is not known is our bug: 500, and no word about what it was.</summary>
    public static Problem From(Exception exception) => exception switch
    {
        RequestException refused => refused.Problem,
        StorageException { Retriable: true } => Problem.StorageRetriable,
        StorageException => Problem.Storage,
        // The place stays in our log: a blob's name is nobody else's business.
        CorruptLogException => Problem.Storage,
        // Not of our making, or the edge would have known it: something below gave up, and what it began may have taken effect.
        OperationCanceledException or TimeoutException => Problem.StorageRetriable,
        BadHttpRequestException { StatusCode: 413 } => Problem.TooLarge("Request body is too large."),
        BadHttpRequestException { StatusCode: 408 } => Problem.BodyTimeout,
        BadHttpRequestException => Problem.Malformed("Malformed HTTP request."),
        _ => Problem.Internal,
    };

    /// <summary>An error of a consumer group's request.</summary>
    public static Problem FromGroup(ErrorCode error, string? message) => error switch
    {
        ErrorCode.UnknownMemberId or ErrorCode.FencedInstanceId => Problem.ConsumerNotFound,
        ErrorCode.UnsupportedForMessageFormat => Problem.FormatMismatch,
        ErrorCode.UnreleasedInstanceId =>
            new Problem(409, 40902, message ?? "Consumer instance with the specified name already exists."),
        ErrorCode.InvalidRequest or ErrorCode.InconsistentGroupProtocol or ErrorCode.RebalanceInProgress
            or ErrorCode.UnstableOffsetCommit or ErrorCode.IllegalGeneration =>
            Problem.IllegalState(message ?? "The state of the consumer instance does not allow this."),
        ErrorCode.StaleMemberEpoch =>
            Problem.IllegalState(message ?? "Another live member of the group owns the partition now."),
        ErrorCode.OffsetOutOfRange =>
            Problem.IllegalState(message ?? "The position is outside of the log and auto.offset.reset is none."),
        ErrorCode.GroupMaxSizeReached => Problem.IllegalState(message ?? "The group has as many instances as it may have."),
        ErrorCode.NonEmptyGroup => Problem.IllegalState(message ?? "The group has live members."),
        ErrorCode.GroupIdNotFound => Problem.NotFound(message ?? "Consumer group not found."),
        ErrorCode.InvalidRecord => new Problem(
            422, 42203, message ?? "A stored record is not valid JSON; seek past it, or read it with a binary consumer."),
        ErrorCode.InvalidSessionTimeout or ErrorCode.InvalidGroupId or ErrorCode.InvalidConfig =>
            Problem.Configuration(message ?? "Invalid consumer configuration."),
        ErrorCode.PolicyViolation => Problem.Content(message ?? "The request is beyond a limit."),
        ErrorCode.OffsetMetadataTooLarge => Problem.Content(message ?? "The offset metadata is too large."),
        _ => FromLog(error, message),
    };

    /// <summary>An error of an admin request on a topic.</summary>
    public static Problem FromTopic(ErrorCode error, string? message) => error switch
    {
        ErrorCode.InvalidTopic => Problem.Content(message ?? "Invalid topic name."),
        ErrorCode.TopicAlreadyExists or ErrorCode.InvalidPartitions or ErrorCode.InvalidConfig or ErrorCode.PolicyViolation
            or ErrorCode.InvalidRequest => Problem.BadAdmin(message ?? "The topic's state or settings do not allow this."),
        _ => FromLog(error, message),
    };

    /// <summary>An error of a transaction's step, or of the group whose offsets it adds.</summary>
    public static Problem FromTransaction(ErrorCode error, string? message) => error switch
    {
        ErrorCode.InvalidTransactionTimeout => Problem.Configuration(message ?? "The transaction timeout is beyond the server's limit."),
        ErrorCode.UnknownProducerId or ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch or ErrorCode.InvalidTxnState =>
            FromProducer(error, message),
        _ => FromGroup(error, message),
    };

    /// <summary>An error of reading or appending.</summary>
    public static Problem FromLog(ErrorCode error, string? message) => error switch
    {
        ErrorCode.UnknownTopicOrPartition => Problem.TopicNotFound,
        ErrorCode.OffsetOutOfRange => Problem.BadAdmin(message ?? "The offset is outside of the log."),
        ErrorCode.MessageTooLarge => Problem.TooLarge(message ?? "The record is larger than max.message.bytes allows."),
        ErrorCode.RecordListTooLarge => Problem.TooLarge(message ?? "The records of one partition do not fit one batch."),
        ErrorCode.RequestTimedOut => Problem.StorageRetriable,
        ErrorCode.OutOfOrderSequenceNumber => Problem.SequenceOutOfOrder,
        ErrorCode.DuplicateSequenceNumber => Problem.SequenceReused,
        ErrorCode.CorruptMessage or ErrorCode.UnknownServerError => Problem.Storage,
        ErrorCode.InvalidTopic => Said(Problem.ReadOnlyTopic, message),
        ErrorCode.TopicAuthorizationFailed => Problem.Forbidden,
        _ => FromProducer(error, message),
    };

    private static Problem FromProducer(ErrorCode error, string? message) => error switch
    {
        ErrorCode.UnknownProducerId => Said(Problem.ProducerNotFound, message),
        ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch => Said(Problem.ProducerFenced, message),
        ErrorCode.InvalidTxnState => Problem.TransactionState(message ?? "The state of the transaction does not allow this."),
        _ => Problem.Internal,
    };

    private static Problem Said(Problem problem, string? message) => message is null ? problem : problem with { Message = message };

    /// <summary>The contract's error body.</summary>
    public static void Write(Utf8JsonWriter json, Problem problem, Action<Utf8JsonWriter>? details)
    {
        json.WriteStartObject();
        json.WriteNumber("error_code"u8, problem.Code);
        json.WriteString("message"u8, problem.Message);
        details?.Invoke(json);
        json.WriteEndObject();
    }
}
