using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Serverless.Functions.Access;
using Serverless.Functions.Delivery;
using Serverless.Functions.Http;

namespace Serverless.Functions.Api;

/// <summary>One slice of a worker of a delivery. Only the app itself calls it, and signs that it does.</summary>
/// <remarks>It is answered when the worker has begun, and served for as long as the slice lasts: so the platform knows that it is busy.</remarks>
public sealed class RunDeliveryWorker(HttpEdge edge, WorkerSignature signature, WorkerRuns runs)
{
    [Function("RunDeliveryWorker")]
    public Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = WorkerCall.Route)] HttpRequest request) =>
        edge.ServeAsync(request, Operation.V3Write with { IsUnmetered = true }, Need.Nothing, async call =>
        {
            // No quota stands before this, so whoever has no signature is told so before anything is read, and what is read is little.
            var header = request.Headers[WorkerSignature.Header];
            if (header.Count != 1)
            {
                throw new RequestException(Problem.NotOurs);
            }

            using var body = await call.ReadBodyAsync(WorkerCall.BytesMax);
            if (!await signature.IsOursAsync(header[0], body.Bytes, call.CancellationToken))
            {
                throw new RequestException(Problem.NotOurs);
            }

            var asked = WorkerCall.Parse(body);
            return new Reply
            {
                ContentType = MediaType.PlainJson,
                Stream = async (output, flush) =>
                {
                    using var json = Reply.Writer(output);
                    json.WriteStartObject();
                    json.WriteString("instance"u8, asked.Instance);
                    json.Flush();
                    await flush();
                    var end = await runs.RunAsync(asked.Group, asked.Instance);
                    json.WriteString("end"u8, end?.ToString());
                    json.WriteEndObject();
                    json.Flush();
                },
            };
        });
}
