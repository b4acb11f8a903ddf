using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Serverless.Http.BadInput;

/// <summary>A connection that sends bytes as they are, right or wrong, and reads replies as HTTP/1.1.</summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TcpClient _client;
    private readonly Stream _stream;

    private RawConnection(TcpClient client) => (_client, _stream) = (client, new BufferedStream(client.GetStream(), 64 * 1024));

    public static async Task<RawConnection> OpenAsync(Uri address)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address.Host, address.Port);
        return new RawConnection(client);
    }

    /// <summary>One request on a connection of its own.</summary>
    public static async Task<Answer> ExchangeAsync(Uri address, string request)
    {
        using var connection = await OpenAsync(address);
        await connection.SendAsync(request);
        return await connection.ReadAsync() ?? throw new InvalidOperationException("The connection was closed without a reply.");
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(byte[] bytes)
    {
        try
        {
            await _client.GetStream().WriteAsync(bytes);
        }
        catch (IOException)
        {
            // The server has said enough; what it said is still to be read.
        }
    }

    /// <summary>The next reply; null when the connection ends before one begins.</summary>
    public async Task<Answer?> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var first = await LineAsync(limit.Token);
        if (first is null)
        {
            return null;
        }

        var headers = new List<(string Key, string Value)>();
        for (string? line; (line = await LineAsync(limit.Token)) is not (null or "");)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add((line[..colon], line[(colon + 1)..].Trim()));
        }

        var lookup = headers.ToLookup(header => header.Key, header => header.Value, StringComparer.OrdinalIgnoreCase);
        var body = lookup["Transfer-Encoding"].Contains("chunked")
            ? await ChunksAsync(limit.Token)
            : await BytesAsync(int.Parse(lookup["Content-Length"].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture), limit.Token);
        return new Answer(int.Parse(first.Split(' ')[1], CultureInfo.InvariantCulture), lookup["Content-Type"].FirstOrDefault(), body, lookup);
    }

    /// <summary>All that comes until the server closes.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        using var all = new MemoryStream();
        await _stream.CopyToAsync(all, limit.Token);
        return Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>Goes away without a word: the server sees a reset.</summary>
    public void Break()
    {
        _client.Client.LingerState = new LingerOption(true, 0);
        _client.Dispose();
    }

    public void Dispose() => _client.Dispose();

    private async Task<string?> LineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (true)
        {
            int read;
            try
            {
                read = await _stream.ReadAsync(one, cancellationToken);
            }
            catch (IOException)
            {
                read = 0;
            }

            if (read == 0)
            {
                return null;
            }

            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }
    }

    private async Task<byte[]> BytesAsync(int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private async Task<byte[]> ChunksAsync(CancellationToken cancellationToken)
    {
        var body = new List<byte>();
        while (true)
        {
            var size = int.Parse((await LineAsync(cancellationToken))!, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.AddRange(await BytesAsync(size, cancellationToken));
            await LineAsync(cancellationToken);
            if (size == 0)
            {
                return [.. body];
            }
        }
    }
}
