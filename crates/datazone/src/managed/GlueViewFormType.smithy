structure GlueViewFormType {
  catalogId: String
  region: String
  @amazon.datazone#searchable
  databaseName: String
  @required
  @amazon.datazone#searchable
  tableName: String
  tableArn: String
  tableDescription: String
  tableType: String
  columns: GlueColumns
}

list GlueColumns {
  member: GlueColumn
}

structure GlueColumn {
  @required
  columnName: String
  dataType: String
  description: String
}
