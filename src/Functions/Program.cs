using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serverless.Functions;
using Serverless.Functions.Access;
using Serverless.Functions.Telemetry;

// The worker's entry point on Azure and under `func start`. LocalHost runs the same functions without it.
var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.UseMiddleware<ProxyHeaders>();
builder.Logging.AddLogFilters();
builder.Services.AddServerlessLog(builder.Configuration);
builder.Services.AddHostedService<AccessNotice>();
builder.Services.AddTelemetry(builder.Configuration, isWorker: true);

// The host kills a worker that has not ended 5 s after it was told to. Waits end by themselves then (HttpEdge); nothing else may
// hold it for the usual 30.
builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(3));
builder.Build().Run();
