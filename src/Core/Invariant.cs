using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Serverless.Core;

/// <summary>Assertions that stay on in production: a wrong assumption stops where it was made.</summary>
public static class Invariant
{
    public static void Holds(
        [DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string? statement = null)
    {
        if (!condition)
        {
            throw new InvariantException($"Does not hold: {statement}");
        }
    }
}

/// <summary>A bug of ours: something that must hold did not.</summary>
public sealed class InvariantException(string message) : Exception(message);
