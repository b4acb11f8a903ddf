using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Serverless.Functions.Http.Quotas;

/// <summary>Where a request comes from.</summary>
/// <remarks>
/// <c>X-Forwarded-For</c> is anybody's word and not looked at here. Behind the Functions host the connection is the host's own; there the
/// worker's extension has put into the connection's address, before any function runs, what the platform wrote last into that header.
/// </remarks>
internal static class CallerAddress
{
    /// <summary>The address as callers are told apart by it; empty where it is not known.</summary>
    public static string Of(HttpRequest request) =>
        request.HttpContext.Connection.RemoteIpAddress is { } remote ? Text(remote) : "";

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
