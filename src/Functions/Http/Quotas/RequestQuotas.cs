using Microsoft.AspNetCore.Http;

namespace Serverless.Functions.Http.Quotas;

/// <summary>Lets a request in, or says when to come again: before its body is read, and before it costs anything.</summary>
/// <remarks>
/// What is refused is charged to nobody, so that whoever waits as long as it was told is let in. Probes, and the calls of the service to
/// itself, are always let in.
/// </remarks>
public sealed class RequestQuotas(QuotaOptions options, StorageBudget storage, TimeProvider clock)
{
    private static readonly TimeSpan PlacePause = TimeSpan.FromSeconds(1);

    private readonly CallerTable _callers = new(options, clock);
    private readonly Places _requests = new(options.ConcurrentRequests);
    private readonly Places _polls = new(options.ConcurrentPolls);

    /// <summary>Callers that are told apart now.</summary>
    internal int CallersKnown => _callers.Count;

    /// <summary>Lets it in.</summary>
    /// <param name="caller">Whose quota it is held against; empty where callers are not told apart: then it is that of the address.</param>
    /// <returns>To be disposed of when the request is over.</returns>
    /// <exception cref="RequestException">429, and when to come again.</exception>
    internal Admission Admit(HttpRequest request, string caller, Operation operation)
    {
        if (operation.IsUnmetered)
        {
            return new Admission(null, operation);
        }

        var meters = _callers.Of(caller.Length > 0 ? caller : AddressOf(request));
        if (Refusal(meters, operation) is { } refusal)
        {
            throw new RequestException(refusal);
        }

        var (own, all) = operation.RepliesWithRecords ? (meters.PollPlaces, _polls) : (meters.RequestPlaces, _requests);
        if (!own.TryTake())
        {
            throw new RequestException(Problem.TooMany("This caller has too many requests under way.", PlacePause));
        }

        if (!all.TryTake())
        {
            own.Return();
            throw new RequestException(Problem.TooMany("The service has too many requests under way.", PlacePause));
        }

        return new Admission(meters, operation, own, all);
    }

    /// <summary>Refuses who has been refused more often than a caller may ask.</summary>
    /// <exception cref="RequestException">429, and when to come again.</exception>
    internal void RequireNoDebt(HttpRequest request, Operation operation)
    {
        if (!operation.IsUnmetered && _callers.Of(AddressOf(request)).Requests.Debt is { Ticks: > 0 } debt)
        {
            throw new RequestException(Problem.TooMany("This address sends more requests than its quota allows.", debt));
        }
    }

    /// <summary>A request of nobody knows whom: held against its address.</summary>
    internal void Charge(HttpRequest request) => _callers.Of(AddressOf(request)).Requests.Charge(1);

    // No principal begins so.
    private static string AddressOf(HttpRequest request) => $"@{CallerAddress.Of(request)}";

    // What takes something comes last: nothing is taken of a request that is refused.
    private Problem? Refusal(CallerMeters caller, Operation operation)
    {
        ReadOnlySpan<(TimeSpan Wait, string Message)> debts =
        [
            (operation.Produces ? caller.Produced.Debt : TimeSpan.Zero, "This caller has produced more bytes than its quota allows."),
            (operation.RepliesWithRecords ? caller.Consumed.Debt : TimeSpan.Zero, "This caller has consumed more bytes than its quota allows."),
            (storage.Debt, "The service has made more storage calls than its budget allows."),
        ];
        foreach (var (wait, message) in debts)
        {
            if (wait > TimeSpan.Zero)
            {
                return Problem.TooMany(message, wait);
            }
        }

        if (operation.Creates && caller.Creations.TakeOne() is { Ticks: > 0 } creations)
        {
            return Problem.TooMany("This caller creates more than its quota allows.", creations);
        }

        return caller.Requests.TakeOne() is { Ticks: > 0 } requests
            ? Problem.TooMany("This caller sends more requests than its quota allows.", requests)
            : null;
    }
}
