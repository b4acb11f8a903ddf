// What the app's identity may do, and where: one resource each, never the resource group.
// https://learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity

import { roles } from 'roles.bicep'

@description('Whose rights: the identity\'s name. Its id names the assignments, as the id of its principal is known only later.')
param identityName string
param dataAccountName string
param hostAccountName string
param insightsName string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = { name: identityName }
resource dataAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: dataAccountName }
resource hostAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: hostAccountName }
resource insights 'Microsoft.Insights/components@2020-02-02' existing = { name: insightsName }

// The log: blobs are made, appended to, read and deleted; tables too.
var dataRoles = ['Storage Blob Data Contributor', 'Storage Table Data Contributor']

// The host keeps locks of timers, its keys and the package in blobs, and diagnostic events in a table. Queues are for triggers that
// we do not have.
var hostRoles = ['Storage Blob Data Owner', 'Storage Table Data Contributor']

resource onData 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in dataRoles: {
    name: guid(dataAccount.id, identity.id, roles[role])
    scope: dataAccount
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[role])
    }
  }
]

resource onHost 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in hostRoles: {
    name: guid(hostAccount.id, identity.id, roles[role])
    scope: hostAccount
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[role])
    }
  }
]

resource onInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, identity.id, roles['Monitoring Metrics Publisher'])
  scope: insights
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles['Monitoring Metrics Publisher']
    )
  }
}
