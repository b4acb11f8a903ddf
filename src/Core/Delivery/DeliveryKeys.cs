using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Serverless.Core.Delivery;

/// <summary>Names that follow from what they are for, so that every process comes to the same.</summary>
internal static class DeliveryKeys
{
    /// <summary>The idempotency key of a range.</summary>
    public static string OfRange(string group, string topicId, int partition, long from, long to) =>
        Hash(string.Create(CultureInfo.InvariantCulture, $"range|{topicId}|{partition}|{from}|{to}|{group}"));

    /// <summary>The transactional id for what moves on together with a partition's offset: its next holder fences the one before.</summary>
    public static string TransactionalId(string group, string topicId, int partition) =>
        DeliveryWorker.TransactionalIdPrefix + Hash(string.Create(CultureInfo.InvariantCulture, $"transaction|{topicId}|{partition}|{group}"));

    /// <summary>The transactional id by which a group's dead letters are sent back.</summary>
    public static string ReplayId(string group) => DeliveryWorker.TransactionalIdPrefix + Hash($"replay|{group}");

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
