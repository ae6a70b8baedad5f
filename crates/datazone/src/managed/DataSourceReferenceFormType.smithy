structure DataSourceReferenceFormType {
  dataSourceIdentifier: DataSourceIdentifier
  dataSourceType: String
  dataSourceRunId: String
}

structure DataSourceIdentifier {
  id: String
  type: String
}
