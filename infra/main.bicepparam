using 'main.bicep'

// Values come from the environment: azd gives its own (`azd env set NAME VALUE`), az takes those of the shell.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')

param options = {
  access: {
    mode: readEnvironmentVariable('ACCESS_MODE', 'required')
    // Without a default: who may call is not to be forgotten.
    audience: readEnvironmentVariable('ACCESS_AUDIENCE')
    superUsers: readEnvironmentVariable('ACCESS_SUPER_USERS', '')
    platformClientId: readEnvironmentVariable('ACCESS_PLATFORM_CLIENT_ID', '')
  }
  zoneRedundant: bool(readEnvironmentVariable('ZONE_REDUNDANT', 'false'))
  privateNetwork: bool(readEnvironmentVariable('PRIVATE_NETWORK', 'false'))
  // 512, 2048 or 4096: any, as the compiler cannot know the number; the deployment checks it.
  instanceMemoryMB: any(int(readEnvironmentVariable('INSTANCE_MEMORY_MB', '2048')))
  maximumInstanceCount: int(readEnvironmentVariable('MAXIMUM_INSTANCE_COUNT', '40'))
  alwaysReadyInstances: int(readEnvironmentVariable('ALWAYS_READY_INSTANCES', '0'))
  httpConcurrency: int(readEnvironmentVariable('HTTP_CONCURRENCY', '100'))
  telemetryCapGb: int(readEnvironmentVariable('TELEMETRY_CAP_GB', '1'))
  alertEmail: readEnvironmentVariable('ALERT_EMAIL', '')
}
