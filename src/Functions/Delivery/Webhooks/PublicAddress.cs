using System.Net;
using System.Net.Sockets;

namespace Serverless.Functions.Delivery.Webhooks;

/// <summary>Tells addresses of the public Internet from all others: those of this machine, its network, and its cloud.</summary>
/// <remarks>By IANA's registries of special-purpose addresses (RFC 6890); what is not known to be public is not.</remarks>
internal static class PublicAddress
{
    private static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",

            // Azure's own services for each machine (the "wire server").
            "168.63.129.16/32",

            // Within 2000::/3: Teredo, benchmarks, ORCHID, documentation, 6to4; all of 2001::/23 is for protocols.
            "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
        }.Select(IPNetwork.Parse),
    ];

    // This machine, and networks that somebody runs himself. Not what a cloud answers at: link-local addresses, and its own.
    private static readonly IPNetwork[] Near =
    [
        .. new[] { "10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7" }.Select(IPNetwork.Parse),
    ];

    // All that is given to the public so far; it leaves out loopback, mapped and translated IPv4, unique local, link-local and multicast.
    private static readonly IPNetwork PublicV6 = IPNetwork.Parse("2000::/3");

    /// <remarks>Of IPv4 in IPv6's clothes a network says "contained" by the wrong bits, so that none of it is taken at all.</remarks>
    public static bool Is(IPAddress address) =>
        !address.IsIPv4MappedToIPv6
        && (address.AddressFamily == AddressFamily.InterNetwork || PublicV6.Contains(address))
        && !NotPublic.Any(network => network.Contains(address));

    /// <summary>Whether it is this machine's, or its private network's.</summary>
    public static bool IsNear(IPAddress address) =>
        !address.IsIPv4MappedToIPv6 && Near.Any(network => network.Contains(address));
}
