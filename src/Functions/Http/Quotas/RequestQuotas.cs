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

    // Apart, so that nobodies from ever new addresses take no principal's place.
    private readonly CallerTable _principals = new(options, clock);
    private readonly CallerTable _addresses = new(options, clock);
    private readonly Places _requests = new(options.ConcurrentRequests);
    private readonly Places _polls = new(options.ConcurrentPolls);

    /// <summary>Callers that are told apart now.</summary>
    internal int CallersKnown => _principals.Count + _addresses.Count;

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

        var meters = caller.Length > 0 ? _principals.Of(caller) : _addresses.Of(CallerAddress.Of(request));
        if (Debt(meters, operation) is { } debt)
        {
            throw new RequestException(debt);
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

        var admission = new Admission(meters, operation, own, all);
        if (Take(meters, operation) is { } refusal)
        {
            admission.Dispose();
            throw new RequestException(refusal);
        }

        return admission;
    }

    /// <summary>A request of nobody knows whom, that is to be refused for that: held against its address.</summary>
    /// <exception cref="RequestException">429: there were more of them than a caller may send.</exception>
    internal void AdmitNobody(HttpRequest request)
    {
        if (_addresses.Of(CallerAddress.Of(request)).Requests.TakeOne() is { Ticks: > 0 } wait)
        {
            throw new RequestException(Problem.TooMany("This address sends more requests than its quota allows.", wait));
        }
    }

    private Problem? Debt(CallerMeters caller, Operation operation)
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

        return null;
    }

    // Last of all: nothing is taken of a request that is refused.
    private static Problem? Take(CallerMeters caller, Operation operation)
    {
        if (operation.Creates && caller.Creations.TakeOne() is { Ticks: > 0 } creations)
        {
            return Problem.TooMany("This caller creates more than its quota allows.", creations);
        }

        if (caller.Requests.TakeOne() is not { Ticks: > 0 } requests)
        {
            return null;
        }

        caller.Creations.Charge(operation.Creates ? -1 : 0);
        return Problem.TooMany("This caller sends more requests than its quota allows.", requests);
    }
}
