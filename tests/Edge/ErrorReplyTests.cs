using Serverless.Core;
using Serverless.Core.Storage;
using Serverless.Functions.Http;
using Xunit;

namespace Serverless.Edge;

public sealed class ErrorReplyTests
{
    [Theory]
    [InlineData(ErrorCode.UnknownMemberId, 404, 40403)]
    [InlineData(ErrorCode.UnreleasedInstanceId, 409, 40902)]
    [InlineData(ErrorCode.InvalidRequest, 409, 40903)]
    [InlineData(ErrorCode.PolicyViolation, 422, 422)]
    [InlineData(ErrorCode.StaleMemberEpoch, 409, 40903)]
    [InlineData(ErrorCode.NonEmptyGroup, 409, 40903)]
    [InlineData(ErrorCode.InconsistentGroupProtocol, 409, 40903)]
    [InlineData(ErrorCode.OffsetOutOfRange, 409, 40903)]
    [InlineData(ErrorCode.GroupIdNotFound, 404, 404)]
    [InlineData(ErrorCode.InvalidRecord, 422, 42203)]
    [InlineData(ErrorCode.UnknownTopicOrPartition, 404, 40401)]
    [InlineData(ErrorCode.RequestTimedOut, 500, 50003)]
    [InlineData(ErrorCode.UnknownServerError, 500, 50002)]
    public void Errors_of_groups_have_the_contracts_codes(ErrorCode error, int status, int code)
    {
        var problem = ErrorReply.FromGroup(error, null);

        Assert.Equal((status, code), (problem.Status, problem.Code));
    }

    [Theory]
    [InlineData(ErrorCode.InvalidTopic, 422, 422)]
    [InlineData(ErrorCode.TopicAlreadyExists, 400, 40002)]
    [InlineData(ErrorCode.InvalidPartitions, 400, 40002)]
    [InlineData(ErrorCode.InvalidConfig, 400, 40002)]
    [InlineData(ErrorCode.UnknownTopicOrPartition, 404, 40401)]
    public void Errors_of_topics_have_the_contracts_codes(ErrorCode error, int status, int code)
    {
        var problem = ErrorReply.FromTopic(error, "text");

        Assert.Equal((status, code), (problem.Status, problem.Code));
    }

    [Fact]
    public void Every_code_is_the_status_or_begins_with_it()
    {
        Assert.All(Enum.GetValues<ErrorCode>(), error =>
        {
            foreach (var problem in new[] { ErrorReply.FromGroup(error, null), ErrorReply.FromTopic(error, null), ErrorReply.FromLog(error, null) })
            {
                Assert.True(problem.Code == problem.Status || problem.Code / 100 == problem.Status);
            }
        });
    }

    [Fact]
    public void Nothing_of_an_exception_is_told()
    {
        Exception[] exceptions =
        [
            new StorageException("https://account.blob.core.windows.net secret", true), new StorageException("secret", false),
            new CorruptLogException("logs/secret", 7, "secret"), new InvalidOperationException("secret"),
            new TaskCanceledException("secret"),
        ];

        Assert.Equal([50003, 50002, 50002, 500, 50003], exceptions.Select(exception => ErrorReply.From(exception).Code));
        Assert.All(exceptions, exception =>
            Assert.DoesNotContain("secret", ErrorReply.From(exception).Message, StringComparison.Ordinal));
        Assert.Equal(1, ErrorReply.From(exceptions[0]).RetryAfter);
    }
}
