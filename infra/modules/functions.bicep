// The plan, the app and its settings. docs/configuration.md tells what each setting means.

param planName string
param appName string
param location string
param tags object
param zoneRedundant bool

@description('Memory of an instance; processor and network go with it.')
param instanceMemoryMB int

@description('The most instances at once, which bounds the bill too.')
param maximumInstanceCount int

@description('Instances that wait for requests at all times, and are billed at all times.')
param alwaysReadyInstances int

@description('Requests that one instance has at the same time before another is started.')
param httpConcurrency int

param identityName string
param dataAccountName string
param hostAccountName string

@description('The container of the host\'s account that the app\'s package lies in.')
param packageContainer string
param insightsName string

@description('The network that the app\'s calls go out through; empty: none.')
param networkName string

@description('Application settings by name: who may call.')
param accessSettings object

@secure()
@description('All others by name; they count more than accessSettings.')
param settings object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = { name: identityName }
resource dataAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: dataAccountName }
resource hostAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: hostAccountName }
resource insights 'Microsoft.Insights/components@2020-02-02' existing = { name: insightsName }

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: appName
  location: location
  // azd finds by this tag where the service of azure.yaml goes.
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: empty(networkName)
      ? null
      : resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'functions')
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostAccount.properties.primaryEndpoints.blob}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: {
        name: 'dotnet-isolated'
        version: '10.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0
          ? []
          : [
              {
                name: 'http'
                instanceCount: alwaysReadyInstances
              }
            ]
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
    siteConfig: {
      appSettings: concat(
        [
          // The host's own storage. Addresses rather than an account's name: right in every cloud, and the app, which never sends
          // webhooks to its own storage, learns them here.
          { name: 'AzureWebJobsStorage__blobServiceUri', value: hostAccount.properties.primaryEndpoints.blob }
          { name: 'AzureWebJobsStorage__tableServiceUri', value: hostAccount.properties.primaryEndpoints.table }
          { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
          { name: 'AzureWebJobsStorage__clientId', value: identity.properties.clientId }

          { name: 'LogStorage__blobServiceUri', value: dataAccount.properties.primaryEndpoints.blob }
          { name: 'LogStorage__tableServiceUri', value: dataAccount.properties.primaryEndpoints.table }
          { name: 'LogStorage__credential', value: 'managedidentity' }
          { name: 'LogStorage__clientId', value: identity.properties.clientId }

          { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insights.properties.ConnectionString }
          {
            name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING'
            value: 'ClientId=${identity.properties.clientId};Authorization=AAD'
          }
        ],
        map(items(union(accessSettings, settings)), setting => { name: setting.key, value: setting.value })
      )
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
    }
  }
}

// Publishing by user name and password is off: azd, az and func publish with the caller's token.
resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

output hostName string = app.properties.defaultHostName
