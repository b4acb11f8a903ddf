using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Serverless.LocalHost;

/// <summary>Serves one HTTP function: binds the parameters, calls, and executes the result.</summary>
internal sealed class HttpFunctionEndpoint(HttpFunction function)
{
    private readonly FunctionInvoker _invoker = new(function.Method);
    private readonly ParameterInfo[] _parameters = function.Method.GetParameters();

    /// <summary>Maps the function for its methods, and for all when it names none.</summary>
    public void Map(IEndpointRouteBuilder routes, string routePrefix)
    {
        var pattern = RoutePatternFactory.Combine(RoutePatternFactory.Parse(routePrefix), function.Route);
        var endpoint = routes.Map(pattern, ServeAsync).WithDisplayName(function.Name);
        if (function.Methods.Count > 0)
        {
            endpoint.WithMetadata(new HttpMethodMetadata(function.Methods));
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        var arguments = Array.ConvertAll(_parameters, parameter => Bind(parameter, context));
        var result = await (Task<IResult>)_invoker.Invoke(context.RequestServices, arguments);
        await result.ExecuteAsync(context);
    }

    private static object? Bind(ParameterInfo parameter, HttpContext context) =>
        parameter.ParameterType == typeof(HttpRequest) ? context.Request
        : parameter.ParameterType == typeof(CancellationToken) ? context.RequestAborted
        : context.Request.RouteValues[parameter.Name!];
}
