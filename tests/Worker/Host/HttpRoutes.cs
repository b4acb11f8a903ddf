using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace Serverless.Worker.Host;

/// <summary>Which function a request is for: the first that matches, by the alphabet, as the host has it.</summary>
internal sealed class HttpRoutes
{
    private readonly List<Route> _routes;

    public HttpRoutes(IEnumerable<HostedFunction> functions, string routePrefix) => _routes =
    [
        .. from function in functions.OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase)
           where function.IsHttp
           let template = function.Trigger["route"]?.GetValue<string>()
           let route = string.IsNullOrEmpty(template) ? function.Name : template
           let parsed = TemplateParser.Parse(routePrefix.Length == 0 ? route : $"{routePrefix}/{route}")
           select new Route(function, new TemplateMatcher(parsed, Defaults(parsed)), Methods(function)),
    ];

    /// <summary>The function and the values of its route; null: the host itself answers 404.</summary>
    public (HostedFunction Function, RouteValueDictionary Values)? Find(HttpRequest request)
    {
        foreach (var route in _routes)
        {
            var values = new RouteValueDictionary();
            if ((route.Methods is null || route.Methods.Contains(request.Method, StringComparer.OrdinalIgnoreCase))
                && route.Matcher.TryMatch(request.Path, values))
            {
                return (route.Function, values);
            }
        }

        return null;
    }

    private static IReadOnlyList<string>? Methods(HostedFunction function) =>
        function.Trigger["methods"] is JsonArray methods ? [.. methods.Select(method => method!.GetValue<string>())] : null;

    private static RouteValueDictionary Defaults(RouteTemplate template) => new(template.Parameters
        .Where(parameter => parameter.DefaultValue is not null)
        .ToDictionary(parameter => parameter.Name!, parameter => parameter.DefaultValue));

    private sealed record Route(HostedFunction Function, TemplateMatcher Matcher, IReadOnlyList<string>? Methods);
}
