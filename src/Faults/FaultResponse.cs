using System.Diagnostics.CodeAnalysis;
using Azure;
using Azure.Core;

namespace Serverless.Faults;

/// <summary>An error that the service never gave.</summary>
internal sealed class FaultResponse(string clientRequestId, int status, string errorCode) : Response
{
    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["x-ms-error-code"] = errorCode,
        ["Content-Length"] = "0",
    };

    public override int Status => status;

    public override string ReasonPhrase => "By intent";

    public override Stream? ContentStream { get; set; } = new MemoryStream();

    public override string ClientRequestId { get; set; } = clientRequestId;

    // The transport sets this on its own responses; on one that did not come from it, nobody would.
    public override bool IsError => true;

    public override void Dispose()
    {
    }

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value) =>
        _headers.TryGetValue(name, out value);

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = _headers.TryGetValue(name, out var value) ? [value] : null;
        return values is not null;
    }

    protected override bool ContainsHeader(string name) => _headers.ContainsKey(name);

    protected override IEnumerable<HttpHeader> EnumerateHeaders() =>
        _headers.Select(header => new HttpHeader(header.Key, header.Value));
}
