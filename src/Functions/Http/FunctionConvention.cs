namespace Serverless.Functions.Http;

/// <summary>
/// How our functions are written, so that the worker on Azure and LocalHost run them alike. The rules come from reading
/// the sources of both hosts; tests/Http/FunctionConventionTests checks them on every function, and tests/Worker runs the worker.
/// </summary>
/// <remarks>
/// <code>
/// public sealed class GetTopic(ITopicCatalog topics)
/// {
///     [Function("GetTopic")]
///     public Task&lt;IResult&gt; Run(
///         [HttpTrigger(AuthorizationLevel.Function, "get", "head", Route = "topics/{topic}")] HttpRequest request, string topic)
/// }
/// </code>
/// <list type="bullet">
/// <item><b>One operation a class</b>, public with a public method: so the worker calls it directly, without reflection.</item>
/// <item><b>Task of IResult, and the result a class of ours without public properties.</b> The worker runs the result against
/// the response, and then serialises the same object once more for the host, which drops it. A reply that shows its data in
/// properties, as those of <c>Results</c> do, would be sent twice.</item>
/// <item><b>Route parameters are strings</b> without constraints or defaults, passed through <see cref="RouteValue.Decode"/>.
/// The contract tells apart what is wrong with a value; a constraint or a failed conversion cannot.</item>
/// <item><b>No other parameters; <c>request.HttpContext.RequestAborted</c> instead of a CancellationToken.</b> The worker
/// looks a parameter up by its name first, in the query too: <c>?cancellationToken=x</c> would be a 500.</item>
/// <item><b>HEAD is named beside GET</b>: no host maps it.</item>
/// <item><b>Where routes overlap, names decide.</b> The host on Azure tries functions in the alphabetical order of their names,
/// whatever their routes; LocalHost and the worker take the most precise route. Both must come to the same.</item>
/// <item><b>AuthorizationLevel.Function</b>: on Azure closed unless a key is shown; in the local hosts open unless keys are
/// configured. Only health probes, the OpenAPI document and <see cref="Api.UnknownRoute"/> are Anonymous.</item>
/// <item><b>A timer</b> takes <c>TimerInfo</c> and a CancellationToken, returns Task, and may run twice, late or never.</item>
/// </list>
/// </remarks>
internal static class FunctionConvention;
