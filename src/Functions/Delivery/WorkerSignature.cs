using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Serverless.Core.Storage;

namespace Serverless.Functions.Delivery;

/// <summary>Signs calls from this app to itself. The secret is in storage, where only the app's own identity reads it.</summary>
/// <remarks>A function key would have to be put into settings, and be kept as a secret there; this one needs nobody.</remarks>
public sealed class WorkerSignature(IRowStore rows, TimeProvider clock)
{
    public const string Header = "Delivery-Signature";

    private const string Partition = "deliveries";
    private const string Row = "secret";
    private const int SecretBytes = 32;
    private const int AttemptsMax = 4;

    private static readonly TimeSpan AgeMax = TimeSpan.FromMinutes(10);

    private byte[]? _secret;

    /// <summary>What the header says for this body, now.</summary>
    public async ValueTask<string> SignAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var seconds = clock.GetUtcNow().ToUnixTimeSeconds();
        var secret = await SecretAsync(cancellationToken);
        var hash = Hash(secret, seconds, body.Span);
        return string.Create(CultureInfo.InvariantCulture, $"v1,{seconds},{Convert.ToBase64String(hash)}");
    }

    /// <summary>Whether the app itself signed this body, not long ago.</summary>
    public async ValueTask<bool> IsOursAsync(string? header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (header?.Split(',') is not ["v1", var time, var signature]
            || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(clock.GetUtcNow().ToUnixTimeSeconds() - seconds) > AgeMax.TotalSeconds)
        {
            return false;
        }

        var secret = await SecretAsync(cancellationToken);
        var given = new byte[SHA256.HashSizeInBytes];
        return Convert.TryFromBase64String(signature, given, out var length) && length == given.Length
            && CryptographicOperations.FixedTimeEquals(given, Hash(secret, seconds, body.Span));
    }

    private static byte[] Hash(byte[] secret, long seconds, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seconds}.")));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }

    private async ValueTask<byte[]> SecretAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; _secret is null; attempt++)
        {
            var read = await rows.GetAsync(Layout.DeliveriesTable, new(Partition, Row), cancellationToken);
            if (read.Row is { } stored)
            {
                _secret = (byte[])stored.Columns["secret"];
                break;
            }

            if (attempt == AttemptsMax)
            {
                throw new StorageException("The secret of calls to workers could not be made.", retriable: true);
            }

            // Whether it was this one or another's, the next look finds the one that is there.
            var columns = new Dictionary<string, object> { ["secret"] = RandomNumberGenerator.GetBytes(SecretBytes) };
            await rows.SubmitAsync(Layout.DeliveriesTable, Partition, [RowAction.Insert(Row, columns)], cancellationToken);
        }

        return _secret;
    }
}
