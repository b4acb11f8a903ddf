using System.Text.Json;

namespace Serverless.ExactlyOnceCopy;

/// <summary>The log refused a request; nothing has happened.</summary>
internal sealed class RefusedException(string what, Answer answer)
    : Exception($"{what}: {answer.Status}: {(answer.Body.ValueKind == JsonValueKind.Undefined ? "" : answer.Body.GetRawText())}")
{
    /// <summary>The contract's <c>error_code</c>.</summary>
    public int Code { get; } =
        answer.Body.ValueKind == JsonValueKind.Object && answer.Body.TryGetProperty("error_code", out var code) ? code.GetInt32() : answer.Status;

    /// <summary>A newer process has our transactional id.</summary>
    public bool IsFenced => Code == 40951;

    /// <summary>What was asked of has gone: it expired, or the session did. It is made anew.</summary>
    public bool IsGone => Code is 40403 or 40450;

    /// <summary>Not now: the group has gone on, or the transaction was aborted by its timeout. Starting over helps.</summary>
    public bool IsConflict => Code is 40903 or 40953 or 40902;
}

/// <summary>There was no answer, or one that leaves open whether the request took effect.</summary>
internal sealed class OutcomeUnknownException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A newer process has our transactional id. There is no way on: it has taken over.</summary>
internal sealed class FencedException() : Exception("fenced");
