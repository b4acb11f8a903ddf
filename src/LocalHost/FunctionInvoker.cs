using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Serverless.LocalHost;

/// <summary>Makes a function's class from a scope's services, as the worker does for each invocation, and calls it.</summary>
internal sealed class FunctionInvoker(MethodInfo method)
{
    private readonly ObjectFactory _create = ActivatorUtilities.CreateFactory(method.DeclaringType!, Type.EmptyTypes);
    private readonly MethodInvoker _call = MethodInvoker.Create(method);

    public Task Invoke(IServiceProvider services, object?[] arguments)
    {
        var instance = method.IsStatic ? null : _create(services, null);
        return (Task)_call.Invoke(instance, arguments.AsSpan())!;
    }
}
