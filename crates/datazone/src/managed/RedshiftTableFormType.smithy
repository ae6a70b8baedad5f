structure RedshiftTableFormType {
  region: String
  accountId: String
  storageType: String
  redshiftStorage: RedshiftStorage
  @amazon.datazone#searchable
  databaseName: String
  @amazon.datazone#searchable
  schemaName: String
  @required
  @amazon.datazone#searchable
  tableName: String
  columns: RedshiftColumns
}

structure RedshiftStorage {
  redshiftClusterSource: RedshiftClusterSource
  redshiftServerlessSource: RedshiftServerlessSource
}

structure RedshiftClusterSource {
  clusterName: String
}

structure RedshiftServerlessSource {
  workgroupName: String
  workgroupArn: String
  namespaceName: String
  namespaceArn: String
}

list RedshiftColumns {
  member: RedshiftColumn
}

structure RedshiftColumn {
  @required
  columnName: String
  dataType: String
  description: String
}
