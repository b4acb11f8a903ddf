// The service in a resource group of its own: `az deployment group create`. main.bicep makes the group too, for azd.

import { Options } from 'options.bicep'

@minLength(1)
@maxLength(40)
@description('Tells services apart; part of most names.')
param name string

@description('Where everything is.')
param location string = resourceGroup().location

@description('On every resource.')
param tags object = {}

param options Options

@secure()
@description('More application settings by name (docs/configuration.md), such as Http__RequestBytesMax. They may hold keys.')
param settings object = {}

var token = toLower(uniqueString(subscription().id, resourceGroup().id, name))
// Known before anything is made, so that a preview (what-if) tells what each module would do.
var names = {
  app: 'func-${name}-${token}'
  plan: 'plan-${name}-${token}'
  identity: 'id-${name}-${token}'
  dataAccount: 'stlog${token}'
  hostAccount: 'sthost${token}'
  workspace: 'log-${name}-${token}'
  insights: 'appi-${name}-${token}'
  network: 'vnet-${name}-${token}'
}
var zoneRedundant = options.?zoneRedundant ?? false
var privateNetwork = options.?privateNetwork ?? false
var packages = 'packages'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: names.identity
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: names.workspace
    insightsName: names.insights
    location: location
    tags: tags
    dailyCapGb: options.?telemetryCapGb ?? 1
  }
}

// The log, and nothing else.
module dataStorage 'modules/storage.bicep' = {
  params: {
    name: names.dataAccount
    location: location
    tags: tags
    zoneRedundant: zoneRedundant
    privateOnly: privateNetwork
    containers: []
  }
}

// What the Functions host keeps for itself (docs/decisions/0014-azure-resources.md).
module hostStorage 'modules/storage.bicep' = {
  params: {
    name: names.hostAccount
    location: location
    tags: tags
    zoneRedundant: zoneRedundant
    privateOnly: privateNetwork
    containers: [packages]
  }
}

module rights 'modules/rights.bicep' = {
  dependsOn: [identity, dataStorage, hostStorage, monitoring]
  params: {
    identityName: names.identity
    dataAccountName: names.dataAccount
    hostAccountName: names.hostAccount
    insightsName: names.insights
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  params: {
    name: names.network
    location: location
    tags: tags
    addressPrefix: options.?networkPrefix ?? '10.40.0.0/24'
  }
}

module dataEndpoints 'modules/endpoints.bicep' = if (privateNetwork) {
  dependsOn: [dataStorage, network]
  params: {
    accountName: names.dataAccount
    networkName: names.network
    location: location
    tags: tags
  }
}

module hostEndpoints 'modules/endpoints.bicep' = if (privateNetwork) {
  dependsOn: [hostStorage, network]
  params: {
    accountName: names.hostAccount
    networkName: names.network
    location: location
    tags: tags
  }
}

var tenantId = options.access.?tenantId ?? subscription().tenantId
var platformClientId = options.access.?platformClientId ?? ''

// Without an audience no token is right, and a tenant would mean nothing.
var accessSettings = union(
  {
    Access__Mode: options.access.mode
    Access__PlatformAuthentication: toLower(string(!empty(platformClientId)))
  },
  empty(options.access.audience) ? {} : { Access__TenantId: tenantId, Access__Audience: options.access.audience },
  empty(options.access.?superUsers) ? {} : { Access__SuperUsers: options.access.?superUsers! }
)

module functions 'modules/functions.bicep' = {
  // The host reads its storage and its package when it starts: the rights, and the way there, must be first.
  dependsOn: [rights, network, dataEndpoints, hostEndpoints]
  params: {
    planName: names.plan
    appName: names.app
    location: location
    tags: tags
    zoneRedundant: zoneRedundant
    instanceMemoryMB: options.?instanceMemoryMB ?? 2048
    maximumInstanceCount: options.?maximumInstanceCount ?? 40
    alwaysReadyInstances: options.?alwaysReadyInstances ?? 0
    httpConcurrency: options.?httpConcurrency ?? 100
    identityName: names.identity
    dataAccountName: names.dataAccount
    hostAccountName: names.hostAccount
    packageContainer: packages
    insightsName: names.insights
    networkName: privateNetwork ? names.network : ''
    accessSettings: accessSettings
    settings: settings
  }
}

module authentication 'modules/authentication.bicep' = if (!empty(platformClientId)) {
  dependsOn: [functions]
  params: {
    appName: names.app
    clientId: platformClientId
    tenantId: tenantId
    audience: options.access.audience
    // Probes have no token, and workers of deliveries, which the app starts by calling itself, are told by a signature.
    openPaths: ['/healthy', '/ready', '/health/live', '/health/ready', '/deliveries/workers']
  }
}

module alerts 'modules/alerts.bicep' = if (!empty(options.?alertEmail)) {
  dependsOn: [dataStorage, monitoring]
  params: {
    namePrefix: name
    location: location
    tags: tags
    email: options.?alertEmail ?? ''
    workspaceName: names.workspace
    dataAccountName: names.dataAccount
    lagMetric: 'serverless.consumer.lag'
    errorsMax: options.?alerts.?errorsMax ?? 10
    lagMax: options.?alerts.?lagMax ?? 100000
    throttledMax: options.?alerts.?throttledMax ?? 100
  }
}

output url string = 'https://${functions.outputs.hostName}'
output appName string = names.app
output dataAccountName string = names.dataAccount
output hostAccountName string = names.hostAccount
output insightsName string = names.insights
output identityName string = names.identity
