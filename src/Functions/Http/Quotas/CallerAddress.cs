using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Serverless.Functions.Http.Quotas;

/// <summary>Where a request comes from.</summary>
/// <remarks>
/// <c>X-Forwarded-For</c> is anybody's word, unless the platform wrote it: the Functions host, which alone can reach the worker, puts the
/// address that it saw there, over or behind whatever came. So the last entry counts, and only where there is such a host.
/// </remarks>
public sealed class CallerAddress(bool behindHost)
{
    private const string ForwardedFor = "X-Forwarded-For";
    private const string HostName = "WEBSITE_HOSTNAME";

    /// <summary>The platform sets that name, and so do the Core Tools.</summary>
    public static CallerAddress From(IConfiguration configuration) => new(configuration[HostName] is { Length: > 0 });

    /// <summary>The address as callers are told apart by it; empty where it is not known.</summary>
    internal string Of(HttpRequest request)
    {
        if (behindHost && request.Headers[ForwardedFor] is { Count: > 0 } sent)
        {
            var last = sent[^1].AsSpan();
            last = last[(last.LastIndexOf(',') + 1)..].Trim();
            if (IPEndPoint.TryParse(last, out var forwarded))
            {
                return Text(forwarded.Address);
            }
        }

        return request.HttpContext.Connection.RemoteIpAddress is { } remote ? Text(remote) : "";
    }

    // Whoever has one IPv6 address has the 2^64 of its network.
    private static string Text(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4().ToString();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes).ToString();
    }
}
