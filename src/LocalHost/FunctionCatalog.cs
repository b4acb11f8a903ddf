using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Azure.Functions.Worker;

namespace Serverless.LocalHost;

/// <summary>An HTTP function: one trigger of one method.</summary>
internal sealed record HttpFunction(string Name, MethodInfo Method, RoutePattern Route, IReadOnlyList<string> Methods);

/// <summary>A timer function; the schedule is as written, settings not filled in yet.</summary>
internal sealed record TimerFunction(string Name, MethodInfo Method, string Schedule, bool RunOnStartup);

/// <summary>The functions of some classes, found by their attributes.</summary>
/// <remarks>
/// What the hosts do not agree on is refused here: a function that runs in this host must run on Azure, and alike.
/// So string parameters come from the route alone (the worker would take them from the query, too), and nothing else is bound
/// but the request, the timer and a CancellationToken.
/// </remarks>
internal sealed record FunctionCatalog(IReadOnlyList<HttpFunction> Http, IReadOnlyList<TimerFunction> Timers)
{
    /// <summary>Finds the functions, by name.</summary>
    /// <exception cref="StartException">A function's signature or route is one that a host does not take.</exception>
    public static FunctionCatalog Scan(IEnumerable<Type> types)
    {
        var (http, timers) = (new List<HttpFunction>(), new List<TimerFunction>());
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var method in types.SelectMany(type => type.GetMethods()))
        {
            if (method.GetCustomAttribute<FunctionAttribute>() is not { } function)
            {
                continue;
            }

            Require(names.Add(function.Name), function, "has the name of another function");
            Require(method.DeclaringType is { IsVisible: true, IsAbstract: false }, function, "is not in a public class");
            var parameters = method.GetParameters();
            if (parameters.FirstOrDefault(Has<HttpTriggerAttribute>) is { } request)
            {
                http.Add(HttpFunctionOf(function, method, parameters, request));
            }
            else if (parameters.FirstOrDefault(Has<TimerTriggerAttribute>) is { } timer)
            {
                timers.Add(TimerFunctionOf(function, method, parameters, timer));
            }
            else
            {
                throw new StartException($"Function {function.Name} has a trigger that this host does not know.");
            }
        }

        return new FunctionCatalog(
            [.. http.OrderBy(one => one.Name, StringComparer.OrdinalIgnoreCase)],
            [.. timers.OrderBy(one => one.Name, StringComparer.OrdinalIgnoreCase)]);
    }

    private static HttpFunction HttpFunctionOf(
        FunctionAttribute function, MethodInfo method, ParameterInfo[] parameters, ParameterInfo request)
    {
        var trigger = request.GetCustomAttribute<HttpTriggerAttribute>()!;
        // The Functions host takes an empty route for none.
        var template = string.IsNullOrEmpty(trigger.Route) ? function.Name : trigger.Route.Trim('/');
        var reserved = template.StartsWith("admin", StringComparison.OrdinalIgnoreCase)
            || template.StartsWith("runtime", StringComparison.OrdinalIgnoreCase);
        Require(!reserved, function, "has a route that Functions keeps for itself");
        var route = Parse(function, template);

        Require(request.ParameterType == typeof(HttpRequest), function, "must take its trigger as HttpRequest");
        Require(method.ReturnType == typeof(Task<IResult>), function, "must return Task<IResult>");
        foreach (var parameter in parameters)
        {
            var bound = parameter == request || parameter.ParameterType == typeof(CancellationToken)
                || (parameter.ParameterType == typeof(string) && route.GetParameter(parameter.Name!) is not null);
            Require(bound, function, $"has the parameter {parameter.Name}, which is neither a string of its route nor the request");
        }

        Require(trigger.AuthLevel == AuthorizationLevel.Anonymous, function, "is not Anonymous: the app itself asks who it is, no host does");
        return new HttpFunction(function.Name, method, route, trigger.Methods ?? []);
    }

    private static TimerFunction TimerFunctionOf(
        FunctionAttribute function, MethodInfo method, ParameterInfo[] parameters, ParameterInfo timer)
    {
        var trigger = timer.GetCustomAttribute<TimerTriggerAttribute>()!;
        Require(method.ReturnType == typeof(Task), function, "must return Task");
        Require(
            parameters.All(parameter => parameter.ParameterType == typeof(TimerInfo) || parameter.ParameterType == typeof(CancellationToken)),
            function,
            "may take TimerInfo and CancellationToken only");
        return new TimerFunction(function.Name, method, trigger.Schedule, trigger.RunOnStartup);
    }

    private static RoutePattern Parse(FunctionAttribute function, string template)
    {
        try
        {
            return RoutePatternFactory.Parse(template);
        }
        catch (RoutePatternException e)
        {
            throw new StartException($"Function {function.Name} has a route that cannot be read: {e.Message}", e);
        }
    }

    private static bool Has<T>(ParameterInfo parameter)
        where T : Attribute => parameter.IsDefined(typeof(T));

    private static void Require(bool condition, FunctionAttribute function, string otherwise)
    {
        if (!condition)
        {
            throw new StartException($"Function {function.Name} {otherwise}.");
        }
    }
}
