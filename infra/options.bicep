// What whoever deploys may choose. What is left out has the value that the description names first.

@export()
type Options = {
  @description('Who may call.')
  access: Access

  @description('false: three copies in one zone; true: three zones, for storage and instances, and always two instances ready.')
  zoneRedundant: bool?

  @description('false: storage is reached over its public address, with tokens; true: over private endpoints alone.')
  privateNetwork: bool?

  @description('10.40.0.0/24: the network\'s addresses, a /24 or larger; asked for only with privateNetwork.')
  networkPrefix: string?

  @description('2048: memory of an instance. 512 makes an idle service cheaper (docs/cost.md).')
  instanceMemoryMB: (512 | 2048 | 4096)?

  @minValue(1)
  @maxValue(1000)
  @description('40: the most instances at once.')
  maximumInstanceCount: int?

  @minValue(0)
  @description('0: instances that wait for requests at all times, so that no request meets a cold start.')
  alwaysReadyInstances: int?

  @minValue(1)
  @maxValue(1000)
  @description('100: requests at the same time in one instance. Waiting polls are most of them, and cost little.')
  httpConcurrency: int?

  @description('1: GB of telemetry a day; -1 is no cap.')
  telemetryCapGb: int?

  @description('Who is told when something is wrong. Without an address there are no alerts.')
  alertEmail: string?

  @description('Thresholds of the alerts, in a quarter of an hour: errors 10, lag 100000 records, throttled calls 100.')
  alerts: {
    errorsMax: int?
    lagMax: int?
    throttledMax: int?
  }?
}

@export()
type Access = {
  @description('required: nobody gets in without a grant. open: everybody may do everything.')
  mode: ('required' | 'open')

  @description('What tokens must be meant for: the Application ID URI of the registration, such as api://serverless-log.')
  audience: string

  @description('The tenant of the subscription: where tokens come from.')
  tenantId: string?

  @description('Who may do everything, and so grant the first rights: User:<object id>, parted by semicolons.')
  superUsers: string?

  @description('The registration\'s application (client) id: given, the platform checks tokens in front of the app too.')
  platformClientId: string?
}
