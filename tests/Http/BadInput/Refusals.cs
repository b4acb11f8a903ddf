using System.Text.Json;

namespace Serverless.Http.BadInput;

/// <summary>What every refusal must look like, whatever was wrong.</summary>
internal static class Refusals
{
    // Types, stack traces, sources, the account and its addresses: nobody's business but ours.
    private static readonly string[] Leaks =
        ["Exception", "   at ", ".cs:", "System.", "Microsoft.", "Serverless.", "Azure", "azurite", "devstoreaccount", "AccountKey", "ETag"];

    /// <summary>The status, the code, and the contract's error body in the right type.</summary>
    public static void MustRefuse(this Answer answer, int status, int code, string? type = null)
    {
        Assert.True(
            answer.Status == status, $"Expected {status}/{code}, got {answer.Status}: {answer.Text[..Math.Min(500, answer.Text.Length)]}");
        answer.MustBeError();

        Assert.Equal(code, answer.ErrorCode);
        if (type is not null)
        {
            Assert.Equal(type, answer.ContentType);
        }
    }

    /// <summary>The contract's error body, of whatever 4xx; never a 5xx.</summary>
    public static void MustBeError(this Answer answer)
    {
        Assert.InRange(answer.Status, 400, 499);
        Assert.Contains(answer.ContentType, new[] { ServiceFixture.V2, ServiceFixture.Plain });
        using var body = JsonDocument.Parse(answer.Body);
        Assert.Equal(JsonValueKind.Object, body.RootElement.ValueKind);
        var code = body.RootElement.GetProperty("error_code").GetInt32();
        var message = body.RootElement.GetProperty("message").GetString();

        Assert.True(
            code == answer.Status || (code is >= 10_000 and <= 99_999 && code / 100 == answer.Status),
            $"Code {code} does not belong to status {answer.Status}.");
        Assert.False(string.IsNullOrWhiteSpace(message));
        Assert.DoesNotContain(Leaks, leak => answer.Text.Contains(leak, StringComparison.OrdinalIgnoreCase));
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        Assert.False(string.IsNullOrEmpty(answer.Header("X-Correlation-Id")));
    }
}
