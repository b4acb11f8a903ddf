// The platform's own check of Entra tokens, in front of the app (authSettingsV2). The app checks them by itself with or without it.

param appName string

@description('The application (client) id of the registration that callers ask tokens for.')
param clientId string
param tenantId string

@description('What tokens must be meant for.')
param audience string

@description('Paths that are answered without a token: the app tells by other means who asks.')
param openPaths string[]

resource app 'Microsoft.Web/sites@2024-04-01' existing = { name: appName }

resource authentication 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
      runtimeVersion: '~1'
    }
    globalValidation: {
      requireAuthentication: true
      // Callers are programs: no page to log in on.
      unauthenticatedClientAction: 'Return401'
      excludedPaths: openPaths
    }
    httpSettings: { requireHttps: true }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId
          openIdIssuer: uri(environment().authentication.loginEndpoint, '${tenantId}/v2.0')
        }
        validation: { allowedAudiences: [audience] }
      }
    }
    login: { tokenStore: { enabled: false } }
  }
}
