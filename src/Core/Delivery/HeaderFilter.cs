using System.Text;

namespace Serverless.Core.Delivery;

/// <summary>Which records a topic target takes: those that have all of these headers, with these values.</summary>
internal static class HeaderFilter
{
    public static bool Takes(IReadOnlyDictionary<string, string> wanted, DeliveredRecord record) => wanted.All(
        header => record.Headers.Any(has => has.Key == header.Key && has.Value is { } value
            && value.Span.SequenceEqual(Encoding.UTF8.GetBytes(header.Value))));
}
