using System.Reflection;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Azure.Functions.Worker;

namespace Serverless.Functions.Http;

/// <summary>The routes of all functions, read from their triggers: tells a wrong method from an unknown path.</summary>
public sealed class RouteTable
{
    private readonly List<Route> _routes;

    private RouteTable(List<Route> routes) => _routes = routes;

    /// <summary>The functions of some classes, but for a catch-all, which matches whatever nobody else does.</summary>
    /// <exception cref="InvalidOperationException">
    /// A template has an inline constraint. What a segment may hold is for the function to say: the contract tells an
    /// unknown route (404) from an unknown partition (40402) and a bad number (400), and a constraint cannot.
    /// </exception>
    public static RouteTable Of(IEnumerable<Type> types)
    {
        var routes = new List<Route>();
        foreach (var method in types.SelectMany(type => type.GetMethods()))
        {
            var function = method.GetCustomAttribute<FunctionAttribute>();
            var trigger = method.GetParameters()
                .Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(found => found is not null);
            if (function is null || trigger is null)
            {
                continue;
            }

            var template = TemplateParser.Parse(trigger.Route ?? function.Name);
            if (template.Parameters.Any(parameter => parameter.InlineConstraints.Any()))
            {
                throw new InvalidOperationException($"The route of {function.Name} has a constraint: {trigger.Route}");
            }

            if (!template.Parameters.Any(parameter => parameter.IsCatchAll))
            {
                routes.Add(new Route(new TemplateMatcher(template, []), trigger.Methods ?? []));
            }
        }

        return new RouteTable(routes);
    }

    /// <summary>The methods that a path allows, upper case and sorted; none when no function has it.</summary>
    /// <param name="path">Without route prefix and leading slash; a trailing slash is no matter.</param>
    public IReadOnlyList<string> MethodsOf(string path)
    {
        var methods = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var route in _routes)
        {
            if (route.Matcher.TryMatch("/" + path, []))
            {
                methods.UnionWith(route.Methods.Select(method => method.ToUpperInvariant()));
            }
        }

        return [.. methods];
    }

    /// <summary>The template that a request is served by; null where none is.</summary>
    /// <param name="path">Without route prefix.</param>
    public string? TemplateOf(string method, string path)
    {
        Route? found = null;
        foreach (var route in _routes)
        {
            // Of two that match, the one with fewer parameters is meant.
            if (route.Methods.Contains(method, StringComparer.OrdinalIgnoreCase) && route.Matcher.TryMatch(path.TrimEnd('/'), [])
                && !(found?.Matcher.Template.Parameters.Count <= route.Matcher.Template.Parameters.Count))
            {
                found = route;
            }
        }

        return found is null ? null : "/" + found.Matcher.Template.TemplateText;
    }

    private sealed record Route(TemplateMatcher Matcher, string[] Methods);
}
