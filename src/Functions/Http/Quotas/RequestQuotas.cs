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

    /// <param name="refused">What to answer; null where it was let in.</param>
    /// <returns>Where it was let in: to be disposed of when the request is over.</returns>
    internal Admission? Admit(HttpRequest request, Operation operation, out Problem? refused)
    {
        refused = null;
        if (operation.IsUnmetered)
        {
            return new Admission(null, operation);
        }

        var caller = _callers.Of(CallerOf(request));
        refused = Refusal(caller, operation);
        if (refused is not null)
        {
            return null;
        }

        var (own, all) = operation.RepliesWithRecords ? (caller.PollPlaces, _polls) : (caller.RequestPlaces, _requests);
        if (!own.TryTake())
        {
            refused = Problem.TooMany("This caller has too many requests under way.", PlacePause);
            return null;
        }

        if (!all.TryTake())
        {
            own.Return();
            refused = Problem.TooMany("The service has too many requests under way.", PlacePause);
            return null;
        }

        return new Admission(caller, operation, own, all);
    }

    // Who asks: by where it comes from.
    private static string CallerOf(HttpRequest request) => CallerAddress.Of(request);

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
