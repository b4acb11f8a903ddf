// Three things that somebody must hear of: requests that fail, consumers that fall behind, storage that says no.

param namePrefix string
param location string
param tags object
param email string
param workspaceName string
param dataAccountName string

@description('Failed requests and exceptions in a quarter of an hour.')
param errorsMax int

@description('Records that a group may be behind in one partition.')
param lagMax int

@description('The metric that tells a group\'s lag.')
param lagMetric string

@description('Throttled storage calls in a quarter of an hour. Single ones are retried and seen by nobody.')
param throttledMax int

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = { name: workspaceName }
resource dataAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: dataAccountName }

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${namePrefix}-alerts'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'serverless'
    emailReceivers: [
      {
        name: 'email'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

var quarter = 'PT15M'

var searches = [
  {
    name: 'errors'
    severity: 1
    threshold: errorsMax
    description: 'Requests were answered with 5xx, or functions threw.'
    query: 'union (AppRequests | where toint(ResultCode) >= 500), AppExceptions | summarize Value = count()'
  }
  {
    name: 'lag'
    severity: 2
    threshold: lagMax
    description: 'A consumer group is far behind the end of a partition.'
    query: 'AppMetrics | where Name == "${lagMetric}" | summarize Value = max(Max)'
  }
]

resource search 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for search in searches: {
    name: '${namePrefix}-${search.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: search.name
      description: search.description
      enabled: true
      severity: search.severity
      scopes: [workspace.id]
      evaluationFrequency: quarter
      windowSize: quarter
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: search.query
            metricMeasureColumn: 'Value'
            timeAggregation: 'Maximum'
            operator: 'GreaterThan'
            threshold: search.threshold
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: { actionGroups: [people.id] }
    }
  }
]

resource throttled 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${namePrefix}-throttled'
  location: 'global'
  tags: tags
  properties: {
    description: 'The storage account of the log refuses calls: a partition or the account is at its limit.'
    enabled: true
    severity: 2
    scopes: [dataAccount.id]
    evaluationFrequency: 'PT5M'
    windowSize: quarter
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'throttled'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.Storage/storageAccounts'
          metricName: 'Transactions'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: throttledMax
          dimensions: [
            {
              name: 'ResponseType'
              operator: 'Include'
              values: [
                'ServerBusyError'
                'ServerTimeoutError'
                'ClientThrottlingError'
                'ClientAccountBandwidthThrottlingError'
                'ClientAccountRequestThrottlingError'
                'SuccessWithThrottling'
              ]
            }
          ]
        }
      ]
    }
    actions: [{ actionGroupId: people.id }]
  }
}
