using System.Text;

namespace Serverless.Edge.Fakes;

/// <summary>A request's body that comes when it is told to.</summary>
internal sealed class LateBody(string text) : MemoryStream(Encoding.UTF8.GetBytes(text))
{
    private readonly TaskCompletionSource _come = new();

    public void Come() => _come.TrySetResult();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _come.Task.WaitAsync(cancellationToken);
        return await base.ReadAsync(buffer, cancellationToken);
    }
}
