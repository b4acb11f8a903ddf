using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols;
using Serverless.Core;
using Serverless.Functions.Http;

namespace Serverless.Functions.Access;

/// <summary>The keys of an issuer, asked for when first needed, and again when a token names one that is not there.</summary>
/// <remarks>
/// In place of the library's <c>ConfigurationManager</c>, which refreshes behind the back of the request that asked, by the wall clock: the
/// first tokens of a new key would be refused. Whatever clients send, the issuer is asked once in <see cref="Pause"/> at most.
/// </remarks>
internal sealed partial class IssuerKeys(
    TokenIssuer issuer, IDocumentRetriever documents, TimeProvider clock, ILogger<IssuerKeys> logger) : IDisposable
{
    /// <summary>Keys are asked for anew after so long, though nothing is missing.</summary>
    public static TimeSpan RefreshAfter { get; } = TimeSpan.FromHours(12);

    /// <summary>Where that fails they are used on, for so long at most: the issuer may have given one up.</summary>
    public static TimeSpan AgeMax { get; } = TimeSpan.FromHours(24);

    /// <summary>Between two questions.</summary>
    public static TimeSpan Pause { get; } = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _asking = new(1, 1);
    private volatile IssuerMetadata? _current;
    private long? _askedAt;

    public void Dispose() => _asking.Dispose();

    /// <summary>The metadata; with a key of this id, if the issuer has one.</summary>
    /// <exception cref="RequestException">503: there are none, and the issuer does not answer.</exception>
    public async ValueTask<IssuerMetadata> WithKeyAsync(string? keyId, CancellationToken cancellationToken)
    {
        if (!IsEnough(_current, keyId))
        {
            await _asking.WaitAsync(cancellationToken);
            try
            {
                if (!IsEnough(_current, keyId) && (_askedAt is not { } askedAt || clock.GetElapsedTime(askedAt) >= Pause))
                {
                    _askedAt = clock.GetTimestamp();
                    await AskAsync();
                }
            }
            finally
            {
                _asking.Release();
            }
        }

        return _current is { } current && clock.GetElapsedTime(current.ReadAt) < AgeMax
            ? current
            : throw new RequestException(Problem.IssuerUnavailable);
    }

    private bool IsEnough(IssuerMetadata? known, string? keyId) =>
        known is not null && known.HasKey(keyId) && clock.GetElapsedTime(known.ReadAt) < RefreshAfter;

    // For all who wait, so it does not end with the request that asks.
    private async Task AskAsync()
    {
        using var time = new CancellationTokenSource(AnswerMax, clock);
        try
        {
            _current = await IssuerMetadata.ReadAsync(issuer, documents, clock.GetTimestamp(), time.Token);
        }
        catch (Exception e) when (e is not InvariantException)
        {
            IssuerNotRead(e, issuer.MetadataAddress);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, EventName = nameof(IssuerNotRead), Message = "The keys at {Address} could not be read.")]
    private partial void IssuerNotRead(Exception exception, string address);
}
