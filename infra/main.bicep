// A resource group and the service in it: `azd up`, or `az deployment sub create`.

targetScope = 'subscription'

import { Options } from 'options.bicep'

@minLength(1)
@maxLength(40)
@description('The environment\'s name, as azd knows it; part of most names.')
param environmentName string

@minLength(1)
@metadata({ azd: { type: 'location' } })
@description('Where everything is: a region that has Flex Consumption.')
param location string

@description('The resource group to make, or to use if it is there.')
param resourceGroupName string = 'rg-${environmentName}'

@description('On every resource, besides the tag that azd finds its resources by.')
param tags object = {}

param options Options

@secure()
@description('More application settings by name (docs/configuration.md). They may hold keys.')
param settings object = {}

var allTags = union(tags, { 'azd-env-name': environmentName })

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: resourceGroupName
  location: location
  tags: allTags
}

module service 'service.bicep' = {
  scope: group
  params: {
    name: environmentName
    location: location
    tags: allTags
    options: options
    settings: settings
  }
}

// azd keeps these in the environment, and finds what it deploys to by them.
output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output SERVICE_FUNCTIONS_NAME string = service.outputs.appName
output SERVICE_FUNCTIONS_URL string = service.outputs.url
output DATA_ACCOUNT_NAME string = service.outputs.dataAccountName
output HOST_ACCOUNT_NAME string = service.outputs.hostAccountName
output APPLICATION_INSIGHTS_NAME string = service.outputs.insightsName
output IDENTITY_NAME string = service.outputs.identityName
